"""Packages that only some engines need, and only some installations have."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from khosq.errors import ModelMissing


def need(package: str, *, extra: str) -> Any:
    """Return the module of an optional package.

    Raises:
        ModelMissing: it is not installed, or does not load here; the message names the command that helps.

    """
    try:
        return import_module(package)
    except ImportError as error:
        missing = "is not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be loaded ({error})"
        raise ModelMissing(f"The package {package} {missing}. Run: pip install 'khosq[{extra}]'") from error
