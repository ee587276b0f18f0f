"""Pieces in a bucket: objects named by where they begin, joined when the blob is whole.

An object appears whole or not at all, and none replaces another. So two writers at the same offset, even on two
machines, cannot mix: the slower one is told that the blob stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError

from khosq.errors import Busy, OffsetDiffers
from khosq.storage.blocks import BLOCK_BYTES
from khosq.storage.objects import PART_BYTES, ObjectDraft, translated

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore


class ObjectPieces:
    """The objects that follow on one another from 0 say how much there is."""

    def __init__(self, store: ObjectStore, place: str, held: dict[str, ObjectPieces]) -> None:
        self.store = store
        self._parts = f"{place}/parts"
        self._held = held
        """Who writes where, in this process; between processes the names of the objects decide."""

    def create(self) -> None:
        """Do nothing: a bucket has no folders."""

    def hold(self) -> None:
        """Keep the other writers of this process away."""
        if self._held.setdefault(self._parts, self) is not self:
            raise Busy

    def let_go(self) -> None:
        """Let them write."""
        if self._held.get(self._parts) is self:
            del self._held[self._parts]

    def size(self) -> int:
        """Return where the last object ends that has all others before it."""
        return sum(part["size"] for part in self._listed())

    def touched_at(self) -> float | None:
        """Return when the last object came."""
        return max((part["last_modified"].timestamp() for part in self._listed()), default=None)

    def extend(self, *, whole: bool) -> ObjectPiece | WholeObjectPiece:
        """Begin to append."""
        return WholeObjectPiece(self, self.size()) if whole else ObjectPiece(self, self.size())

    def blocks(self) -> Iterator[bytearray]:
        """Read the objects, one after the other."""
        for part in self._listed():
            with translated():
                for block in obstore.get(self.store, part["path"]).stream(min_chunk_size=BLOCK_BYTES):
                    yield bytearray(block)

    def become(self, key: str) -> None:
        """Copy the objects into one."""
        draft = ObjectDraft(self.store, key)
        try:
            for block in self.blocks():
                draft.write(block)
            draft.commit()
        except BaseException:
            draft.abandon()
            raise

    def clear(self) -> None:
        """Delete the objects."""
        with translated():
            obstore.delete(self.store, [part["path"] for part in self._listed()])

    def name(self, offset: int) -> str:
        """Return the name of the object that begins there."""
        return f"{self._parts}/{offset:020}"

    def _listed(self) -> list[ObjectMeta]:
        with translated():
            found = {part["path"]: part for page in obstore.list(self.store, self._parts) for part in page}
        size, listed = 0, []
        while part := found.get(self.name(size)):
            listed.append(part)
            size += part["size"]
        return listed


class ObjectPiece:
    """Puts an object whenever enough has come for one."""

    def __init__(self, pieces: ObjectPieces, start: int) -> None:
        self._pieces = pieces
        self._end = start
        self._written: list[str] = []
        self._waiting = bytearray()

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        self._waiting += data
        if len(self._waiting) >= PART_BYTES:
            self._put()

    def keep(self) -> None:
        """Put the rest."""
        if self._waiting:
            self._put()

    def drop(self) -> None:
        """Delete what was put, the last first: a kill in between leaves no gap that others could fill wrongly."""
        with translated():
            for name in reversed(self._written):
                obstore.delete(self._pieces.store, name)

    def _put(self) -> None:
        name = self._pieces.name(self._end)
        with translated():
            try:
                obstore.put(self._pieces.store, name, bytes(self._waiting), mode="create")
            except AlreadyExistsError as taken:
                raise OffsetDiffers(offset=self._pieces.size()) from taken
        self._written.append(name)
        self._end += len(self._waiting)
        self._waiting.clear()


class WholeObjectPiece:
    """Sends one object, whatever its size; it appears when it is kept."""

    def __init__(self, pieces: ObjectPieces, start: int) -> None:
        self._pieces = pieces
        self._start = start
        self._size = 0
        self._draft = ObjectDraft(pieces.store, pieces.name(start))

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        self._draft.write(data)
        self._size += len(data)

    def keep(self) -> None:
        """Let it appear, unless another writer was faster."""
        size = self._pieces.size()
        if size != self._start or not self._size:
            self._draft.abandon()
        if size != self._start:
            raise OffsetDiffers(offset=size)
        if self._size:
            self._draft.commit()

    def drop(self) -> None:
        """Let it never appear."""
        self._draft.abandon()
