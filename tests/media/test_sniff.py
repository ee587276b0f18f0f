"""Formats told by content."""

from __future__ import annotations

import asyncio
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.films import Track, beeps, make_film

from khosq.media.decode import DecodeLimits, decode
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


CONTAINERS = {
    "mp4": ("aac", MediaType.M4A),
    "webm": ("libopus", MediaType.WEBM),
    "matroska": ("aac", MediaType.WEBM),
    "avi": ("mp3", MediaType.AVI),
    "mpegts": ("aac", MediaType.MPEG_TS),
    "mpeg": ("mp2", MediaType.MPEG_PS),
    "vob": ("mp2", MediaType.MPEG_PS),
    "asf": ("wmav2", MediaType.ASF),
    "adts": ("aac", MediaType.AAC),
    "amr": ("libopencore_amrnb", MediaType.AMR),
}


def container(kind: str) -> bytes:
    rate = 8_000 if kind == "amr" else 48_000
    return make_film(kind, Track(beeps(0.3, seconds=1, rate=rate), CONTAINERS[kind][0], rate))


@pytest.mark.parametrize("kind", CONTAINERS)
def test_each_container_is_known_however_its_bytes_arrive(kind: str) -> None:
    data = container(kind)

    assert [fed(data, step) for step in (1, 7, len(data))] == [CONTAINERS[kind][1]] * 3


def test_a_transport_stream_of_a_camera_and_old_quicktime_are_known() -> None:
    camera = make_film("mpegts", Track(beeps(seconds=1), "aac"), options={"mpegts_m2ts_mode": "1"})
    quicktime = make_film("mov", Track(beeps(seconds=1), "pcm_s16be"))

    assert fed(camera, 5) is MediaType.MPEG_TS
    assert fed(quicktime[quicktime.index(b"wide") - 4 :], 5) is MediaType.M4A
    assert fed(quicktime[quicktime.index(b"moov") - 4 :], 5) is MediaType.M4A


@pytest.mark.parametrize(
    ("kind", "place", "wrong"),
    [
        ("mp4", 8, b"heic"),
        ("webm", 0, b"\x1a\x45\xdf\xa4"),
        ("webm", 24, b"wabm"),
        ("avi", 12, b"JUNK"),
        ("mpegts", 188, b"\x48"),
        ("mpegts", 377, b"\x80"),
        ("mpeg", 4, b"\0"),
        ("vob", 9, b"\0"),
        ("asf", 15, b"\0"),
        ("adts", 1, b"\xf7"),
        ("amr", 5, b"x"),
    ],
)
def test_a_container_with_a_wrong_byte_in_its_mark_is_none(kind: str, place: int, wrong: bytes) -> None:
    data = container(kind)
    assert data[place : place + len(wrong)] != wrong

    assert fed(data[:place] + wrong + data[place + len(wrong) :], 100) is None


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


def ape_tag(size: int) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2000, size, 1, 0xA0000000) + bytes(8 + size)


