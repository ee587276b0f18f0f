"""Files of this machine that appear whole and synced, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from khosq.errors import NotFound, Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileDraft:
    """A file on its way to its place; there is none before the first write."""

    def __init__(self, unfinished: Path, place: Path) -> None:
        self._unfinished = unfinished
        self._place = place
        self._file: BinaryIO | None = None
        self._is_committed = False

    def write(self, data: bytes | bytearray) -> None:
        """Append to the file."""
        with translated():
            if self._file is None:
                self._file = self._unfinished.open("xb")
            self._file.write(data)

    def commit(self) -> None:
        """Sync the file, put it in its place and sync that."""
        self.write(b"")
        with translated():
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
            make_folder(self._place.parent)
            self._unfinished.replace(self._place)
            self._is_committed = True
            sync_folder(self._place.parent)

    def abandon(self) -> None:
        """Leave nothing behind, not even a blob that was just committed."""
        with translated():
            if self._file is not None:
                with _ignoring_a_full_disk():
                    self._file.close()
            self._unfinished.unlink(missing_ok=True)
            if self._is_committed:
                self._place.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each synced."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make durable which names are in a folder."""
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
def translated() -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFound from error
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("The server's disk is full; try again later.") from error
        raise Unavailable("The server cannot read or write its recordings now; try again later.") from error
