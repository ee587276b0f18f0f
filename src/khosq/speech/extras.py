"""Packages that only some engines need, and only some installations have."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from khosq.errors import ModelMissing

_OF_ENGINES = {"faster-whisper": ("faster_whisper", "whisper"), "sherpa-onnx": ("sherpa_onnx", "sherpa")}
"""Engine → the package that it needs, and the extra that brings it."""


def lacking(engine: str) -> str | None:
    """Say which package an engine needs that is not installed, with the command that helps; nothing where all is."""
    package, extra = _OF_ENGINES.get(engine, (None, ""))
    if package is None or find_spec(package) is not None:
        return None
    return f"The package {package} is not installed. Run: pip install 'khosq[{extra}]'"


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
