"""What every recogniser owes; a new one needs a line in SPECIMENS."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.speech.engines.specimens import SPECIMENS, Specimen
from tests.speech.sounds import quiet, tone

from khosq.errors import EngineFailed, KhosqError
from khosq.media.waveform import SAMPLE_RATE
from khosq.speech.asr import Recognizer
from khosq.speech.engines import RECOGNIZERS

DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda _: None,
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "of another kind": lambda _: b"<!doctype html><title>Sign in</title>",
}


@pytest.fixture(scope="module", params=SPECIMENS)
def specimen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return SPECIMENS[request.param](request, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def engine(specimen: Specimen) -> Recognizer:
    return specimen.load(specimen.folder)


def test_every_registered_engine_has_a_specimen() -> None:
    assert {name.partition(" ")[0] for name in SPECIMENS} == set(RECOGNIZERS)


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


def test_the_longest_chunk_that_it_claims_is_heard(engine: Recognizer) -> None:
    longest = engine.traits.longest_chunk
    sound = np.tile(np.concatenate([tone(400, 1.0), quiet(1.0)]), 20)[: round(longest * SAMPLE_RATE)]
    (words,) = engine.recognize([sound], language="en")
    assert all(word.time.end <= longest for word in words)


def test_hotwords_are_taken_or_passed_over(engine: Recognizer, specimen: Specimen) -> None:
    plain = engine.recognize([specimen.sound], language="en")
    hinted = engine.recognize([specimen.sound], language="en", hotwords=["Yerevan", "Անի", ""])
    assert engine.traits.takes_hotwords or hinted == plain


def test_an_empty_folder_is_an_engine_failure(specimen: Specimen, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed):
        specimen.load(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_is_refused_with_a_sentence(specimen: Specimen, tmp_path: Path, damage: str) -> None:
    for name in specimen.needed:
        folder = tmp_path / name.replace("/", "-")
        _copy_but_for(specimen.folder, folder, name, DAMAGES[damage])
        with pytest.raises(KhosqError) as caught:
            specimen.load(folder).recognize([specimen.sound], language="en")
        assert name[-10:] in caught.value.message or "vocabulary" in caught.value.message, name
        assert "\n" not in caught.value.message, name


def _copy_but_for(source: Path, folder: Path, damaged: str, damage: Callable[[bytes], bytes | None]) -> None:
    for path in source.rglob("*"):
        copy = folder / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and str(path.relative_to(source)) != damaged:
            os.link(path, copy)
        elif path.is_file() and (content := damage(path.read_bytes())) is not None:
            copy.write_bytes(content)
