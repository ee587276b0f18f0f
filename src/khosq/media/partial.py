"""Recordings that come piece by piece, over many requests: nothing that came is lost, and all of it is checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from khosq.clock import Clock
from khosq.errors import Busy, ChecksumDiffers, Invalid, NotFound, OffsetDiffers, TooLarge, UnsupportedMedia
from khosq.media.intake import require_accepted
from khosq.media.reading import Reading, Readings
from khosq.media.recording import MediaType, StoredRecording
from khosq.storage.blobs import Blobs
from khosq.storage.blocks import BLOCK_BYTES, in_blocks, in_thread


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written down about an upload; how much of it has come is not."""

    key: str
    """Of the recording that it will be."""
    owner: str
    """Who may go on with it, in the owner's own words."""
    metadata: str
    """As the client sent it."""
    length: int | None
    """In bytes; None until the client knows."""
    created_at: float
    """Seconds since 1970."""
    ended_at: float | None = None
    """When the recording was handed on, or that there is none was told."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it stands."""

    id: str
    facts: Facts
    offset: int
    """Bytes that have come and are durable."""
    expires: datetime

    @property
    def is_whole(self) -> bool:
        """Tell whether every byte is here."""
        return self.offset == self.facts.length

    @property
    def has_ended(self) -> bool:
        """Tell whether the recording was handed on."""
        return self.facts.ended_at is not None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a client says that the bytes of one request have."""

    algorithm: str
    """As ``hashlib`` names it."""
    digest: bytes


class PartialUploads:
    """All of them, in one blob store; several servers may share it."""

    def __init__(
        self, blobs: Blobs, *, max_bytes: int, ttl: timedelta, clock: Clock, discard: Callable[[str], None]
    ) -> None:
        """Keep what it works with.

        Args:
            blobs: where they are kept.
            max_bytes: of the longest one.
            ttl: after its last piece an upload may go on for so long.
            clock: the time.
            discard: removes the whole bytes of an upload that nobody was told of, unless somebody was after all.

        """
        self.max_bytes = max_bytes
        self.clock = clock
        self._blobs = blobs
        self._ttl = ttl
        self._discard = discard
        self._readings = Readings()

    def create(self, upload_id: str, *, key: str, owner: str, metadata: str, length: int | None) -> Upload:
        """Make room for an upload.

        Raises:
            TooLarge: it is longer than may be.
            Unavailable: the store is full or away.

        """
        self.check_length(length)
        blob = self._blobs.partial(upload_id)
        blob.pieces.create()
        blob.note(_written(Facts(key, owner, metadata, length, self.clock().timestamp())))
        return self.look(upload_id)

    def find(self, upload_id: str) -> Upload:
        """Return an upload as it stands.

        Raises:
            NotFound: it is unknown, was removed, or has expired.

        """
        upload = self.look(upload_id)
        if self.clock() >= upload.expires:
            raise NotFound
        return upload

    def look(self, upload_id: str) -> Upload:
        """Return an upload as it stands, expired or not."""
        blob = self._blobs.partial(upload_id)
        facts = Facts(**json.loads(blob.facts()))
        offset, touched_at = facts.length or 0, facts.ended_at
        if not facts.ended_at:
            size, touched_at = blob.pieces.size(), blob.pieces.touched_at()
            offset = offset if size is None else size
        touched = datetime.fromtimestamp(max(facts.created_at, touched_at or 0.0), UTC)
        return Upload(upload_id, facts, offset, touched + self._ttl)

    @asynccontextmanager
    async def hold(self, upload_id: str, *, accept: frozenset[MediaType]) -> AsyncGenerator[HeldUpload, None]:
        """Keep every other writer away from an upload for as long as the block lasts.

        Raises:
            Busy: somebody else holds it.
            NotFound: see ``find``.

        """
        pieces = self._blobs.partial(upload_id).pieces
        try:
            await in_thread(pieces.hold)
            upload = await in_thread(partial(self.find, upload_id))
            yield HeldUpload(self, upload, self._blobs, self._readings, accept)
        finally:
            await in_thread(pieces.let_go)

    def check_length(self, length: int | None) -> None:
        """Refuse what is longer than may be."""
        if length is not None and length > self.max_bytes:
            raise TooLarge(f"The upload is larger than the {self.max_bytes} bytes that are accepted.")

    def remove(self, upload_id: str) -> None:
        """Remove what came, if it is there; not the recording, once it was handed on."""
        try:
            upload = self.look(upload_id)
        except NotFound:
            return
        self._remove(upload)

    def sweep(self) -> list[Upload]:
        """Remove what has expired; return those of them that were still coming."""
        swept = [self._sweep(name) for name in self._blobs.partials()]
        return [upload for upload in swept if upload is not None and not upload.has_ended]

    def stranded(self) -> list[str]:
        """Return the uploads that are whole but were not handed on, as when a server was killed in between."""
        return [name for name in self._blobs.partials() if self._is_stranded(name)]

    def _is_stranded(self, name: str) -> bool:
        try:
            upload = self.find(name)
        except NotFound:
            return False
        return upload.is_whole and not upload.has_ended

    def _sweep(self, name: str) -> Upload | None:
        """Remove an upload if it has expired; return it, or None if it has not or is none."""
        blob = self._blobs.partial(name)
        try:
            blob.pieces.hold()
            if upload := self._expired(name):
                self._remove(upload)
            elif self._is_rubble(name):
                blob.remove()
        except (Busy, NotFound):  # it is not ours to remove, or somebody else did
            return None
        finally:
            blob.pieces.let_go()
        return upload

    def _remove(self, upload: Upload) -> None:
        self._blobs.partial(upload.id).remove()
        if not upload.has_ended:
            self._discard(upload.facts.key)

    def _expired(self, name: str) -> Upload | None:
        try:
            upload = self.look(name)
        except NotFound:
            return None
        return upload if self.clock() >= upload.expires else None

    def _is_rubble(self, name: str) -> bool:
        """Tell whether this is what was left when a creation or a removal was killed."""
        blob = self._blobs.partial(name)
        try:
            blob.facts()
        except NotFound:
            touched_at = blob.pieces.touched_at() or 0.0
            return self.clock().timestamp() > touched_at + self._ttl.total_seconds()
        return False


class HeldUpload:
    """An upload while nobody else may touch it."""

    def __init__(
        self,
        uploads: PartialUploads,
        upload: Upload,
        blobs: Blobs,
        readings: Readings,
        accept: frozenset[MediaType],
    ) -> None:
        self.upload = upload
        self._uploads = uploads
        self._blobs = blobs
        self._blob = blobs.partial(upload.id)
        self._readings = readings
        self._accept = accept

    @property
    def room(self) -> int:
        """How many bytes may still come."""
        length = self.upload.facts.length
        return (self._uploads.max_bytes if length is None else length) - self.upload.offset

    def require_offset(self, offset: int) -> None:
        """Refuse bytes that belong elsewhere than at the end.

        Raises:
            OffsetDiffers: says where the end is.

        """
        if offset != self.upload.offset:
            raise OffsetDiffers(offset=self.upload.offset)

    def set_length(self, length: int) -> None:
        """Write down what was unknown.

        Raises:
            Invalid: it was known, and otherwise, or more has come already.
            TooLarge: it is longer than may be.

        """
        if self.upload.facts.length == length:
            return
        if self.upload.facts.length is not None or length < self.upload.offset:
            raise Invalid("Upload-Length: this upload has another length.", field="Upload-Length")
        self._uploads.check_length(length)
        self._note(replace(self.upload.facts, length=length))

    async def extend(self, chunks: AsyncIterator[bytes], *, checksum: Checksum | None = None) -> None:
        """Append what comes; keep what came when the stream breaks, unless it has a checksum to be checked.

        Raises:
            ChecksumDiffers: nothing of it was kept.
            TooLarge: more came than there is room for; nothing of it was kept.
            UnsupportedMedia: this is no recording that is accepted.
            Unavailable: the store is full or away.

        """
        reading = await in_thread(self._resume_reading)
        try:
            await self._append(chunks, reading, checksum)
        finally:
            self.upload = await in_thread(partial(self._uploads.look, self.upload.id))
        self._readings.keep(self.upload.id, reading)

    def settle(self) -> StoredRecording | None:
        """Let the bytes become the recording; repeated after a kill: the same one, or None once nobody needs it.

        Raises:
            UnsupportedMedia: this is no recording that is accepted.

        """
        key = self.upload.facts.key
        reading = self._readings.pop(self.upload.id, size=self.upload.offset)
        if reading is None or reading.sha256 is None:
            try:
                reading = Reading.of(self._all_blocks())
            except NotFound:
                return None
        media_type = require_accepted(reading.end(), self._accept)
        self._blob.pieces.become(key)
        return StoredRecording(key, media_type, reading.size, reading.sha256 or "")

    def end(self) -> None:
        """Write down that the recording was handed on; the upload can be looked at until it expires."""
        self._note(replace(self.upload.facts, ended_at=self._uploads.clock().timestamp()))
        self._blob.pieces.clear()

    async def _append(self, chunks: AsyncIterator[bytes], reading: Reading, checksum: Checksum | None) -> None:
        piece = await in_thread(partial(self._blob.pieces.extend, whole=checksum is not None))
        summed = None if checksum is None else hashlib.new(checksum.algorithm, usedforsecurity=False)

        def take(block: bytearray) -> None:
            self._blobs.require_room()
            reading.take(block)
            if summed is None:
                self._require_accepted(reading)
            else:
                summed.update(block)
            piece.write(block)

        try:
            async with aclosing(in_blocks(chunks, max_bytes=self.room)) as blocks:
                async for block in blocks:
                    await in_thread(partial(take, block))
            if checksum is not None and summed is not None:
                _verify(checksum, summed.digest())
            self._require_accepted(reading)
        except BaseException as broken:
            is_lost = checksum is not None or isinstance(broken, TooLarge | UnsupportedMedia)
            await in_thread(piece.drop if is_lost else piece.keep)
            raise
        await in_thread(piece.keep)

    def _resume_reading(self) -> Reading:
        offset = self.upload.offset
        reading = self._readings.pop(self.upload.id, size=offset)
        return reading or Reading.of_head(self._blob.pieces.blocks(), size=offset)

    def _all_blocks(self) -> Iterator[bytearray]:
        if self._blob.pieces.size() is not None:
            yield from self._blob.pieces.blocks()
            return
        with self._blobs.open(self.upload.facts.key) as file:
            while block := file.read(BLOCK_BYTES):
                yield bytearray(block)

    def _require_accepted(self, reading: Reading) -> None:
        if reading.is_decided:
            require_accepted(reading.media_type, self._accept)

    def _note(self, facts: Facts) -> None:
        self._blob.note(_written(facts))
        self.upload = replace(self.upload, facts=facts)


def _verify(checksum: Checksum, digest: bytes) -> None:
    if not hmac.compare_digest(checksum.digest, digest):
        raise ChecksumDiffers


def _written(facts: Facts) -> bytes:
    return json.dumps(asdict(facts)).encode()
