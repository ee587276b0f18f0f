"""Formats told by content."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.media.recording import MediaType
from khosq.media.sniff import Sniffer, audio_offset, sniff

Make = Callable[..., bytes]
EXPECTED = {
    "mp3": MediaType.MP3,
    "wav": MediaType.WAV,
    "flac": MediaType.FLAC,
    "opus": MediaType.OGG,
    "vorbis": MediaType.OGG,
    "m4a": MediaType.M4A,
}


def tagged(body: bytes, size: int, *, footer: bool = False) -> bytes:
    sizes = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return b"ID3\x04\0" + (b"\x10" if footer else b"\0") + sizes + bytes(size) + bytes(10 if footer else 0) + body


def fed(data: bytes, step: int) -> MediaType | None:
    sniffer = Sniffer()
    for start in range(0, len(data), step):
        if sniffer.feed(data[start : start + step]):
            break
    sniffer.end()
    return sniffer.media_type


@pytest.mark.parametrize("step", [1, 7, 4096, 10_000_000])
@pytest.mark.parametrize("kind", EXPECTED)
def test_each_format_is_known_however_its_bytes_arrive(
    kind: str, step: int, tone: Callable[..., object], encoded: Make
) -> None:
    data = encoded(kind, tone(1.0, pitches=(440.0, 550.0)))

    assert sniff(data) is EXPECTED[kind]
    assert fed(data, step) is EXPECTED[kind]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_an_mp3_is_known_at_every_sample_rate(rate: int, tone: Callable[..., object], encoded: Make) -> None:
    data = encoded("mp3", tone(0.5, rate=rate), rate=rate, bit_rate=24_000)

    assert sniff(data) is MediaType.MP3
    assert sniff(data[audio_offset(io.BytesIO(data)) :]) is MediaType.MP3


def test_tags_of_any_length_number_and_padding_are_skipped(tone: Callable[..., object], encoded: Make) -> None:
    mp3 = encoded("mp3", tone(0.5))

    assert fed(tagged(mp3, 3_000_000), 65_536) is MediaType.MP3
    assert fed(tagged(tagged(mp3, 500), 20, footer=True), 13) is MediaType.MP3
    assert fed(tagged(bytes(1000) + mp3, 20), 13) is MediaType.MP3
    assert audio_offset(io.BytesIO(tagged(tagged(b"x", 500), 20, footer=True))) == 10 + 20 + 10 + 10 + 500
    assert audio_offset(io.BytesIO(tagged(bytes(1000) + b"x", 70_000))) == 71_010


def archive_of(mp3: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.mp3", mp3)
    return file.getvalue()


def tape_of(mp3: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.mp3")
        member.size = len(mp3)
        archive.addfile(member, io.BytesIO(mp3))
    return file.getvalue()


def test_nothing_else_is_taken_for_audio_even_behind_a_tag(tone: Callable[..., object], encoded: Make) -> None:
    mp3 = encoded("mp3", tone(0.5))
    others = {
        "playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        "html": b"<!DOCTYPE html><html><body>404</body></html>",
        "text": "Ողջույն աշխարհ".encode() * 10,
        "utf-16": "\ufeffhello, hello".encode("utf-16-le") * 100,
        "zip": archive_of(mp3),
        "tar": tape_of(mp3),
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(100),
        "aac": b"\xff\xf1\x50\x80\x20\x1f\xfc" * 50,
        "avi": b"RIFF\0\0\0\0AVI LIST" + bytes(50),
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50),
        "ogg video": b"OggS\0\x02" + bytes(20) + b"\x01\x2a\x80theora" + bytes(50),
        "lone header": b"\xff\xfb\x90\x00" + bytes(1000),
        "concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    }
    for name, body in others.items():
        assert sniff(body + bytes(70_000)) is None, name
        assert fed(body, 5) is None, name
        assert fed(tagged(body, 1000), 64) is None, name
    assert fed(tagged(encoded("m4a", tone(0.5)), 1000), 64) is None


def test_a_refusal_comes_with_the_first_bytes() -> None:
    assert Sniffer().feed(b"#EXTM3U\n")
    assert Sniffer().feed(b"PK\x03\x04\x14\0\0\0")


def test_a_tag_without_end_is_refused_before_it_fills_the_disk() -> None:
    sniffer = Sniffer()
    assert sniffer.feed(b"ID3\x04\0\0\x7f\x7f\x7f\x7f")
    assert sniffer.media_type is None


def test_too_few_bytes_are_undecided_until_the_end(tone: Callable[..., object], encoded: Make) -> None:
    sniffer = Sniffer()
    assert not sniffer.feed(encoded("mp3", tone(0.5))[:20])
    sniffer.end()
    assert sniffer.media_type is None


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"ID3", b"RIFF", b"OggS\0\x02", b"fLaC", b"\xff\xfb", b"\0\0\0 ftyp"]),
)
def test_random_bytes_never_break_it(data: bytes, start: bytes) -> None:
    assert fed(start + data, 11) is sniff(start + data)


@given(st.binary(min_size=64, max_size=2000))
def test_random_bytes_are_no_recording(data: bytes) -> None:
    assert sniff(data) is None
