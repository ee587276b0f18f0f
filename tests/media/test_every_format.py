"""Every container and codec that we take, made by real encoders, through a real child process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from tests.media.films import Sound, Track, beeps, heard_at, make_film

from khosq.errors import MediaUnreadable
from khosq.media.decode import Decoded, DecodeLimits, decode
from khosq.media.recording import ALL_TYPES, AUDIO_TYPES, VIDEO_TYPES, MediaType
from khosq.media.sniff import sniff_file
from khosq.transcript.timespan import Timespan

LIMITS = DecodeLimits(max_seconds=60)
M4A, WEBM, AVI, ASF = MediaType.M4A, MediaType.WEBM, MediaType.AVI, MediaType.ASF
MPEG_TS, MPEG_PS = MediaType.MPEG_TS, MediaType.MPEG_PS

SOUNDS: list[tuple[str, str, int, MediaType, str]] = [
    ("ipod", "aac", 44_100, M4A, "aac"),
    ("ipod", "alac", 48_000, M4A, "alac"),
    ("3gp", "libopencore_amrnb", 8_000, M4A, "amr_nb"),
    ("mov", "pcm_s16be", 48_000, M4A, "pcm_s16be"),
    ("webm", "libopus", 48_000, WEBM, "opus"),
    ("adts", "aac", 44_100, MediaType.AAC, "aac"),
    ("amr", "libopencore_amrnb", 8_000, MediaType.AMR, "amr_nb"),
    ("asf", "wmav2", 44_100, ASF, "wmav2"),
    ("ogg", "flac", 48_000, MediaType.OGG, "flac"),
    ("wav", "pcm_mulaw", 8_000, MediaType.WAV, "pcm_mulaw"),
    ("wav", "pcm_alaw", 8_000, MediaType.WAV, "pcm_alaw"),
    ("wav", "pcm_s24le", 48_000, MediaType.WAV, "pcm_s24le"),
    ("wav", "pcm_f32le", 48_000, MediaType.WAV, "pcm_f32le"),
]
FILMS = [
    ("mp4", "aac", "libx264", M4A),
    ("webm", "libopus", "libvpx", WEBM),
    ("matroska", "ac3", "libx264", WEBM),
    ("avi", "mp3", "mpeg4", AVI),
    ("mpegts", "aac", "libx264", MPEG_TS),
    ("mpegts", "mp2", "mpeg2video", MPEG_TS),
    ("vob", "ac3", "mpeg2video", MPEG_PS),
    ("mpeg", "mp2", "mpeg1video", MPEG_PS),
]


def taken(data: bytes, folder: Path, *, most_channels: int = 2) -> Decoded:
    """Sniff and decode."""
    source = folder / "source"
    source.write_bytes(data)
    media_type = sniff_file(source)
    assert media_type is not None
    return asyncio.run(
        decode(source, media_type=media_type, into=folder / "out", limits=LIMITS, most_channels=most_channels)
    )


def heard(decoded: Decoded, channel: int = 0) -> list[float]:
    return heard_at(decoded.channels[channel].read(Timespan(0, decoded.duration)))


def five_to_one(sound: Sound) -> Sound:
    """Put a sound into the centre of 5.1."""
    return np.ascontiguousarray(sound * np.array([0, 0, 1, 0, 0, 0], np.float32))


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda sound: f"{sound[0]}-{sound[1]}")
def test_a_sound_is_told_and_decoded(sound: tuple[str, str, int, MediaType, str], tmp_path: Path) -> None:
    kind, codec, rate, media_type, name = sound
    data = make_film(kind, Track(beeps(0.3, 1.2, seconds=2, rate=rate), codec, rate))
    decoded = taken(data, tmp_path)

    assert sniff_file(tmp_path / "source") is media_type
    assert (decoded.codec, decoded.sample_rate_in, decoded.channels_in) == (name, rate, 1)
    assert not decoded.has_video
    assert decoded.duration == pytest.approx(2, abs=0.06)
    assert heard(decoded) == pytest.approx([0.3, 1.2], abs=0.06)


@pytest.mark.parametrize(("kind", "codec", "picture", "media_type"), FILMS)
def test_a_film_gives_its_sound(kind: str, codec: str, picture: str, media_type: MediaType, tmp_path: Path) -> None:
    data = make_film(kind, Track(beeps(0.3, 1.2, seconds=2), codec), picture=picture)
    decoded = taken(data, tmp_path)

    assert sniff_file(tmp_path / "source") is media_type
    assert media_type in VIDEO_TYPES
    assert decoded.has_video
    assert decoded.duration == pytest.approx(2, abs=0.06)
    assert heard(decoded) == pytest.approx([0.3, 1.2], abs=0.06)


@pytest.mark.parametrize("options", [{"movflags": "frag_keyframe+empty_moov"}, {"mpegts_m2ts_mode": "1"}])
def test_a_film_cut_in_fragments_or_stamped_by_a_camera_is_taken(options: dict[str, str], tmp_path: Path) -> None:
    kind = "mp4" if "movflags" in options else "mpegts"
    data = make_film(kind, Track(beeps(0.3, seconds=2), "aac"), picture="libx264", options=options)

    assert heard(taken(data, tmp_path)) == pytest.approx([0.3], abs=0.06)


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "aac"), ("flac", "flac"), ("mp3", "mp3")])
def test_a_cover_makes_no_film(kind: str, codec: str, tmp_path: Path) -> None:
    data = make_film(kind, Track(beeps(0.3, seconds=1), codec), cover=True)

    assert not taken(data, tmp_path).has_video


@pytest.mark.parametrize("kind", ["mp4", "webm", "mpegts"])
def test_a_film_without_sound_says_so(kind: str, tmp_path: Path) -> None:
    data = make_film(kind, picture="libvpx" if kind == "webm" else "libx264")

    with pytest.raises(MediaUnreadable, match=r"^The uploaded file has no audio track\.$"):
        taken(data, tmp_path)


@pytest.mark.parametrize(
    ("kind", "codec"), [("webm", "libopus"), ("mp4", "aac"), ("ogg", "libopus"), ("mpegts", "aac"), ("vob", "mp2")]
)
def test_a_hole_keeps_later_words_in_their_place(kind: str, codec: str, tmp_path: Path) -> None:
    track = Track(beeps(0.5, 1.5, 2.5, seconds=4), codec, hole=(2.0, 2.0))
    decoded = taken(make_film(kind, track), tmp_path)

    assert heard(decoded) == pytest.approx([0.5, 1.5, 4.5], abs=0.05)
    assert decoded.duration == pytest.approx(6, abs=0.06)


@pytest.mark.parametrize(
    ("kind", "codec", "picture"),
    [("mp4", "aac", "libx264"), ("webm", "libopus", "libvpx"), ("matroska", "aac", "libx264")],
)
def test_sound_that_begins_later_than_the_pictures_stays_late(
    kind: str, codec: str, picture: str, tmp_path: Path
) -> None:
    track = Track(beeps(0.5, seconds=2), codec, hole=(-1.0, 1.5))
    decoded = taken(make_film(kind, track, picture=picture, picture_seconds=4), tmp_path)

    assert heard(decoded) == pytest.approx([2.0], abs=0.06)


def test_a_clock_that_jumps_in_a_broadcast_is_no_hole(tmp_path: Path) -> None:
    track = Track(beeps(0.5, 2.5, seconds=4), "aac", hole=(2.0, 30.0))

    assert heard(taken(make_film("mpegts", track), tmp_path)) == pytest.approx([0.5, 2.5], abs=0.06)


def test_a_clock_that_jumps_beyond_the_limit_is_not_believed(tmp_path: Path) -> None:
    track = Track(beeps(0.5, 2.5, seconds=4), "libopus", hole=(2.0, 1e6))

    assert heard(taken(make_film("webm", track), tmp_path)) == pytest.approx([0.5, 2.5], abs=0.06)


def test_of_several_tracks_the_default_one_is_taken_else_the_first(tmp_path: Path) -> None:
    first, second = beeps(0.5, seconds=2), beeps(1.5, seconds=2)
    flagged = make_film("matroska", Track(first, "aac", is_default=False), Track(second, "aac", is_default=True))
    plain = make_film("mpegts", Track(first, "aac"), Track(second, "aac"))

    assert heard(taken(flagged, tmp_path)) == pytest.approx([1.5], abs=0.05)
    assert heard(taken(plain, tmp_path)) == pytest.approx([0.5], abs=0.05)


def test_a_track_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    tracks = Track(beeps(0.5, seconds=2), "ac3"), Track(beeps(1.5, seconds=2), "aac")
    data = make_film("matroska", *tracks)

    assert heard(taken(data.replace(b"A_AC3", b"A_DTS"), tmp_path)) == pytest.approx([1.5], abs=0.05)
    assert heard(taken(data.replace(b"A_AC3", b"A_???"), tmp_path)) == pytest.approx([1.5], abs=0.05)


def test_a_track_that_begins_midway_costs_nothing(tmp_path: Path) -> None:
    data = b"".join(make_film("vob", Track(beeps(0.5, seconds=4), codec)) for codec in ("mp2", "ac3", "mp2"))

    assert heard(taken(data, tmp_path)) == pytest.approx([0.5, 4.5], abs=0.05)


def test_surround_of_a_film_is_mixed_as_its_loudspeakers_are_meant(tmp_path: Path) -> None:
    track = Track(five_to_one(beeps(0.5, seconds=2)), "ac3", layout="5.1(side)")
    decoded = taken(make_film("matroska", track, picture="libx264"), tmp_path)

    assert (decoded.channels_in, len(decoded.channels)) == (6, 1)
    assert np.abs(decoded.channels[0].read(Timespan(0, 2))).max() > 0.5 / 4


def test_channels_that_somebody_asked_for_stay_apart(tmp_path: Path) -> None:
    track = Track(five_to_one(beeps(0.5, seconds=2)), "aac", layout="5.1")
    decoded = taken(make_film("mp4", track), tmp_path, most_channels=6)

    assert [heard(decoded, number) != [] for number in range(6)] == [False, False, True, False, False, False]


def test_a_call_in_stereo_opus_keeps_its_parties_apart(tmp_path: Path) -> None:
    call = np.ascontiguousarray(np.concatenate([beeps(0.5, seconds=2), beeps(1.5, seconds=2)], axis=1))
    decoded = taken(make_film("ogg", Track(call, "libopus", layout="stereo")), tmp_path)

    assert [heard(decoded, 0), heard(decoded, 1)] == [pytest.approx([0.5], abs=0.05), pytest.approx([1.5], abs=0.05)]
    assert not decoded.identical_channels


@pytest.mark.parametrize("media_type", sorted(VIDEO_TYPES))
def test_no_container_can_name_another_file(media_type: MediaType, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(make_film("mp4", Track(beeps(0.5, seconds=1), "aac")))
    source = tmp_path / "source"
    source.write_bytes(f"ffconcat version 1.0\nfile {secret}\n#EXTM3U\n#EXTINF:1,\n{secret}\n".encode() * 50)

    with pytest.raises(MediaUnreadable):
        asyncio.run(decode(source, media_type=media_type, into=tmp_path / "out", limits=LIMITS))


def test_the_sets_of_formats_cover_all() -> None:
    assert AUDIO_TYPES | VIDEO_TYPES <= ALL_TYPES
    assert len({media_type.label for media_type in ALL_TYPES}) == len(MediaType)
