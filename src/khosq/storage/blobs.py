"""Blobs: bytes under a key, in a folder of this machine or in a bucket."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from obstore.store import from_url

from khosq.errors import NotFound, Unavailable
from khosq.storage.blocks import BLOCK_BYTES, in_blocks, in_thread
from khosq.storage.bucket import Bucket
from khosq.storage.folder import Folder
from khosq.storage.objects import translated
from khosq.storage.pieces import Pieces

_PARTIAL = ".partial"
_DAY = 86_400.0
_BUCKETS = {"s3", "gs", "az", "memory"}


class Draft(Protocol):
    """A blob being written; it appears on ``commit``, whole."""

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        ...

    def commit(self) -> None:
        """Make it durable and let it appear."""
        ...

    def abandon(self) -> None:
        """Leave nothing behind, not even when it was just committed."""
        ...


class Store(Protocol):
    """Where blobs lie."""

    def begin(self, key: str) -> Draft:
        """Start a blob, without touching the store yet."""
        ...

    def pieces(self, place: str) -> Pieces:
        """Return a blob that comes piece by piece and is kept at ``place`` until it is whole."""
        ...

    def names(self, place: str) -> list[str]:
        """Return the names of the folders in a folder."""
        ...

    def path(self, key: str) -> Path | None:
        """Return where the blob lies on this machine, if it does."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading; NotFound where there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove a blob, if it is there."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything under a folder of keys."""
        ...

    def free_bytes(self) -> int | None:
        """Return how much still fits; None where nobody knows."""
        ...

    def sweep_unfinished(self, *, older_than: float, now: float) -> int:
        """Remove old half-written blobs; return how many."""
        ...


class Blobs:
    """Bytes under keys such as ``tenant/job/name``, at ``file:///…``, ``s3://…``, ``gs://…`` or ``az://…``."""

    def __init__(self, url: str, *, min_free_bytes: int = 0) -> None:
        """Open the store.

        Args:
            url: where it is.
            min_free_bytes: what streams leave free on the disk, for the database beside them.

        """
        self._store = _store_at(url)
        self._min_free_bytes = min_free_bytes

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> tuple[int, str]:
        """Stream ``chunks`` into a blob; return its size and its SHA-256 in hex.

        Whatever ends this early (the cap, a broken stream, a cancelled task) leaves nothing behind.

        Raises:
            TooLarge: more than ``max_bytes`` came.
            Unavailable: the store is full or away.

        """
        draft = self._store.begin(_checked(key))
        try:
            return await self._pour(chunks, draft, max_bytes)
        except BaseException:
            await in_thread(draft.abandon)
            raise

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data``, durably, instead of what was there."""
        _fill(self._store.begin(_checked(key)), data)

    def get(self, key: str) -> bytes:
        """Return a whole blob."""
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """Open a blob as a file that can be read and sought."""
        return self._store.open(_checked(key))

    def local_path(self, key: str) -> Path | None:
        """Return where the blob lies, or would lie, on this machine; None where the store is remote."""
        return self._store.path(_checked(key))

    def materialise(self, key: str, folder: Path) -> Path:
        """Return a file with the blob's bytes: its own, or a copy made once in ``folder``."""
        path = self.local_path(key)
        if path is None:
            path = folder / key
            if not path.exists():
                self._download(key, path)
        if not path.is_file():
            raise NotFound
        return path

    def delete(self, key: str) -> None:
        """Remove a blob, if it is there."""
        self._store.delete(_checked(key))

    def delete_prefix(self, prefix: str) -> None:
        """Remove every blob under a folder of keys: ``a/b`` removes ``a/b/c`` but not ``a/bc``."""
        self._store.delete_prefix(_checked(prefix.rstrip("/")))

    def partial(self, name: str) -> Partial:
        """Return a blob that comes piece by piece, by the name that it has until it is whole."""
        return Partial(self._store, f"{_PARTIAL}/{_checked(name)}")

    def partials(self) -> list[str]:
        """Return the names of all blobs that come piece by piece."""
        return self._store.names(_PARTIAL)

    def free_bytes(self) -> int | None:
        """Return how many bytes the disk still takes; None where the store is remote."""
        return self._store.free_bytes()

    def require_room(self) -> None:
        """Refuse to go on filling a disk that is nearly full.

        Raises:
            Unavailable: it is.

        """
        free = self.free_bytes()
        if free is not None and free < self._min_free_bytes:
            raise Unavailable("The server's disk is nearly full; try again later.")

    def sweep_unfinished(self, *, older_than: float = _DAY) -> int:
        """Remove what killed processes left half written; return how many."""
        return self._store.sweep_unfinished(older_than=older_than, now=time.time())

    async def _pour(self, chunks: AsyncIterator[bytes], draft: Draft, max_bytes: int) -> tuple[int, str]:
        digest = hashlib.sha256()
        size = 0

        def append(data: bytearray) -> None:
            self.require_room()
            digest.update(data)
            draft.write(data)

        async with aclosing(in_blocks(chunks, max_bytes=max_bytes)) as blocks:
            async for block in blocks:
                size += len(block)
                await in_thread(partial(append, block))
        await in_thread(draft.commit)
        return size, digest.hexdigest()

    def _download(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        try:
            with self.open(key) as blob, unfinished.open("xb") as copy:
                shutil.copyfileobj(blob, copy, BLOCK_BYTES)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


class Partial:
    """A blob that comes piece by piece, with facts about it that its owner wrote down."""

    def __init__(self, store: Store, place: str) -> None:
        self._store = store
        self._place = place
        self.pieces = store.pieces(place)

    def facts(self) -> bytes:
        """Return the facts; NotFound where there are none, and so no such blob."""
        with self._store.open(f"{self._place}/facts") as file:
            return file.read()

    def note(self, facts: bytes) -> None:
        """Keep facts, durably, instead of those before."""
        _fill(self._store.begin(f"{self._place}/facts"), facts)

    def remove(self) -> None:
        """Remove facts and bytes: the facts first, so that nobody takes what is left for a blob."""
        self._store.delete(f"{self._place}/facts")
        self._store.delete_prefix(self._place)


def _store_at(url: str) -> Store:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    if parts.scheme not in _BUCKETS:
        raise ValueError(f"storage is at file://, s3://, gs:// or az://, not at {parts.scheme or url!r}")
    with translated():
        return Bucket(from_url(url))


def _checked(key: str) -> str:
    path = PurePosixPath(key)
    is_plain = key and "\\" not in key and "\0" not in key and str(path) == key
    if not is_plain or path.is_absolute() or any(part.startswith(".") for part in path.parts):
        raise ValueError(f"not a key: {key!r}")
    return key


def _fill(draft: Draft, data: bytes) -> None:
    try:
        draft.write(data)
        draft.commit()
    except BaseException:
        draft.abandon()
        raise
