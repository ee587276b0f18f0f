"""Pieces in a folder of this machine: one file that grows, and is renamed when it is whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from khosq.errors import Busy, NotFound
from khosq.storage.blocks import BLOCK_BYTES
from khosq.storage.files import make_folder, sync_folder, translated

_UNVERIFIED = "unverified-"
"""Begins the name of a mark: from the offset that follows on, the file is not to be trusted."""


class FilePieces:
    """A file's own length says how much there is."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self.file = folder / "data"
        # Taken by one thread, let go by another; and the whole lock goes when its process does.
        self._lock = FileLock(folder / "lock", thread_local=False, blocking=False)

    def create(self) -> None:
        """Make the file; writing its facts down makes it durable."""
        with translated():
            make_folder(self._folder)
            self.file.touch()

    def hold(self) -> None:
        """Lock it against every other process and thread of this machine."""
        with translated():
            if not self._folder.is_dir():
                raise NotFound
            try:
                self._lock.acquire()
            except Timeout as taken:
                raise Busy from taken

    def let_go(self) -> None:
        """Unlock it."""
        self._lock.release()

    def size(self) -> int | None:
        """Return the file's length, synced."""
        with translated():
            try:
                descriptor = os.open(self.file, os.O_RDONLY)
            except FileNotFoundError:
                return None
            try:
                length = os.fstat(descriptor).st_size
                os.fsync(descriptor)  # a killed process may have written it without
            finally:
                os.close(descriptor)
            return min([length, *self.unverified()])

    def touched_at(self) -> float | None:
        """Return when the file was last written."""
        with translated():
            return (self.file if self.file.exists() else self._folder).stat().st_mtime

    def extend(self, *, whole: bool) -> FilePiece:
        """Begin to append, after what a killed process left unverified was cut off."""
        with translated():
            return FilePiece(self, whole=whole)

    def blocks(self) -> Iterator[bytearray]:
        """Read the file."""
        with translated(), self.file.open("rb", buffering=0) as file:
            block = bytearray(BLOCK_BYTES)
            while count := file.readinto(block):
                yield block[:count]

    def become(self, key: str) -> None:
        """Rename the file."""
        place = self._root / key
        with translated():
            if self.file.exists():
                make_folder(place.parent)
                self.file.replace(place)
                sync_folder(place.parent)
                sync_folder(self._folder)

    def clear(self) -> None:
        """Do nothing: the file is the blob."""

    def unverified(self) -> list[int]:
        """Return where what is not to be trusted begins."""
        return [int(mark.name.removeprefix(_UNVERIFIED)) for mark in self._folder.glob(f"{_UNVERIFIED}*")]

    def mark(self, offset: int) -> None:
        """Mark what will follow as not to be trusted."""
        (self._folder / f"{_UNVERIFIED}{offset}").touch()
        sync_folder(self._folder)

    def unmark(self, offset: int) -> None:
        """Let it be trusted, or be gone."""
        (self._folder / f"{_UNVERIFIED}{offset}").unlink(missing_ok=True)
        sync_folder(self._folder)


class FilePiece:
    """Writes at the end of the file."""

    def __init__(self, pieces: FilePieces, *, whole: bool) -> None:
        self._pieces = pieces
        self._whole = whole
        self._file = pieces.file.open("r+b", buffering=0)
        for offset in pieces.unverified():
            self._cut(offset)
            pieces.unmark(offset)
        self._start = self._file.seek(0, os.SEEK_END)
        if whole:
            pieces.mark(self._start)

    def write(self, data: bytes | bytearray) -> None:
        """Append, without a buffer of our own: the file's length is what counts."""
        with translated(), memoryview(data) as view:
            written = 0
            while written < len(view):
                written += self._file.write(view[written:])
            if sys.platform == "linux":  # start writing to the disk now, so that little is left for the sync
                start = self._file.tell() - written
                os.posix_fadvise(self._file.fileno(), start, written, os.POSIX_FADV_DONTNEED)

    def keep(self) -> None:
        """Sync the file; trust it from now on."""
        with translated(), self._file:
            os.utime(self._file.fileno())
            os.fsync(self._file.fileno())
            if self._whole:
                self._pieces.unmark(self._start)

    def drop(self) -> None:
        """Cut the file to what it was."""
        with translated(), self._file:
            self._cut(self._start)
            if self._whole:
                self._pieces.unmark(self._start)

    def _cut(self, offset: int) -> None:
        self._file.truncate(min(offset, self._file.seek(0, os.SEEK_END)))
        os.fsync(self._file.fileno())
