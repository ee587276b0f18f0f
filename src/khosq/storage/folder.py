"""Blobs kept as files in one folder of this machine."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from khosq.errors import NotFound, Unavailable

_UNFINISHED = ".unfinished"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Folder:
    """A blob is a file; it appears whole and synced, or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with _translated():
            (root / _UNFINISHED).mkdir(parents=True, exist_ok=True)

    def begin(self, key: str) -> FileDraft:
        """Start a blob that is not there until it is committed."""
        return FileDraft(self._root / _UNFINISHED / uuid.uuid4().hex, self._root / key)

    def path(self, key: str) -> Path:
        """Return where the blob lies, or would lie."""
        return self._root / key

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading."""
        with _translated():
            return self.path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove a blob, if it is there."""
        with _translated():
            self.path(key).unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything under a folder of keys."""
        with _translated():
            if self.path(prefix).is_dir():
                shutil.rmtree(self.path(prefix))

    def free_bytes(self) -> int:
        """Return how much the disk still takes."""
        with _translated():
            return shutil.disk_usage(self._root).free

    def sweep_unfinished(self, *, older_than: float, now: float) -> int:
        """Remove what killed processes left half written more than ``older_than`` seconds ago; return how many."""
        swept = 0
        with _translated():
            for file in (self._root / _UNFINISHED).iterdir():
                if file.stat().st_mtime < now - older_than:
                    file.unlink(missing_ok=True)
                    swept += 1
        return swept


class FileDraft:
    """A file on its way to its place; there is none before the first write."""

    def __init__(self, unfinished: Path, place: Path) -> None:
        self._unfinished = unfinished
        self._place = place
        self._file: BinaryIO | None = None
        self._is_committed = False

    def write(self, data: bytes) -> None:
        """Append to the file."""
        with _translated():
            if self._file is None:
                self._file = self._unfinished.open("xb")
            self._file.write(data)

    def commit(self) -> None:
        """Sync the file, put it in its place and sync that."""
        self.write(b"")
        with _translated():
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
            _make_folder(self._place.parent)
            self._unfinished.replace(self._place)
            self._is_committed = True
            _sync_folder(self._place.parent)

    def abandon(self) -> None:
        """Leave nothing behind, not even a blob that was just committed."""
        with _translated():
            if self._file is not None:
                with _ignoring_a_full_disk():
                    self._file.close()
            self._unfinished.unlink(missing_ok=True)
            if self._is_committed:
                self._place.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _ignoring_a_full_disk() -> Iterator[None]:
    """Let a file be closed whose last bytes have no room: it goes away all the same."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFound from error
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("The server's disk is full; try again later.") from error
        raise Unavailable("The server cannot read or write its recordings now; try again later.") from error
