"""Damaged containers: each is decoded as far as it goes or refused, and never more than that."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest
from tests.media.films import Track, beeps, make_film

from khosq.errors import MediaUnreadable, RecordingTooLong
from khosq.media.decode import DecodeLimits, decode
from khosq.media.recording import MediaType

LIMITS = DecodeLimits(max_seconds=20, wall_seconds=60)
KINDS = {
    MediaType.M4A: ("mp4", "aac", "libx264"),
    MediaType.WEBM: ("webm", "libopus", "libvpx"),
    MediaType.AVI: ("avi", "mp3", "mpeg4"),
    MediaType.MPEG_TS: ("mpegts", "aac", "mpeg2video"),
    MediaType.MPEG_PS: ("vob", "ac3", "mpeg2video"),
    MediaType.ASF: ("asf", "wmav2", "mpeg4"),
    MediaType.OGG: ("ogg", "libopus", None),
    MediaType.FLAC: ("flac", "flac", None),
    MediaType.WAV: ("wav", "adpcm_ms", None),
    MediaType.AAC: ("adts", "aac", None),
    MediaType.AMR: ("amr", "libopencore_amrnb", None),
}


def damaged(data: bytes, random: Random) -> list[bytes]:
    """Cut it, flip bytes of its header, and flip bytes everywhere."""
    header, everywhere = bytearray(data), bytearray(data)
    for _ in range(4):
        header[random.randrange(12, min(800, len(data)))] = random.randrange(256)
    for _ in range(40):
        everywhere[random.randrange(12, len(data))] = random.choice((0, 127, 128, 255))
    return [data[: random.randrange(40, len(data))], bytes(header), bytes(everywhere)]


async def outcome(source: Path, media_type: MediaType) -> float | None:
    """Return the seconds that came out, None where it was refused."""
    try:
        return (await decode(source, media_type=media_type, into=source.with_suffix(".out"), limits=LIMITS)).duration
    except (MediaUnreadable, RecordingTooLong):
        return None


@pytest.mark.parametrize("media_type", KINDS)
def test_damage_is_refused_or_decoded_as_far_as_it_goes(media_type: MediaType, tmp_path: Path) -> None:
    kind, codec, picture = KINDS[media_type]
    rate = 8_000 if media_type is MediaType.AMR else 48_000
    data = make_film(kind, Track(beeps(0.3, seconds=1, rate=rate), codec, rate), picture=picture, picture_seconds=1)

    sources = [tmp_path / str(number) for number in range(3)]
    for source, body in zip(sources, damaged(data, Random(kind)), strict=True):  # noqa: S311 - noise, not secrets
        source.write_bytes(body)

    async def all_outcomes() -> list[float | None]:
        return await asyncio.gather(*(outcome(source, media_type) for source in sources))

    for source, seconds in zip(sources, asyncio.run(all_outcomes()), strict=True):
        assert 0.1 <= (seconds or 0.1) <= LIMITS.max_seconds
        assert list(source.with_suffix(".out").iterdir()) == [] or seconds is not None
