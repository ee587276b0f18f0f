"""Recordings with a tone over what nobody may hear, of real speech and of hostile sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from khosq.errors import Failed
from khosq.media.beeping import FREQUENCY, MARGIN, beep, check, widened
from khosq.media.reencode import encode_small
from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.transcript.timespan import Timespan

SPEECH = Path(__file__).parents[2] / "recordings" / "hi-call-stereo.mp3"
SPANS = (Timespan(1.0, 2.2), Timespan(6.0, 7.5))

Sound = NDArray[np.float32]


def heard(file: Path) -> Sound:
    """Return what a player plays: float32[channels, samples]."""
    with av.open(str(file)) as container:
        resampler = AudioResampler(format="fltp", rate=SAMPLE_RATE)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in [*frames, *resampler.resample(None)]], axis=1)


def written(folder: Path, sound: Sound) -> list[PcmFile]:
    """Write channels as they come from the decoder."""
    files = [PcmFile(folder / f"channel-{number}.pcm") for number in range(len(sound))]
    for file, samples in zip(files, sound, strict=True):
        file.path.write_bytes((samples.clip(-1, 1) * 32_767).astype("<i2").tobytes())
    return files


@pytest.fixture
def call(tmp_path: Path) -> list[PcmFile]:
    """A call of two parties, each on a channel."""
    return written(tmp_path, heard(SPEECH))


def part(sound: Sound, time: Timespan) -> Sound:
    return sound[:, round(time.start * SAMPLE_RATE) : round(time.end * SAMPLE_RATE)]


def power_at(sound: Sound, pitch: float) -> float:
    """Return the part of the energy that is near a pitch."""
    power = np.abs(np.fft.rfft(sound, axis=1)) ** 2
    near = np.abs(np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE) - pitch) < 50
    return float(power[:, near].sum() / power.sum())


def test_only_a_tone_is_heard_where_it_must_and_all_else_stays(call: list[PcmFile], tmp_path: Path) -> None:
    beeped = beep(call, SPANS, tmp_path / "beeped.ogg")
    before, after = heard(SPEECH), heard(beeped.path)

    assert after.shape[0] == 2
    assert after.shape[1] == pytest.approx(before.shape[1], abs=800)
    for span in SPANS:
        inner = Timespan(span.start - MARGIN + 0.02, span.end + MARGIN - 0.02)
        for channel in part(after, inner):
            assert power_at(channel[None], FREQUENCY) > 0.95
    clear = Timespan(3.0, 5.5)
    assert np.corrcoef(part(before, clear)[0], part(after, clear)[0])[0, 1] > 0.9
    assert power_at(part(after, clear), FREQUENCY) < 0.2
    assert beeped.path.stat().st_size < before.shape[1] / SAMPLE_RATE * 8_000


def test_it_tells_what_was_checked(call: list[PcmFile], tmp_path: Path) -> None:
    beeped = beep(call, SPANS, tmp_path / "beeped.ogg")
    assert beeped.spans == tuple(Timespan(span.start - MARGIN, span.end + MARGIN) for span in SPANS)
    assert beeped.windows == 2 * 13
    assert beeped.least_tone > 0.99
    assert beeped.most_likeness < 0.3
    assert beeped.to_json()["windows"] == beeped.windows


def test_stretches_that_meet_are_one_and_end_with_the_recording(call: list[PcmFile], tmp_path: Path) -> None:
    end = call[0].duration
    spans = [Timespan(0.0, 0.4), Timespan(0.5, 0.9), Timespan(0.2, 0.3), Timespan(end - 0.2, end + 0.1)]
    beeped = beep(call, spans, tmp_path / "beeped.ogg")
    assert beeped.spans == (Timespan(0.0, 1.05), Timespan(end - 0.35, end))


def test_a_call_without_anything_to_hide_is_copied(call: list[PcmFile], tmp_path: Path) -> None:
    assert beep(call, (), tmp_path / "beeped.ogg").windows == 0
    assert (tmp_path / "beeped.ogg").exists()


def test_more_channels_are_beeped_in_their_mix(call: list[PcmFile], tmp_path: Path) -> None:
    beeped = beep([*call, call[0]], SPANS, tmp_path / "beeped.ogg")
    assert beeped.windows == 13
    assert power_at(part(heard(beeped.path), SPANS[0]), FREQUENCY) > 0.95


@pytest.mark.parametrize("loudness", [1.0, 0.01])
def test_a_file_that_was_not_beeped_is_caught(call: list[PcmFile], tmp_path: Path, loudness: float) -> None:
    quiet = written(tmp_path, heard(SPEECH) * np.float32(loudness))
    encode_small(quiet, tmp_path / "plain.ogg")
    with pytest.raises(Failed, match="can still be heard"):
        check(tmp_path / "plain.ogg", quiet, SPANS)


def _late(sound: Sound, tone: Sound) -> Sound:
    return np.concatenate([tone[:, : SAMPLE_RATE // 2], sound[:, SAMPLE_RATE // 2 :]], axis=1)


def _one_channel(sound: Sound, tone: Sound) -> Sound:
    return np.stack([tone[0], sound[1]])


def _under_the_tone(sound: Sound, tone: Sound) -> Sound:
    return sound + tone


def _whispered_under_the_tone(sound: Sound, tone: Sound) -> Sound:
    return sound * np.float32(0.3) + tone * np.float32(8)


@pytest.mark.parametrize("leak", [_late, _one_channel, _under_the_tone, _whispered_under_the_tone])
def test_speech_that_is_left_is_caught(
    call: list[PcmFile], tmp_path: Path, leak: Callable[[Sound, Sound], Sound]
) -> None:
    sound = heard(SPEECH)
    span = max((Timespan(at, at + 1.5) for at in np.arange(0.5, 10, 0.5)), key=_quieter_party(sound))
    start, end = round(span.start * SAMPLE_RATE), round(span.end * SAMPLE_RATE)
    tone = 0.1 * np.sin(2 * np.pi * FREQUENCY / SAMPLE_RATE * np.arange(end - start, dtype=np.float32))
    leaky = sound.copy()
    leaky[:, start:end] = leak(sound[:, start:end], np.stack([tone, tone]).astype(np.float32))
    (tmp_path / "leaky").mkdir()
    encode_small(written(tmp_path / "leaky", leaky), tmp_path / "leaky.ogg")
    with pytest.raises(Failed, match="can still be heard"):
        check(tmp_path / "leaky.ogg", call, [span])


def _quieter_party(sound: Sound) -> Callable[[Timespan], float]:
    return lambda span: float(np.square(part(sound, span)[1]).mean())


@pytest.mark.parametrize("kind", ["silence", "noise", "the same tone", "full scale"])
def test_any_sound_can_be_beeped(tmp_path: Path, kind: str) -> None:
    moments = np.arange(5 * SAMPLE_RATE, dtype=np.float32)
    sounds = {
        "silence": np.zeros(len(moments)),
        "noise": np.random.default_rng(1).normal(0, 0.1, len(moments)),
        "the same tone": 0.5 * np.sin(2 * np.pi * FREQUENCY / SAMPLE_RATE * moments),
        "full scale": np.sign(np.sin(moments / 40)),
    }
    channels = written(tmp_path, sounds[kind][None].astype(np.float32))
    assert beep(channels, [Timespan(1, 3)], tmp_path / "beeped.ogg").least_tone > 0.95


def test_a_failure_leaves_no_file(call: list[PcmFile], tmp_path: Path) -> None:
    with pytest.raises(Failed, match="nothing to hide"):
        beep(call, [Timespan(500, 501)], tmp_path / "beeped.ogg")
    with pytest.raises(FileNotFoundError):
        beep([*call, PcmFile(tmp_path / "gone.pcm")], SPANS, tmp_path / "beeped.ogg")
    assert not list(tmp_path.glob("*.ogg*"))


def test_a_file_that_ends_too_early_is_caught(call: list[PcmFile], tmp_path: Path) -> None:
    (tmp_path / "short").mkdir()
    short = written(tmp_path / "short", heard(SPEECH)[:, : 5 * SAMPLE_RATE])
    encode_small(short, tmp_path / "short.ogg")
    with pytest.raises(Failed, match="shorter"):
        check(tmp_path / "short.ogg", call, widened([Timespan(5.5, 6.0)], margin=0, duration=60))
