from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from tests.speech.sounds import read_wav

from khosq.errors import EngineFailed
from khosq.evaluation.wer import word_errors
from khosq.speech.engines.pocketsphinx import Pocketsphinx
from khosq.speech.weights import find_model, model_folder

PEOPLE = ["en-young-man", "en-selfish", "en-amiable", "en-cards"]


@pytest.fixture(scope="module")
def engine() -> Pocketsphinx:
    return Pocketsphinx(model_folder(find_model("pocketsphinx-en", Path("unused")), Path("unused")))


@pytest.mark.parametrize("name", PEOPLE)
def test_people_are_understood_as_well_as_the_manifest_says(engine: Pocketsphinx, recording: Any, name: str) -> None:
    known, path = recording(name)
    (words,) = engine.recognize([read_wav(path)], language="en-US")
    text = " ".join(word.text for word in words).replace("mr", "mister")
    errors = word_errors(known.reference, text, language="en")
    assert (errors.substitutions + errors.deletions + errors.insertions) / errors.reference <= known.wer_at_most, text


def test_words_are_bare_timed_and_trusted_differently(engine: Pocketsphinx, recording: Any) -> None:
    sound = read_wav(recording("en-amiable")[1])
    (words,) = engine.recognize([sound], language="en")
    assert all(word.text.replace("'", "").isalpha() for word in words)
    assert all(before.time.end <= after.time.start + 0.011 for before, after in itertools.pairwise(words))
    assert len({word.confidence for word in words}) > 1


def test_a_word_cut_short_does_not_stop_the_engine(engine: Pocketsphinx, recording: Any) -> None:
    sound = read_wav(recording("en-cards")[1])
    for milliseconds in (100, 120, 160, 220, 300):
        (words,) = engine.recognize([sound[8000 : 8000 + 16 * milliseconds]], language="en")
        assert all(word.time.end <= milliseconds / 1000 for word in words)


def test_a_model_without_its_dictionary_is_an_engine_failure(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"cmudict-en-us\.dict"):
        Pocketsphinx(tmp_path)
