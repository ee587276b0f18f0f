"""Taking recordings in, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest

from khosq.errors import AddressRefused, Invalid, NeighbourFailed, NotFound, TooLarge, UnsupportedMedia
from khosq.media.intake import take_in
from khosq.media.recording import MediaType, StoredRecording
from khosq.outbound.address import read_allow
from khosq.outbound.client import OutboundClient
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


@asynccontextmanager
async def server_of(*pieces: bytes, status: str = "200 OK", length: int | None = None) -> AsyncIterator[int]:
    """Run a real HTTP server that sends the pieces and hangs up; yield its port."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {sum(map(len, pieces)) if length is None else length}\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            for piece in (head.encode(), *pieces):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def fetch(
    blobs: Blobs, *pieces: bytes, status: str = "200 OK", length: int | None = None, max_bytes: int = 10**7
) -> StoredRecording:
    async def story() -> StoredRecording:
        async with server_of(*pieces, status=status, length=length) as port:
            client = OutboundClient(allow=read_allow([f"127.0.0.1:{port}"]), allow_http=False)
            body = client.fetch(f"http://127.0.0.1:{port}/call.mp3", deadline=60, max_bytes=max_bytes)
            async with aclosing(body) as chunks:
                return await take_in(chunks, blobs=blobs, key="tenant/recording", accept=ONLY_MP3, max_bytes=10**7)

    return asyncio.run(story())


def test_a_recording_is_fetched_from_an_address_byte_for_byte(mp3: bytes, blobs: Blobs) -> None:
    stored = fetch(blobs, mp3[:100], mp3[100:])

    assert (stored.media_type, stored.sha256) == (MediaType.MP3, hashlib.sha256(mp3).hexdigest())
    assert blobs.get("tenant/recording") == mp3


def test_what_goes_wrong_while_fetching_is_told_as_it_is_and_leaves_nothing(
    mp3: bytes, blobs: Blobs, tmp_path: Path
) -> None:
    with pytest.raises(NeighbourFailed, match="broke off"):
        fetch(blobs, mp3[:-1], length=len(mp3))
    with pytest.raises(NeighbourFailed, match="503"):
        fetch(blobs, mp3, status="503 Service Unavailable")
    with pytest.raises(Invalid, match="404"):
        fetch(blobs, b"<html>gone</html>", status="404 Not Found")
    with pytest.raises(TooLarge):
        fetch(blobs, mp3, max_bytes=len(mp3) - 1)
    with pytest.raises(UnsupportedMedia):
        fetch(blobs, b"<html>please log in</html>" * 1000)
    with pytest.raises(Invalid, match="empty"):
        fetch(blobs)

    assert files_in(tmp_path) == []


def test_an_address_that_nobody_opened_is_not_fetched(blobs: Blobs, tmp_path: Path) -> None:
    async def story() -> None:
        chunks = OutboundClient(allow=frozenset(), allow_http=False).fetch(
            "http://127.0.0.1:9/call.mp3", deadline=60, max_bytes=10**7
        )
        await take_in(chunks, blobs=blobs, key="tenant/recording", accept=ONLY_MP3, max_bytes=10**7)

    with pytest.raises(AddressRefused):
        asyncio.run(story())

    assert files_in(tmp_path) == []
