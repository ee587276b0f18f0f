from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.speech.engines.graphs import write_tokens
from tests.speech.engines.onnx_asr_models import FAMILIES, canary, nemo_ctc, whisper
from tests.speech.sounds import quiet, spoken

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.transcript.timespan import Timespan


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


UNTIMED = ["canary", "whisper", "whisper_ort"]


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in UNTIMED])
def test_every_family_hears_words_when_they_are_said(tmp_path: Path, family: str) -> None:
    engine = OnnxAsr(tmp_path, model_type=FAMILIES[family](tmp_path))
    (words, more) = engine.recognize([spoken("▁low", "er", "▁high", "▁low"), spoken("▁high")], language="xx")
    assert [word.text for word in words] == ["lower", "high", "low"]
    assert [word.time.start for word in words] == pytest.approx([0.4, 1.6, 2.4], abs=0.1)
    assert all(word.confidence and word.confidence > 0.5 for word in words)
    assert [word.text for word in more] == ["high"]


@pytest.mark.parametrize("write", [canary, whisper])
def test_whisper_and_canary_hear_words_without_times_and_say_so(tmp_path: Path, write: Callable[[Path], str]) -> None:
    engine = OnnxAsr(tmp_path, model_type=write(tmp_path))
    low, high = engine.recognize([spoken("▁low"), spoken("▁high")], language="hy-AM")
    assert [(word.text, word.time, word.confidence) for word in low] == [("low", Timespan(0, 1.2), None)]
    assert [word.text for word in high] == ["high"]
    assert not engine.traits.gives_word_times
    assert not engine.traits.gives_confidence


@pytest.mark.parametrize("write", [canary, whisper])
def test_a_language_that_a_model_was_not_trained_for_is_refused(tmp_path: Path, write: Callable[[Path], str]) -> None:
    engine = OnnxAsr(tmp_path, model_type=write(tmp_path))
    with pytest.raises(ModelMissing, match=r"does not know Telugu \(te-IN\)"):
        engine.recognize([spoken("▁low")], language="te-IN")


def test_a_model_whose_vocabulary_has_marks_punctuates(tmp_path: Path) -> None:
    model_type = nemo_ctc(tmp_path)
    assert not OnnxAsr(tmp_path, model_type=model_type).traits.punctuates
    (tmp_path / "vocab.txt").write_text("<unk> 0\n▁low 1\n. 2\ner 3\n<blk> 4\n", encoding="utf-8")
    assert OnnxAsr(tmp_path, model_type=model_type).traits.punctuates


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


@pytest.mark.parametrize("tokens", [2, 40])
@pytest.mark.parametrize("family", ["nemo_ctc", "nemo_rnnt", "nemo_tdt", "zipformer", "gigaam_ctc", "gigaam_rnnt"])
def test_the_vocabulary_of_another_model_is_refused(tmp_path: Path, family: str, tokens: int) -> None:
    if family == "nemo_tdt":
        tokens *= 10  # of fewer tokens than the network's ten scores, the rest might be durations
    model_type = FAMILIES[family](tmp_path)
    (found,) = [*tmp_path.rglob("*vocab.txt"), *tmp_path.rglob("tokens.txt")]
    write_tokens(found, [*(f"t{number}" for number in range(tokens - 1)), "<blk>"])
    with pytest.raises(EngineFailed, match="its vocabulary"):
        OnnxAsr(tmp_path, model_type=model_type)


def test_a_network_with_other_tensor_names_is_refused(tmp_path: Path) -> None:
    model_type = nemo_ctc(tmp_path)
    model = onnx.load(tmp_path / "model.onnx")
    model.graph.output[0].name = model.graph.node[-1].output[0] = "scores_of_tokens"
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(EngineFailed, match="logprobs"):
        OnnxAsr(tmp_path, model_type=model_type)


def test_an_unknown_model_type_is_an_engine_failure(hears_tones: Path) -> None:
    with pytest.raises(EngineFailed):
        OnnxAsr(hears_tones, model_type="no-such-type")


def test_no_hub_is_asked_for_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="There is no model"):
        OnnxAsr(tmp_path / "nowhere", model_type="nemo-parakeet-tdt-0.6b-v3")


def test_silence_has_no_words(engine: OnnxAsr) -> None:
    assert engine.recognize([np.zeros(SAMPLE_RATE, np.float32)], language="xx") == [()]
