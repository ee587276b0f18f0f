"""Blobs that come piece by piece: what is needed of a store to keep one between requests and past a kill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Piece(Protocol):
    """Bytes being appended; only whoever holds the pieces may write one."""

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        ...

    def keep(self) -> None:
        """Make everything durable that was written."""
        ...

    def drop(self) -> None:
        """Leave the pieces as they were before."""
        ...


class Pieces(Protocol):
    """A blob that is not whole yet. How much is there follows from the bytes themselves, never from a note of it."""

    def create(self) -> None:
        """Make room for it; it is there once its facts are written down."""
        ...

    def hold(self) -> None:
        """Keep every other writer away until ``let_go``, or until this process ends.

        Raises:
            Busy: somebody else holds it.

        """
        ...

    def let_go(self) -> None:
        """Let others write; do nothing if it is not held from here."""
        ...

    def size(self) -> int | None:
        """Return how many bytes are durably there; None once they have become a blob."""
        ...

    def touched_at(self) -> float | None:
        """Return when bytes last came, in seconds since 1970; None where none ever came."""
        ...

    def extend(self, *, whole: bool) -> Piece:
        """Begin to append.

        Args:
            whole: a kill, or anything else but ``keep``, leaves nothing of the piece.

        """
        ...

    def blocks(self) -> Iterator[bytearray]:
        """Yield the bytes from the start."""
        ...

    def become(self, key: str) -> None:
        """Let them appear as a blob, whole; nothing is lost, and nothing done twice, when repeated after a kill."""
        ...

    def clear(self) -> None:
        """Remove what is no longer needed once the blob is there."""
        ...
