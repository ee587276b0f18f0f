"""Blobs kept in a bucket of an object store: S3, Google, Azure."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import obstore
from obstore.exceptions import BaseError

from khosq.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from obstore import ReadableFile
    from obstore.store import ObjectStore

_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2
_READ_AHEAD_BYTES = 1024 * 1024


class Bucket:
    """A blob is an object; the bucket's own promise is that it appears whole or not at all."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def begin(self, key: str) -> ObjectDraft:
        """Start a blob that is not there until it is committed."""
        return ObjectDraft(self._store, key)

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


class ObjectDraft:
    """An upload in parts."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        with translated():
            self._writer = obstore.open_writer(store, key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def write(self, data: bytes) -> None:
        """Append to the object."""
        with translated():
            self._writer.write(data)

    def commit(self) -> None:
        """Let the object appear."""
        with translated():
            self._writer.close()

    def abandon(self) -> None:
        """Leave nothing behind, not even a blob that was just committed."""
        with translated():
            if self._writer.closed():
                obstore.delete(self._store, self._key)
            else:
                self._writer.__exit__(InterruptedError, None, None)  # the library's only way to abort the parts


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


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound from error
    except (BaseError, OSError) as error:
        raise Unavailable("The server cannot reach its object store now; try again later.") from error
