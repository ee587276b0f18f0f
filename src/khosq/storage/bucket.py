"""Blobs kept in a bucket of an object store: S3, Google, Azure."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import obstore

from khosq.storage.object_pieces import ObjectPieces
from khosq.storage.objects import ObjectDraft, translated

if TYPE_CHECKING:
    from obstore import ReadableFile
    from obstore.store import ObjectStore

_READ_AHEAD_BYTES = 1024 * 1024


class Bucket:
    """A blob is an object; the bucket's own promise is that it appears whole or not at all."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._held: dict[str, ObjectPieces] = {}

    def begin(self, key: str) -> ObjectDraft:
        """Start a blob that is not there until it is committed."""
        return ObjectDraft(self._store, key)

    def pieces(self, place: str) -> ObjectPieces:
        """Return a blob that comes piece by piece, kept as objects until then."""
        return ObjectPieces(self._store, place, self._held)

    def names(self, place: str) -> list[str]:
        """Return what is in a folder of keys."""
        with translated():
            found = obstore.list_with_delimiter(self._store, place)["common_prefixes"]
        return [str(prefix).rpartition("/")[2] for prefix in found]

    def path(self, key: str) -> None:
        """Return None: an object has no path here."""

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading."""
        with translated():
            file = obstore.open_reader(self._store, key, buffer_size=_READ_AHEAD_BYTES)
        # Typeshed does not see that a buffered reader is a BinaryIO.
        return cast("BinaryIO", io.BufferedReader(_ObjectFile(file), _READ_AHEAD_BYTES))

    def delete(self, key: str) -> None:
        """Remove a blob, if it is there."""
        with translated():
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything under a folder of keys."""
        with translated():
            for page in obstore.list(self._store, prefix):
                obstore.delete(self._store, [entry["path"] for entry in page])

    def free_bytes(self) -> None:
        """Return None: a bucket has no end."""

    def sweep_unfinished(self, *, older_than: float, now: float) -> int:
        """Return 0: unfinished uploads end by the bucket's own life-cycle rule."""
        return 0


class _ObjectFile(io.RawIOBase):
    """The library's reader with the methods that Python's files have."""

    def __init__(self, file: ReadableFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any, /) -> int:
        with translated():
            piece = memoryview(self._file.read(len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)
