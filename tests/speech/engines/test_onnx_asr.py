from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.speech.sounds import quiet, spoken
from tests.speech.tone_model import write_tone_transducer

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.engines.onnx_asr import OnnxAsr, words_of


@pytest.fixture(scope="module")
def engine(hears_tones: Path) -> OnnxAsr:
    return OnnxAsr(hears_tones, model_type="nemo-conformer-ctc")


def test_words_come_with_their_times_and_confidences(engine: OnnxAsr) -> None:
    (words,) = engine.recognize([spoken("▁low", "▁high", "▁low")], language="xx")
    assert [word.text for word in words] == ["low", "high", "low"]
    assert [word.time.start for word in words] == pytest.approx([0.4, 1.2, 2.0], abs=0.1)
    assert all(0.05 < word.time.duration <= 0.5 for word in words)
    assert all(word.confidence and word.confidence > 0.5 for word in words)


def test_tokens_inside_a_word_are_joined(engine: OnnxAsr) -> None:
    (words,) = engine.recognize([spoken("▁low", "er", "▁high")], language="xx")
    assert [word.text for word in words] == ["lower", "high"]
    assert words[0].time.end == pytest.approx(1.2, abs=0.1)


def test_a_batch_of_unequal_chunks_is_answered_in_order(engine: OnnxAsr) -> None:
    sounds: list[Samples] = [spoken("▁high"), quiet(0.01), spoken("▁low", "▁high", "▁low", "▁high"), quiet(1.0)]
    texts = [[word.text for word in words] for words in engine.recognize(sounds, language="xx")]
    assert texts[0] == ["high"]
    assert texts[1] == []
    assert texts[2] == ["low", "high", "low", "high"]


def test_a_transducer_is_heard_through_the_same_engine(tmp_path: Path) -> None:
    engine = OnnxAsr(write_tone_transducer(tmp_path), model_type="nemo-conformer-tdt")
    (words, more) = engine.recognize([spoken("▁low", "er", "▁high", "▁low"), spoken("▁high")], language="xx")
    assert [word.text for word in words] == ["lower", "high", "low"]
    assert [word.time.start for word in words] == pytest.approx([0.4, 1.6, 2.4], abs=0.1)
    assert all(word.confidence and word.confidence > 0.5 for word in words)
    assert [word.text for word in more] == ["high"]


def test_a_marks_own_token_stays_with_the_word_before_it() -> None:
    result = SimpleNamespace(
        tokens=[" yes", " .", " no", "▁?"[1:]], timestamps=[0.0, 0.4, 1.0, 1.2], logprobs=[-0.1, 0.0, -0.3, 0.0]
    )
    words = list(words_of(result, duration=2.0))
    assert [(word.text, word.time.start, word.time.end) for word in words] == [("yes.", 0.0, 0.8), ("no?", 1.0, 1.6)]


def test_a_model_without_token_times_is_refused() -> None:
    with pytest.raises(EngineFailed, match="times"):
        list(words_of(SimpleNamespace(tokens=["a"], timestamps=None, logprobs=None), duration=1.0))


@pytest.mark.parametrize("lost", ["model.onnx", "vocab.txt"])
def test_a_missing_file_is_an_engine_failure(hears_tones: Path, tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(hears_tones, folder)
    (folder / lost).unlink()
    with pytest.raises(EngineFailed, match=lost):
        OnnxAsr(folder, model_type="nemo-conformer-ctc")


def test_a_truncated_graph_is_an_engine_failure(hears_tones: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(hears_tones, folder)
    graph = folder / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(EngineFailed, match="cannot be loaded"):
        OnnxAsr(folder, model_type="nemo-conformer-ctc")


def test_the_tokenizer_of_another_model_is_an_engine_failure(hears_tones: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(hears_tones, folder)
    (folder / "vocab.txt").write_text("a 0\n<blk> 1\n")
    with pytest.raises(EngineFailed):
        OnnxAsr(folder, model_type="nemo-conformer-ctc").recognize([spoken("▁low")], language="xx")


def test_an_unknown_model_type_is_an_engine_failure(hears_tones: Path) -> None:
    with pytest.raises(EngineFailed):
        OnnxAsr(hears_tones, model_type="no-such-type")


def test_no_hub_is_asked_for_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="There is no model"):
        OnnxAsr(tmp_path / "nowhere", model_type="nemo-parakeet-tdt-0.6b-v3")


def test_silence_has_no_words(engine: OnnxAsr) -> None:
    assert engine.recognize([np.zeros(SAMPLE_RATE, np.float32)], language="xx") == [()]
