from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.speech.sounds import spoken

from khosq.media.waveform import PcmFile, Samples
from khosq.speech.bench import measure, vowels
from khosq.speech.resolution import ModelChoice


def test_all_of_a_sound_is_heard_in_chunks_that_the_model_takes(
    hears_tones: Path, pcm: Callable[[Samples], PcmFile]
) -> None:
    settings = (("model_type", "nemo-conformer-ctc"),)
    choice = ModelChoice("tones", "onnx-asr", hears_tones, "production", "xx", 1.6, settings)
    sound = pcm(np.concatenate([spoken("▁low", "▁high")] * 5))
    pace = measure(choice, sound)
    assert pace.words == 10
    assert pace.sound == pytest.approx(sound.duration)
    assert pace.loading > 0 < pace.hearing


def test_the_made_up_voice_is_always_the_same_and_has_pauses() -> None:
    sound = vowels(2.0)
    assert np.array_equal(sound, vowels(2.0))
    loudness = np.abs(sound.reshape(-1, 1600)).max(axis=1)
    assert loudness.min() < 0.01
    assert loudness.max() == pytest.approx(0.3)
