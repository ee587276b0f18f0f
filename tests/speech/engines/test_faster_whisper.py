from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.speech.engines.whisper_model import write_tokenizer, write_whisper
from tests.speech.sounds import quiet, spoken

from khosq.errors import EngineFailed, ModelMissing
from khosq.speech.engines.faster_whisper import FasterWhisper
from khosq.speech.extras import need

SOUND = spoken("▁low", "▁high")


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def engine(model_dir: Path) -> FasterWhisper:
    return FasterWhisper(model_dir, device="cpu")


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_dir, tmp_path / "copy")


def test_a_batch_of_unequal_chunks_is_answered_in_order(engine: FasterWhisper) -> None:
    chunks = [SOUND, quiet(0.05), SOUND[:1700], np.zeros(0, np.float32), np.tile(SOUND, 3)]
    answers = engine.recognize(chunks * 3, language="hy-AM")
    texts = [" ".join(word.text for word in words) for words in answers]
    assert texts == ["low high lower", "", "low high lower", "", "low high lower"] * 3
    for words, chunk in zip(answers, chunks * 3, strict=True):
        assert all(0 <= word.time.start <= word.time.end <= len(chunk) / 16_000 + 0.0005 for word in words)
        assert all(word.confidence and word.confidence > 0.9 for word in words)


def test_hotwords_come_before_the_sound(engine: FasterWhisper) -> None:
    (words,) = engine.recognize([SOUND], language="en", hotwords=["Yerevan", "Ani"])
    assert [word.text for word in words] == ["prompted"]


def test_more_hotwords_than_fit_are_survived(engine: FasterWhisper) -> None:
    (words,) = engine.recognize([SOUND], language="hy", hotwords=["Երևան"] * 500)
    assert words


def test_languages_are_weighed_among_those_asked_about(engine: FasterWhisper) -> None:
    guesses = engine.identify(SOUND, among=["hy-AM", "te", "xx"])
    assert {guess.language for guess in guesses} == {"hy-AM", "te"}
    assert sum(guess.probability or 0 for guess in guesses) == pytest.approx(1)
    assert guesses == sorted(guesses, key=lambda guess: -(guess.probability or 0))


def test_no_language_is_heard_in_nothing_nor_among_unknown_ones(engine: FasterWhisper) -> None:
    assert engine.identify(quiet(0.05), among=["hy"]) == []
    assert engine.identify(SOUND, among=["xx"]) == []


def test_a_language_that_whisper_does_not_know_is_refused(engine: FasterWhisper) -> None:
    with pytest.raises(ModelMissing, match=r"does not know Odia \(or-IN\)"):
        engine.recognize([SOUND], language="or-IN")


def test_a_language_that_whisper_calls_otherwise_is_heard(engine: FasterWhisper) -> None:
    assert engine.recognize([SOUND], language="nb-NO") == engine.recognize([SOUND], language="no")


def test_the_tokenizer_of_another_model_is_refused(copy: Path) -> None:
    write_tokenizer(copy, more=["Ġmore"])
    with pytest.raises(EngineFailed, match=r"tokenizer\.json is that of another model"):
        FasterWhisper(copy, device="cpu")


def test_a_network_for_other_features_is_refused(copy: Path) -> None:
    (copy / "preprocessor_config.json").write_text('{"feature_size": 128}')
    with pytest.raises(EngineFailed, match="128"):
        FasterWhisper(copy, device="cpu").recognize([SOUND], language="en")


def test_a_device_that_is_not_here_is_an_engine_failure(copy: Path) -> None:
    with pytest.raises(EngineFailed, match="cannot be loaded"):
        FasterWhisper(copy, device="no-such-device")


def test_without_its_package_the_command_is_named(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ModelMissing, match=r"pip install 'khosq\[whisper\]'"):
        FasterWhisper(model_dir)


def test_a_package_that_does_not_load_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("raise ImportError('libcublas.so.12: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelMissing, match=r"cannot be loaded \(libcublas"):
        need("half_installed", extra="whisper")