def noise(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def behind_short_tag(mp3: bytes, missing: int) -> bytes:
    whole = tagged(b"", 300)
    return whole[:6] + struct.pack(">BBBB", 0, 0, (300 - missing) >> 7, (300 - missing) & 127) + whole[10:] + mp3


def with_damaged_second_frame(mp3: bytes, frame: int) -> bytes:
    start = len(mp3) - len(mp3.lstrip(b"\0"))
    return mp3[: start + frame] + b"\0\1\2\3" + mp3[start + frame + 4 :]


ODD_STARTS: dict[str, Callable[[bytes], bytes]] = {
    "cut 50 bytes in": lambda mp3: mp3[50:],
    "cut 150 bytes in": lambda mp3: mp3[150:],
    "cut 1000 bytes in": lambda mp3: mp3[1000:],
    "ape tag": lambda mp3: ape_tag(200) + mp3,
    "long ape tag": lambda mp3: ape_tag(200_000) + mp3,
    "ape and id3 tags": lambda mp3: ape_tag(200) + tagged(mp3, 500),
    "a zero": lambda mp3: b"\0" + mp3,
    "417 zeros": lambda mp3: bytes(417) + mp3,
    "a line end": lambda mp3: b"\r\n" + mp3,
    "a line end and a tag": lambda mp3: b"\r\n" + tagged(mp3, 90_000),
    "zeros and a tag": lambda mp3: bytes(417) + tagged(mp3, 500),
    "a short tag": lambda mp3: behind_short_tag(mp3, 7),
    "junk behind a tag": lambda mp3: tagged(noise(4096) + mp3, 500),
    "text behind a tag": lambda mp3: tagged(b"TSSE Lavf60.16.100 and so on" + mp3, 500),
    "a damaged frame": lambda mp3: with_damaged_second_frame(mp3, 288),
}


@pytest.fixture(scope="module")
def plain_mp3(tone: Callable[..., object], encoded: Make) -> bytes:
    """Give frames without any tag."""
    mp3 = encoded("mp3", tone(5.0))
    return mp3[audio_offset(io.BytesIO(mp3)) :]


@pytest.mark.parametrize("start", ODD_STARTS)
def test_an_mp3_is_known_and_decoded_nearly_whole_however_it_begins(
    start: str, plain_mp3: bytes, tmp_path: Path
) -> None:
    data = ODD_STARTS[start](plain_mp3)
    for step in (1, 1000, len(data)):
        assert fed(data, step) is MediaType.MP3
    path = tmp_path / "odd.mp3"
    path.write_bytes(data)
    decoded = asyncio.run(decode(path, media_type=MediaType.MP3, into=tmp_path, limits=DecodeLimits(60.0)))
    assert decoded.duration == pytest.approx(5.0, abs=0.3)


def test_real_frames_cut_anywhere_are_known(plain_mp3: bytes) -> None:
    assert [cut for cut in range(1500) if fed(plain_mp3[cut : cut + 20_000], 20_000) is not MediaType.MP3] == []


def test_twenty_megabytes_of_noise_hold_no_mp3() -> None:
    body = np.random.default_rng(7).bytes(20_000_000)
    taken = [start for start in range(0, len(body), 70_000) if fed(body[start : start + 70_000], 70_000)]
    tagged_taken = [start for start in range(0, len(body), 70_000) if fed(tagged(body[start:][:70_000], 20), 70_000)]
    assert (taken, tagged_taken) == ([], [])


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
        "not quite avi": b"RIFF\0\0\0\0AVI LIST" + bytes(50),
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50),
        "ogg of something": b"OggS\0\x02" + bytes(20) + b"\x01\x2a\x80daala" + bytes(50),
        "lone header": b"\xff\xfb\x90\x00" + bytes(1000),
        "concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    }
    for name, body in others.items():
        assert sniff(body + bytes(70_000)) is None, name
        assert fed(body, 5) is None, name
        assert fed(tagged(body, 1000), 64) is None, name
    assert fed(tagged(encoded("m4a", tone(0.5)), 1000), 64) is None


def old_tape_of(mp3: bytes) -> bytes:
    tape = bytearray(tape_of(mp3))
    tape[257:265] = bytes(8)
    return bytes(tape)


def test_an_mp3_inside_something_else_is_none(plain_mp3: bytes) -> None:
    inside = {
        "playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n" + plain_mp3,
        "indented playlist": b"\xef\xbb\xbf\r\n  #EXTM3U\n" + plain_mp3,
        "another playlist": b"[playlist]\nFile1=/etc/passwd\n" + plain_mp3,
        "html": b"<!DOCTYPE html><html>" + plain_mp3,
        "text": b"A letter to whom it may concern, about this and that.\n" + plain_mp3,
        "Armenian text": "Ողջույն աշխարհ, ինչպե՞ս եք այսօր։ ".encode() * 3 + plain_mp3,  # noqa: RUF001 - Armenian
        "utf-16": "A letter to whom it may concern, about this and that.".encode("utf-16-le") + plain_mp3,
        "form": b"------x\r\nContent-Disposition: form-data; name=a; filename=a.mp3\r\n\r\n" + plain_mp3,
        "zip": archive_of(plain_mp3),
        "zip behind junk": noise(100) + archive_of(plain_mp3),
        "zip behind zeros": bytes(600) + archive_of(plain_mp3),
        "tar": tape_of(plain_mp3),
        "old tar": old_tape_of(plain_mp3),
        "avi": b"RIFF\0\0\0\0AVI LIST" + plain_mp3,
        "film": b"\0\1\0\0mdat" + plain_mp3,
        "pdf": b"%PDF-1.7\n" + plain_mp3,
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + plain_mp3,
        "late": noise(70_000) + plain_mp3,
    }
    for name, body in inside.items():
        for whole in (body, tagged(body, 1000)):
            assert fed(whole, len(whole)) is None, name
            assert fed(whole, 997) is None, name


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
