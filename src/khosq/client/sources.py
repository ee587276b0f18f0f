"""Where a recording comes from: a file, an open file, bytes, or a URL that the server fetches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

Source = str | Path | bytes | BinaryIO
"""A path, bytes, or a file that is open for reading."""

BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording that is to be sent."""

    name: str
    size: int | None
    """Bytes; None where nobody knows."""
    open: Callable[[], AbstractContextManager[BinaryIO]]
    can_repeat: bool
    """It can be read again from its beginning."""


def is_url(source: Source) -> bool:
    """Tell whether the server is to fetch it."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def opened(source: Source) -> Opened:
    """Return how a recording is read."""
    if isinstance(source, bytes):
        return Opened("", len(source), lambda: BytesIO(source), can_repeat=True)
    if isinstance(source, str | Path):
        path = Path(source)
        return Opened(path.name, path.stat().st_size, lambda: path.open("rb"), can_repeat=True)
    name = getattr(source, "name", "")
    return Opened(Path(name).name if isinstance(name, str) else "", None, lambda: nullcontext(source), can_repeat=False)
