"""Plug-ins by name: a built-in table of dotted names first, then entry points of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from khosq.errors import ModelMissing


def load(name: str, built_in: Mapping[str, str], group: str) -> Any:
    """Return the object registered as ``name``.

    Args:
        name: the plug-in's name.
        built_in: name → ``package.module:attribute``.
        group: entry point group searched after ``built_in``.

    Raises:
        ModelMissing: nobody registered ``name``.

    """
    if name in built_in:
        module, _, attribute = built_in[name].partition(":")
        return getattr(import_module(module), attribute)
    for found in entry_points(group=group, name=name):
        return found.load()
    raise ModelMissing(f"There is no {group.rpartition('.')[2]} named {name!r} here.")
