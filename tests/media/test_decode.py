"""Decoding, with real encodes and a real child process."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.media.films import Track, beeps, make_film

from khosq.errors import MediaUnreadable, RecordingTooLong, Unavailable
from khosq.media.decode import Decoded, DecodeLimits, decode
from khosq.media.recording import MediaType
from khosq.media.waveform import PcmFile
from khosq.transcript.timespan import Timespan

LIMITS = DecodeLimits(max_seconds=7200)
TYPES = {
    "mp3": MediaType.MP3,
    "wav": MediaType.WAV,
    "flac": MediaType.FLAC,
    "opus": MediaType.OGG,
    "vorbis": MediaType.OGG,
    "m4a": MediaType.M4A,
}
Make = Callable[..., bytes]


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - noise, not secrets


def decode_bytes(  # noqa: PLR0913 - the same as the function under test
    data: bytes,
    folder: Path,
    *,
    media_type: MediaType = MediaType.MP3,
    limits: DecodeLimits = LIMITS,
    most_channels: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Decoded:
    source = folder / "source"
    source.write_bytes(data)
    return asyncio.run(
        decode(
            source,
            media_type=media_type,
            into=folder / "out",
            limits=limits,
            most_channels=most_channels,
            on_progress=on_progress,
        )
    )


def loudest_pitch(channel: PcmFile) -> float:
    samples = channel.read(Timespan(0.5, 1.5))
    return float(np.abs(np.fft.rfft(samples)).argmax()) * 16_000 / len(samples)


def decoders_of(folder: Path) -> list[int]:
    """Find the children that decode into ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            is_alive = b") Z " not in (process / "stat").read_bytes()
        except OSError:
            continue
        if is_alive and b"decode_child" in command and os.fsencode(folder / "out") in command:
            found.append(int(process.name))
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("kind", TYPES)
def test_each_format_comes_out_whole_with_its_channels_apart(
    kind: str, tone: Callable[..., object], encoded: Make, tmp_path: Path
) -> None:
    data = encoded(kind, tone(2.0, rate=48_000, pitches=(440.0, 1000.0)), rate=48_000)

    decoded = decode_bytes(data, tmp_path, media_type=TYPES[kind])

    assert decoded.duration == pytest.approx(2.0, abs=0.05)
    assert decoded.sample_rate_in == 48_000
    assert [channel.duration for channel in decoded.channels] == [decoded.duration] * 2
    assert [loudest_pitch(channel) for channel in decoded.channels] == pytest.approx([440, 1000], abs=2)
    assert not decoded.identical_channels


