"""What every recogniser owes; a new one needs a line in SPECIMENS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.speech.sounds import quiet, read_wav, spoken

from khosq import registry
from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import Recognizer
from khosq.speech.engines import RECOGNIZERS
from khosq.speech.weights import find_model, model_folder


class Specimen:
    """An engine with a real model, and something that it understands."""

    def __init__(self, engine: str, folder: Path, sound: Samples, **settings: Any) -> None:
        self.engine = engine
        self.folder = folder
        self.sound = sound
        self.settings = settings


def pocketsphinx(request: pytest.FixtureRequest) -> Specimen:
    folder = model_folder(find_model("pocketsphinx-en", Path("unused")), Path("unused"))
    return Specimen("pocketsphinx", folder, read_wav(request.getfixturevalue("recording")("en-young-man")[1])[:20_000])


def onnx_asr(request: pytest.FixtureRequest) -> Specimen:
    folder = request.getfixturevalue("hears_tones")
    return Specimen("onnx-asr", folder, spoken("▁low", "er", "▁high"), model_type="nemo-conformer-ctc")


SPECIMENS: dict[str, Callable[[pytest.FixtureRequest], Specimen]] = {
    "pocketsphinx": pocketsphinx,
    "onnx-asr": onnx_asr,
}


@pytest.fixture(scope="module", params=RECOGNIZERS)
def specimen(request: pytest.FixtureRequest) -> Specimen:
    return SPECIMENS[request.param](request)


@pytest.fixture(scope="module")
def make(specimen: Specimen) -> Callable[[Path], Recognizer]:
    engine = registry.load(specimen.engine, RECOGNIZERS, "khosq.recognizers")
    return lambda folder: engine(folder, **specimen.settings)


@pytest.fixture(scope="module")
def engine(specimen: Specimen, make: Callable[[Path], Recognizer]) -> Recognizer:
    return make(specimen.folder)


def test_something_is_heard_and_every_word_lies_inside_the_chunk(engine: Recognizer, specimen: Specimen) -> None:
    (words,) = engine.recognize([specimen.sound], language="en")
    assert words
    assert [word.time.start for word in words] == sorted(word.time.start for word in words)
    assert all(word.text.strip() == word.text != "" for word in words)
    assert all(word.time.end <= len(specimen.sound) / SAMPLE_RATE for word in words)


def test_confidences_are_probabilities_where_they_are_promised(engine: Recognizer, specimen: Specimen) -> None:
    (words,) = engine.recognize([specimen.sound], language="en")
    if engine.traits.gives_confidence:
        assert all(word.confidence is not None and 0 <= word.confidence <= 1 for word in words)


def test_nothing_gives_nothing(engine: Recognizer) -> None:
    assert engine.recognize([], language="en") == []


@pytest.mark.parametrize("samples", [0, 1, 10, 159, 800, 1599])
def test_a_chunk_too_short_for_a_word_has_none(engine: Recognizer, samples: int) -> None:
    assert engine.recognize([np.zeros(samples, np.float32)], language="en") == [()]


@pytest.mark.parametrize("samples", [1600, 1601, 2400, 4000, 8001])
def test_any_length_is_heard_without_failing(engine: Recognizer, specimen: Specimen, samples: int) -> None:
    (words,) = engine.recognize([specimen.sound[8000 : 8000 + samples]], language="en")
    assert all(word.time.end <= samples / SAMPLE_RATE for word in words)


def test_a_chunk_is_heard_the_same_whatever_came_before_it(engine: Recognizer, specimen: Specimen) -> None:
    first = engine.recognize([specimen.sound], language="en")
    engine.recognize([specimen.sound[len(specimen.sound) // 2 :]], language="en")
    assert engine.recognize([specimen.sound], language="en") == first


def test_a_batch_says_what_its_chunks_say_alone(engine: Recognizer, specimen: Specimen) -> None:
    chunks = [specimen.sound, specimen.sound[: len(specimen.sound) // 2], quiet(0.5)]
    together = engine.recognize(chunks, language="en")
    alone = [engine.recognize([chunk], language="en")[0] for chunk in chunks]
    assert [[word.text for word in words] for words in together] == [[word.text for word in words] for words in alone]


def test_the_sound_is_left_as_it_was(engine: Recognizer, specimen: Specimen) -> None:
    before = specimen.sound.copy()
    engine.recognize([specimen.sound], language="en")
    np.testing.assert_array_equal(specimen.sound, before)


def test_clipped_sound_and_a_dead_channel_are_survived(engine: Recognizer, specimen: Specimen) -> None:
    loud = (specimen.sound[:8000] * 1000).clip(-1, 1)
    dead = np.zeros(SAMPLE_RATE // 2, np.float32)
    assert len(engine.recognize([loud, dead], language="en")) == 2


def test_an_empty_folder_is_an_engine_failure(make: Callable[[Path], Recognizer], tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        make(tmp_path)
