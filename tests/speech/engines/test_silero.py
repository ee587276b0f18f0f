from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.speech.sounds import quiet, read_wav

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.engines.silero import Silero, speech_regions
from khosq.transcript.timespan import Timespan

FRAME = 0.032


def blocks(sound: Samples, size: int) -> Iterator[Samples]:
    for start in range(0, len(sound), size):
        yield sound[start : start + size]


@pytest.fixture(scope="module")
def engine(parts: Path) -> Silero:
    return Silero(parts / "silero-vad")


@pytest.fixture(scope="module")
def reading(recording: Any) -> Samples:
    """Silence, a sentence, silence, the same sentence, silence."""
    sentence = read_wav(recording("en-young-man")[1])
    return np.concatenate([quiet(3), sentence, quiet(4), sentence, quiet(3)])


def test_speech_is_found_between_silences(engine: Silero, reading: Samples) -> None:
    first, second = engine.detect([reading])
    clip = (len(reading) / SAMPLE_RATE - 10) / 2
    assert 2.85 <= first.start < first.end <= 3.0 + clip + 0.35
    assert second.start == pytest.approx(first.start + clip + 4, abs=0.3)
    assert first.duration > 0.6 * clip


@pytest.mark.parametrize("sound", [np.zeros(5 * SAMPLE_RATE, np.float32), quiet(5, 0.1), quiet(0.01), quiet(0)])
def test_silence_and_noise_are_not_speech(engine: Silero, sound: Samples) -> None:
    assert engine.detect([sound]) == []


def test_no_sound_has_no_speech(engine: Silero) -> None:
    assert engine.detect([]) == []


@pytest.mark.parametrize("size", [160, 5000, 16_000, 262_144, 10_000_000])
def test_the_answer_does_not_depend_on_the_blocks(engine: Silero, reading: Samples, size: int) -> None:
    long = np.tile(reading, 2)
    assert engine.detect(blocks(long, size)) == engine.detect([long])


def test_one_recording_leaves_nothing_behind_for_the_next(engine: Silero, reading: Samples) -> None:
    alone = engine.detect([reading])
    engine.detect([reading[: 4 * SAMPLE_RATE]])
    assert engine.detect([reading]) == alone


def test_a_missing_model_is_an_engine_failure(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="cannot be loaded"):
        Silero(tmp_path)


def test_a_dip_between_the_two_thresholds_does_not_end_speech() -> None:
    probabilities = [0.0] * 10 + [0.6] * 10 + [0.4] * 20 + [0.6] * 10 + [0.1] * 20
    assert speech_regions(probabilities, frame=FRAME, duration=70 * FRAME) == [Timespan(0.2, 1.72)]


def test_short_pauses_are_bridged_and_short_sounds_dropped() -> None:
    probabilities = [0.0] * 20 + [0.9] * 10 + [0.0] * 5 + [0.9] * 10 + [0.0] * 20 + [0.9] * 2 + [0.0] * 20
    assert speech_regions(probabilities, frame=FRAME, duration=87 * FRAME) == [Timespan(0.52, 1.56)]


def test_speech_up_to_both_edges_stays_inside_the_recording() -> None:
    assert speech_regions([0.9] * 40, frame=FRAME, duration=1.27) == [Timespan(0, 1.27)]


@given(st.lists(st.floats(0, 1), max_size=300))
def test_regions_are_in_order_and_never_touch(probabilities: list[float]) -> None:
    regions = speech_regions(probabilities, frame=FRAME, duration=len(probabilities) * FRAME)
    assert all(before.end < after.start for before, after in itertools.pairwise(regions))
