"""Blobs in a folder and in a bucket: the same promises."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from khosq.errors import NotFound, TooLarge, Unavailable
from khosq.storage.blobs import Blobs

MIB = 1024 * 1024


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return Blobs((tmp_path / "blobs").as_uri() if request.param == "folder" else "memory:///")


async def pieces(*data: bytes, error: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece
    if error is not None:
        raise error


def assert_gone(blobs: Blobs, key: str) -> None:
    with pytest.raises(NotFound):
        blobs.get(key)


def unfinished_in(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_stream_of_many_parts_comes_back_whole(blobs: Blobs) -> None:
    data = [os.urandom(3 * MIB) for _ in range(7)]

    size, sha256 = asyncio.run(blobs.write("tenant/job/a", pieces(*data), max_bytes=21 * MIB))

    assert (size, sha256) == (21 * MIB, hashlib.sha256(b"".join(data)).hexdigest())
    assert blobs.get("tenant/job/a") == b"".join(data)


@pytest.mark.parametrize("parts", [0, 12])
def test_a_broken_stream_leaves_nothing(blobs: Blobs, tmp_path: Path, parts: int) -> None:
    with pytest.raises(ConnectionResetError):
        asyncio.run(blobs.write("a", pieces(*[bytes(MIB)] * parts, error=ConnectionResetError()), max_bytes=100 * MIB))

    assert_gone(blobs, "a")
    assert unfinished_in(tmp_path) == []


def test_a_stream_leaves_on_the_disk_what_the_database_needs(tmp_path: Path) -> None:
    blobs = Blobs((tmp_path / "blobs").as_uri(), min_free_bytes=2**60)
    with pytest.raises(Unavailable, match="nearly full"):
        asyncio.run(blobs.write("a", pieces(bytes(MIB)), max_bytes=MIB))
    assert unfinished_in(tmp_path) == []
    blobs.put("b", b"small")
    assert blobs.get("b") == b"small"


def test_a_stream_above_the_cap_is_cut_at_once(blobs: Blobs, tmp_path: Path) -> None:
    seen = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            seen.append(1)
            yield bytes(1000)

    with pytest.raises(TooLarge):
        asyncio.run(blobs.write("a", endless(), max_bytes=2500))

    assert len(seen) == 3
    assert_gone(blobs, "a")
    assert unfinished_in(tmp_path) == []


def test_a_cancelled_write_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def cancel_midway() -> None:
        is_under_way = asyncio.Event()

        async def stalling() -> AsyncIterator[bytes]:
            yield bytes(12 * MIB)
            is_under_way.set()
            await asyncio.sleep(60)

        task = asyncio.create_task(blobs.write("a", stalling(), max_bytes=100 * MIB))
        await is_under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_midway())

    assert_gone(blobs, "a")
    assert unfinished_in(tmp_path) == []


@pytest.mark.parametrize("steps", range(1, 12))
def test_a_write_cancelled_at_any_moment_is_there_or_not_at_all(blobs: Blobs, tmp_path: Path, steps: int) -> None:
    async def cancel_after() -> bool:
        task = asyncio.create_task(blobs.write("a", pieces(bytes(MIB)), max_bytes=MIB))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return False
        return True

    if asyncio.run(cancel_after()):
        assert blobs.get("a") == bytes(MIB)
    else:
        assert_gone(blobs, "a")
        assert unfinished_in(tmp_path) == []


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            asyncio.run(blobs.write("a", pieces(*[bytes(MIB)] * 4), max_bytes=100 * MIB))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert unfinished_in(tmp_path) == []


def test_a_blob_can_be_replaced_read_in_parts_and_deleted_twice(blobs: Blobs) -> None:
    blobs.put("a/b", b"old")
    blobs.put("a/b", b"0123456789")

    with blobs.open("a/b") as file:
        file.seek(4)
        assert file.read(3) == b"456"
        file.seek(-2, os.SEEK_END)
        assert file.read() == b"89"
    blobs.delete("a/b")
    blobs.delete("a/b")
    assert_gone(blobs, "a/b")


def test_deleting_a_folder_as_a_blob_deletes_nothing(blobs: Blobs) -> None:
    blobs.put("t/job/one", b"1")
    blobs.delete("t/job")
    assert blobs.get("t/job/one") == b"1"


def test_a_prefix_is_deleted_as_a_folder(blobs: Blobs) -> None:
    for key in ("t/job/a", "t/job/deep/b", "t/jobs/c"):
        blobs.put(key, b"x")

    blobs.delete_prefix("t/job/")
    blobs.delete_prefix("t/job")

    assert_gone(blobs, "t/job/a")
    assert_gone(blobs, "t/job/deep/b")
    assert blobs.get("t/jobs/c") == b"x"


@pytest.mark.parametrize("key", ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", ".hidden", "a\0b", "a\\..\\b"])
def test_a_key_cannot_leave_the_store(blobs: Blobs, key: str) -> None:
    for use in (blobs.get, blobs.delete, blobs.local_path, lambda key: blobs.put(key, b"x")):
        with pytest.raises(ValueError, match="not a key"):
            use(key)


def test_what_is_missing_is_not_found(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"x")
    for key in ("missing", "a/missing", "a", "a/b/c"):
        assert_gone(blobs, key)
        with pytest.raises(NotFound):
            blobs.materialise(key, tmp_path / "cache")


def test_a_blob_becomes_a_file_once(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("t/a", bytes(5 * MIB))

    path = blobs.materialise("t/a", tmp_path / "cache")
    made = path.stat().st_mtime_ns

    assert path.read_bytes() == bytes(5 * MIB)
    assert blobs.materialise("t/a", tmp_path / "cache") == path
    assert path.stat().st_mtime_ns == made
    assert blobs.local_path("t/a") in (None, path)


def test_only_a_disk_has_a_free_size(tmp_path: Path) -> None:
    free = Blobs(tmp_path.as_uri()).free_bytes()

    assert free is not None
    assert free > 0
    assert Blobs("memory:///").free_bytes() is None


def test_what_a_killed_process_left_is_swept_when_old(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    for name, age in (("old", 1e6), ("fresh", 0)):
        file = tmp_path / ".unfinished" / name
        file.write_bytes(b"x")
        os.utime(file, (file.stat().st_mtime - age,) * 2)

    assert blobs.sweep_unfinished() == 1
    assert [file.name for file in (tmp_path / ".unfinished").iterdir()] == ["fresh"]


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="ftp"):
        Blobs("ftp://host/x")
