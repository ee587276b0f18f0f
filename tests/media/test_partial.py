"""Recordings in pieces: every history ends with the same recording."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khosq.errors import ChecksumDiffers, NotFound, Unavailable
from khosq.media.partial import Checksum, PartialUploads
from khosq.media.recording import MediaType, StoredRecording
from khosq.storage.blobs import Blobs

ACCEPT = frozenset({MediaType.WAV})
DATA = b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(range(256)) * 20
WHOLE = StoredRecording("recordings/one", MediaType.WAV, len(DATA), hashlib.sha256(DATA).hexdigest())


def uploads_at(blobs: Blobs, *, now: datetime | None = None) -> PartialUploads:
    """What a fresh process has."""
    day, clock = timedelta(days=1), lambda: now or datetime.now(UTC)
    return PartialUploads(blobs, max_bytes=10**7, ttl=day, clock=clock, discard=blobs.delete)


def begin(uploads: PartialUploads) -> None:
    uploads.create("one", key=WHOLE.key, owner="me", metadata="", length=len(DATA))


async def pieces(data: bytes, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100):
        yield data[start : start + 100]
    if breaks:
        raise ConnectionResetError


async def send(uploads: PartialUploads, size: int, *, breaks: bool = False, checksum: str = "") -> None:
    """Send some more bytes, as a client that looks first."""
    offset = uploads.find("one").offset
    data = DATA[offset : offset + size]
    digest = hashlib.sha1(data if checksum == "right" else b"wrong").digest()  # noqa: S324 - the protocol's own
    async with uploads.hold("one", accept=ACCEPT) as held:
        held.require_offset(offset)
        await held.extend(pieces(data, breaks=breaks), checksum=Checksum("sha1", digest) if checksum else None)


async def settle(uploads: PartialUploads) -> StoredRecording | None:
    async with uploads.hold("one", accept=ACCEPT) as held:
        return await asyncio.to_thread(held.settle)


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2000), st.sampled_from(["fine", "breaks", "right", "wrong", "broken right"]), st.booleans()
    ),
    max_size=10,
)


@pytest.mark.parametrize("kind", ["folder", "bucket"])
@settings(max_examples=20, deadline=None)
@given(acts=ACTS)
def test_every_history_ends_with_the_same_recording(kind: str, acts: list[tuple[int, str, bool]]) -> None:
    async def go_through(blobs: Blobs) -> None:
        uploads = uploads_at(blobs)
        begin(uploads)
        expected = 0
        for size, act, restarts in acts:
            checksum = act.removeprefix("broken ") if act not in {"fine", "breaks"} else ""
            try:
                await send(uploads, size, breaks="br" in act, checksum=checksum)
            except (ConnectionResetError, ChecksumDiffers):
                assert act not in {"fine", "right"}
            if act in {"fine", "breaks", "right"}:
                expected = min(expected + size, len(DATA))
            uploads = uploads_at(blobs) if restarts else uploads
            assert uploads.find("one").offset == expected
        await send(uploads, len(DATA))
        assert await settle(uploads) == WHOLE
        assert await settle(uploads_at(blobs)) == WHOLE
        assert blobs.get(WHOLE.key) == DATA

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(go_through(Blobs(Path(folder).as_uri() if kind == "folder" else "memory:///")))


def test_an_upload_that_was_killed_before_it_was_handed_on_is_found(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    begin(uploads_at(blobs))
    asyncio.run(send(uploads_at(blobs), len(DATA)))
    assert uploads_at(blobs).stranded() == ["one"]
    asyncio.run(settle(uploads_at(blobs)))
    assert uploads_at(blobs).stranded() == ["one"]
    assert uploads_at(blobs).find("one").is_whole

    blobs.delete(WHOLE.key)  # its job has come and gone
    assert asyncio.run(settle(uploads_at(blobs))) is None


def test_what_a_killed_creation_left_is_swept_when_old(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    blobs.partial("half").pieces.create()
    assert uploads_at(blobs).sweep() == []
    assert blobs.partials() == ["half"]
    assert uploads_at(blobs, now=datetime.now(UTC) + timedelta(days=2)).sweep() == []
    assert blobs.partials() == []


def test_an_upload_that_could_never_be_handed_on_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    begin(uploads_at(blobs))
    asyncio.run(send(uploads_at(blobs), len(DATA)))
    asyncio.run(settle(uploads_at(blobs)))
    later = uploads_at(blobs, now=datetime.now(UTC) + timedelta(days=2))
    assert [upload.id for upload in later.sweep()] == ["one"]
    with pytest.raises(NotFound):
        blobs.get(WHOLE.key)


def test_an_upload_that_somebody_writes_to_is_not_swept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    begin(uploads_at(blobs))
    later = uploads_at(blobs, now=datetime.now(UTC) + timedelta(days=2))

    async def sweep_beside() -> None:
        async with uploads_at(blobs).hold("one", accept=ACCEPT):
            assert later.sweep() == []

    asyncio.run(sweep_beside())
    assert [upload.id for upload in later.sweep()] == ["one"]
    with pytest.raises(NotFound):
        uploads_at(blobs).find("one")


def test_a_cancelled_upload_keeps_what_came(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    uploads = uploads_at(blobs)
    begin(uploads)

    async def cancel_midway() -> None:
        is_under_way = asyncio.Event()

        async def stalling() -> AsyncIterator[bytes]:
            yield DATA[:3000]
            is_under_way.set()
            await asyncio.sleep(60)

        async def extend() -> None:
            async with uploads.hold("one", accept=ACCEPT) as held:
                await held.extend(stalling())

        task = asyncio.create_task(extend())
        await is_under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_midway())
    assert uploads.find("one").offset == 3000
    asyncio.run(send(uploads, len(DATA)))
    assert asyncio.run(settle(uploads)) == WHOLE


def test_a_full_disk_keeps_what_had_room(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    begin(uploads_at(blobs))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            asyncio.run(send(uploads_at(blobs), len(DATA)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert uploads_at(blobs).find("one").offset == 2000
    asyncio.run(send(uploads_at(blobs), len(DATA)))
    assert asyncio.run(settle(uploads_at(blobs))) == WHOLE


def test_a_nearly_full_disk_takes_no_more_pieces(tmp_path: Path) -> None:
    begin(uploads_at(Blobs(tmp_path.as_uri())))
    with pytest.raises(Unavailable, match="nearly full"):
        asyncio.run(send(uploads_at(Blobs(tmp_path.as_uri(), min_free_bytes=2**60)), len(DATA)))
    assert uploads_at(Blobs(tmp_path.as_uri())).find("one").offset == 0


def test_the_head_of_a_long_tag_is_known_after_a_restart(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    data = b"ID3\x04\0\0\0\x7f\x7f\x7f" + bytes(2**21 - 1) + b"fLaC\0\0\0\x22" + os.urandom(100)
    uploads_at(blobs).create("one", key="recordings/one", owner="me", metadata="", length=len(data))

    async def send_all() -> StoredRecording | None:
        for start in range(0, len(data), 500_000):
            async with uploads_at(blobs).hold("one", accept=frozenset({MediaType.FLAC})) as held:
                await held.extend(pieces(data[start : start + 500_000]))
        async with uploads_at(blobs).hold("one", accept=frozenset({MediaType.FLAC})) as held:
            return await asyncio.to_thread(held.settle)

    recorded = asyncio.run(send_all())
    assert recorded is not None
    assert recorded.sha256 == hashlib.sha256(data).hexdigest()
