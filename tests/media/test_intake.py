"""Taking recordings in, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from khosq.errors import Invalid, NotFound, TooLarge, UnsupportedMedia
from khosq.media.intake import take_in
from khosq.media.recording import MediaType, StoredRecording
from khosq.storage.blobs import Blobs

Make = Callable[..., bytes]
ONLY_MP3 = frozenset({MediaType.MP3})


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path.as_uri())


@pytest.fixture(scope="module")
def mp3(tone: Callable[..., object], encoded: Make) -> bytes:
    return encoded("mp3", tone(5.0))


def take(
    data: bytes, blobs: Blobs, *, accept: frozenset[MediaType] = ONLY_MP3, max_bytes: int = 10**7, breaks: bool = False
) -> StoredRecording:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]
        if breaks:
            raise ConnectionResetError

    return asyncio.run(take_in(chunks(), blobs=blobs, key="tenant/recording", accept=accept, max_bytes=max_bytes))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_recording_is_kept_byte_for_byte(mp3: bytes, blobs: Blobs) -> None:
    stored = take(mp3, blobs)

    assert stored == StoredRecording("tenant/recording", MediaType.MP3, len(mp3), hashlib.sha256(mp3).hexdigest())
    assert blobs.get("tenant/recording") == mp3


def test_another_format_is_refused_with_a_sentence_and_leaves_nothing(
    tone: Callable[..., object], encoded: Make, blobs: Blobs, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedMedia, match=r"^Only MP3 is accepted here; these bytes are not MP3\.$"):
        take(encoded("wav", tone(1.0)), blobs)
    with pytest.raises(
        UnsupportedMedia, match=r"^Only FLAC and MP3 are accepted here; these bytes are none of them\.$"
    ):
        take(b"#EXTM3U\n/etc/passwd", blobs, accept=frozenset({MediaType.MP3, MediaType.FLAC}))

    assert files_in(tmp_path) == []


def test_a_wrong_format_is_refused_before_the_rest_is_read(blobs: Blobs) -> None:
    read = []

    async def chunks() -> AsyncIterator[bytes]:
        for number in range(100):
            read.append(number)
            yield b"<html>" * 100

    with pytest.raises(UnsupportedMedia):
        asyncio.run(take_in(chunks(), blobs=blobs, key="a", accept=ONLY_MP3, max_bytes=10**9))

    assert read == [0]


def test_an_empty_body_is_invalid(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="empty"):
        take(b"", blobs)

    assert files_in(tmp_path) == []


def test_a_body_that_ends_before_it_shows_what_it_is_is_refused(mp3: bytes, blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia):
        take(mp3[:40], blobs)

    assert files_in(tmp_path) == []


def test_a_body_above_the_cap_is_refused_and_leaves_nothing(mp3: bytes, blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        take(mp3, blobs, max_bytes=len(mp3) - 1)

    assert files_in(tmp_path) == []
    assert take(mp3, blobs, max_bytes=len(mp3)).size_bytes == len(mp3)


def test_a_cut_upload_leaves_nothing_and_can_be_repeated(mp3: bytes, blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        take(mp3, blobs, breaks=True)

    assert files_in(tmp_path) == []
    with pytest.raises(NotFound):
        blobs.get("tenant/recording")
    assert take(mp3, blobs).size_bytes == len(mp3)
