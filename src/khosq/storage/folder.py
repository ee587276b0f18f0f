"""Blobs kept as files in one folder of this machine."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import BinaryIO

from khosq.storage.file_pieces import FilePieces
from khosq.storage.files import FileDraft, translated

_UNFINISHED = ".unfinished"


class Folder:
    """A blob is a file; it appears whole and synced, or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with translated():
            (root / _UNFINISHED).mkdir(parents=True, exist_ok=True)

    def begin(self, key: str) -> FileDraft:
        """Start a blob that is not there until it is committed."""
        return FileDraft(self._root / _UNFINISHED / uuid.uuid4().hex, self._root / key)

    def pieces(self, place: str) -> FilePieces:
        """Return a blob that comes piece by piece, kept in a folder of its own until then."""
        return FilePieces(self._root / place, self._root)

    def names(self, place: str) -> list[str]:
        """Return the folders in a folder."""
        with translated():
            folder = self._root / place
            return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []

    def path(self, key: str) -> Path:
        """Return where the blob lies, or would lie."""
        return self._root / key

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading."""
        with translated():
            return self.path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove a blob, if it is there; a folder of blobs is none."""
        with translated():
            if not self.path(key).is_dir():
                self.path(key).unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything under a folder of keys."""
        with translated():
            if self.path(prefix).is_dir():
                shutil.rmtree(self.path(prefix))

    def free_bytes(self) -> int:
        """Return how much the disk still takes."""
        with translated():
            return shutil.disk_usage(self._root).free

    def sweep_unfinished(self, *, older_than: float, now: float) -> int:
        """Remove what killed processes left half written more than ``older_than`` seconds ago; return how many."""
        swept = 0
        with translated():
            for file in (self._root / _UNFINISHED).iterdir():
                if file.stat().st_mtime < now - older_than:
                    file.unlink(missing_ok=True)
                    swept += 1
        return swept