def test_a_telephone_recording_is_brought_to_16_khz(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    decoded = decode_bytes(encoded("mp3", tone(2.0, rate=8_000), rate=8_000), tmp_path)

    assert (decoded.sample_rate_in, decoded.codec, len(decoded.channels)) == (8_000, "mp3", 1)
    assert decoded.duration == pytest.approx(2.0, abs=0.05)
    assert decoded.bit_rate is not None
    assert 20_000 < decoded.bit_rate < 80_000


def test_the_sound_keeps_its_level(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    decoded = decode_bytes(encoded("flac", tone(1.0), rate=16_000), tmp_path, media_type=MediaType.FLAC)

    assert np.abs(decoded.channels[0].read(Timespan(0, 1))).max() == pytest.approx(0.5, abs=0.01)


def test_eight_channels_stay_in_their_order(tone: Callable[..., object], wav: Make, tmp_path: Path) -> None:
    pitches = tuple(300.0 + 200 * number for number in range(8))
    decoded = decode_bytes(wav(tone(2.0, pitches=pitches)), tmp_path, media_type=MediaType.WAV)

    assert [loudest_pitch(channel) for channel in decoded.channels] == pytest.approx(pitches, abs=2)


def test_more_channels_than_wanted_are_mixed_into_one(tone: Callable[..., object], wav: Make, tmp_path: Path) -> None:
    data = wav(tone(2.0, pitches=(440.0, 1000.0, 2000.0)))

    three = decode_bytes(data, tmp_path, media_type=MediaType.WAV, most_channels=3)
    assert len(three.channels) == 3
    (mixed,) = decode_bytes(data, tmp_path, media_type=MediaType.WAV, most_channels=2).channels

    spectrum = np.abs(np.fft.rfft(mixed.read(Timespan(0, 1)))) / 8_000
    assert [spectrum[pitch] for pitch in (440, 1000, 2000)] == pytest.approx([0.5 / 3] * 3, abs=0.01)


@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_a_mono_recording_kept_as_stereo_is_recognised(
    kind: str, tone: Callable[..., object], encoded: Make, tmp_path: Path
) -> None:
    data = encoded(kind, tone(2.0, pitches=(440.0, 440.0)))

    assert decode_bytes(data, tmp_path, media_type=TYPES[kind]).identical_channels


def test_a_call_with_one_silent_side_is_not_mono(wav: Make, tmp_path: Path) -> None:
    sound = np.zeros((32_000, 2), np.float32)
    sound[8_000:9_000, 1] = 0.01

    assert not decode_bytes(wav(sound), tmp_path, media_type=MediaType.WAV).identical_channels


def test_a_large_cover_picture_before_the_sound_does_not_matter(
    tone: Callable[..., object], encoded: Make, tmp_path: Path
) -> None:
    size = 3_000_000
    tag = b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    data = tag + dice(1).randbytes(size) + encoded("mp3", tone(2.0))

    assert decode_bytes(data, tmp_path).duration == pytest.approx(2.0, abs=0.05)


def test_a_truncated_mp3_gives_what_is_there(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    data = encoded("mp3", tone(4.0))

    assert decode_bytes(data[: len(data) // 2], tmp_path).duration == pytest.approx(2.0, abs=0.2)


def test_one_bad_stretch_does_not_cost_the_rest(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    data = bytearray(encoded("mp3", tone(4.0)))
    middle = len(data) // 2
    data[middle : middle + 600] = dice(2).randbytes(600)

    assert decode_bytes(bytes(data), tmp_path).duration > 3.5


def test_a_wav_that_declares_gigabytes_is_as_long_as_its_bytes(
    tone: Callable[..., object], wav: Make, tmp_path: Path
) -> None:
    data = wav(tone(1.0), declared_bytes=0xFFFF_FF00)

    assert decode_bytes(data, tmp_path, media_type=MediaType.WAV).duration == pytest.approx(1.0)


def test_a_wav_of_one_sample_a_second_is_refused(tone: Callable[..., object], wav: Make, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="sample rate of 1 Hz"):
        decode_bytes(wav(tone(1.0), rate=1), tmp_path, media_type=MediaType.WAV)


def test_more_channels_than_allowed_are_refused(wav: Make, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="9 channels; at most 8"):
        decode_bytes(wav(np.zeros((16_000, 9), np.float32)), tmp_path, media_type=MediaType.WAV)


def not_audio() -> dict[str, bytes]:
    frames = b"\xff\xfb\x90\x00" + bytes(413) + b"\xff\xfb\x90\x00"
    return {
        "empty": b"",
        "text": b"Hello, this is no music at all. " * 100,
        "random": dice(3).randbytes(50_000),
        "random behind two frame headers": frames + dice(4).randbytes(300),
        "only zeros": bytes(10_000),
        "a flac of nothing": b"fLaC\x80\x00\x00\x22" + bytes(34),
    }


@pytest.mark.parametrize("what", not_audio())
def test_what_is_not_audio_is_called_so_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match=r"^The uploaded file is not a readable MP3\.$"):
        decode_bytes(not_audio()[what], tmp_path)

    assert list((tmp_path / "out").iterdir()) == []


def test_a_playlist_cannot_make_the_decoder_read_another_file(
    tone: Callable[..., object], encoded: Make, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(encoded("mp3", tone(1.0)))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n".encode()

    for data in (playlist, b"ID3\x03\0\0\0\0\0\0" + playlist):
        for media_type in (MediaType.MP3, MediaType.M4A):
            with pytest.raises(MediaUnreadable):
                decode_bytes(data, tmp_path, media_type=media_type)


def test_an_archive_of_music_is_not_music(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.mp3", encoded("mp3", tone(1.0)))

    with pytest.raises(MediaUnreadable):
        decode_bytes(archive.read_bytes(), tmp_path, media_type=MediaType.WAV)


def test_a_codec_outside_the_list_is_refused(tmp_path: Path) -> None:
    header = struct.pack("<IHHIIHH", 16, 0x0130, 1, 8000, 1000, 1000, 16)  # Sipro, of all
    data = b"RIFF\xff\xff\0\0WAVEfmt " + header + b"data\xff\xf0\0\0" + bytes(60_000)

    with pytest.raises(MediaUnreadable, match="not a readable WAV"):
        decode_bytes(data, tmp_path, media_type=MediaType.WAV)


def test_a_flac_bomb_is_stopped_at_the_limit(encoded: Make, tmp_path: Path) -> None:
    bomb = encoded("flac", np.zeros((8_000 * 1_200, 1), np.float32), rate=8_000)
    assert len(bomb) < 300_000

    with pytest.raises(RecordingTooLong, match="longer than 60 seconds"):
        decode_bytes(bomb, tmp_path, media_type=MediaType.FLAC, limits=DecodeLimits(max_seconds=60))

    assert list((tmp_path / "out").iterdir()) == []


def test_a_recording_of_exactly_the_limit_passes(tone: Callable[..., object], wav: Make, tmp_path: Path) -> None:
    limits = DecodeLimits(max_seconds=2.0)

    assert decode_bytes(wav(tone(2.0)), tmp_path, media_type=MediaType.WAV, limits=limits).duration == 2.0
    with pytest.raises(RecordingTooLong):
        decode_bytes(wav(tone(2.001)), tmp_path, media_type=MediaType.WAV, limits=limits)


def test_no_more_is_written_than_allowed(tone: Callable[..., object], wav: Make, tmp_path: Path) -> None:
    with pytest.raises(RecordingTooLong):
        decode_bytes(
            wav(tone(4.0, pitches=(440.0, 550.0))),
            tmp_path,
            media_type=MediaType.WAV,
            limits=DecodeLimits(max_seconds=60, max_output_bytes=200_000),
        )


def test_a_decoder_that_wants_too_much_memory_is_a_refused_file(
    tone: Callable[..., object], encoded: Make, tmp_path: Path
) -> None:
    with pytest.raises((MediaUnreadable, Unavailable)):
        decode_bytes(encoded("mp3", tone(1.0)), tmp_path, limits=DecodeLimits(max_seconds=60, memory_bytes=0))


def test_a_decoder_that_takes_too_long_is_killed(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="too long to decode"):
        decode_bytes(encoded("mp3", tone(1.0)), tmp_path, limits=DecodeLimits(max_seconds=60, wall_seconds=0.05))

    assert decoders_of(tmp_path) == []


def test_progress_grows_to_the_end(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    heard: list[float] = []

    decode_bytes(encoded("mp3", tone(30.0)) * 10, tmp_path, on_progress=heard.append)

    assert heard
    assert all(0 <= earlier <= later <= 1 for earlier, later in pairwise([*heard, 1.0]))


def test_progress_begins_low_where_the_index_lies_at_the_end(tmp_path: Path) -> None:
    heard: list[float] = []
    film = make_film("mov", Track(beeps(seconds=60), "pcm_s16be"))
    assert film.index(b"moov") > 0.9 * len(film)

    decode_bytes(film, tmp_path, media_type=MediaType.M4A, on_progress=heard.append)

    assert heard[0] < 0.1


def test_cancelling_kills_the_decoder(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(encoded("mp3", tone(60.0)) * 60)

    async def cancel_midway() -> None:
        is_under_way = asyncio.Event()
        task = asyncio.create_task(
            decode(
                tmp_path / "source",
                media_type=MediaType.MP3,
                into=tmp_path / "out",
                limits=LIMITS,
                on_progress=lambda _: is_under_way.set(),
            )
        )
        await is_under_way.wait()
        assert decoders_of(tmp_path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_midway())

    assert decoders_of(tmp_path) == []
    assert list((tmp_path / "out").iterdir()) == []


DECODE_IN_A_PROCESS = """
import asyncio, resource, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from khosq.media.decode import DecodeLimits, decode
from khosq.media.recording import MediaType
folder = Path(sys.argv[1])
limits = DecodeLimits(max_seconds=7200)
asyncio.run(decode(folder / "source", media_type=MediaType.MP3, into=folder / "out", limits=limits))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def decode_elsewhere(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DECODE_IN_A_PROCESS, str(folder), *sys.path], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_decoder_dies_with_a_killed_worker(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(encoded("mp3", tone(60.0)) * 60)
    with decode_elsewhere(tmp_path) as worker:
        assert wait_for(lambda: bool(decoders_of(tmp_path)))
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    assert wait_for(lambda: not decoders_of(tmp_path))


def test_memory_does_not_grow_with_length(tone: Callable[..., object], encoded: Make, tmp_path: Path) -> None:
    minute = encoded("mp3", tone(60.0, rate=8_000), rate=8_000, bit_rate=16_000)
    peaks = []
    for minutes in (10, 60):
        folder = tmp_path / str(minutes)
        folder.mkdir()
        (folder / "source").write_bytes(minute * minutes)
        with decode_elsewhere(folder) as process:
            peaks.append(int(process.communicate()[0]))

    assert peaks[1] <= 1.3 * peaks[0]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), damage=st.integers(1, 200))
def test_a_damaged_mp3_is_decoded_or_refused_and_nothing_else(
    seed: int, damage: int, tone: Callable[..., object], encoded: Make, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random = dice(seed)
    data = bytearray(encoded("mp3", tone(1.0)))
    for _ in range(damage):
        data[random.randrange(len(data))] = random.randrange(256)
    try:
        decoded = decode_bytes(bytes(data), tmp_path_factory.mktemp("damaged"))
    except MediaUnreadable:
        return
    assert 0.1 <= decoded.duration <= 2.0
