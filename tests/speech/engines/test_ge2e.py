from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper
from tests.speech.sounds import read_wav
from tests.speech.voices import HIGH, LOW, MIDDLE, band_weights, save, voice, write_legacy_torch

from khosq.errors import ModelMissing
from khosq.evaluation.der import diarization_errors, read_rttm
from khosq.media.waveform import PcmFile
from khosq.speech.engines.ge2e import MODEL_FILE, Ge2eDiarizer, prepare
from khosq.speech.engines.silero import Silero
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

TURNS = [(HIGH, 4.0), (LOW, 3.0), (HIGH, 1.5), (LOW, 6.0), (HIGH, 5.0)]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder that hears bands, installed as the real one is: from a torch file."""
    folder = tmp_path_factory.mktemp("encoder")
    prepare(write_legacy_torch(folder / "bands.pt", band_weights()), folder / "installed")
    return folder / "installed"


@pytest.fixture(scope="module")
def diarizer(model_dir: Path) -> Ge2eDiarizer:
    return Ge2eDiarizer(model_dir)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> PcmFile:
    sounds = [voice(band, seconds, seed=seed) for seed, (band, seconds) in enumerate(TURNS)]
    return save(tmp_path_factory.mktemp("call") / "call", *sounds)


def true_turns() -> list[Turn]:
    ends = np.cumsum([seconds for _, seconds in TURNS])
    return [
        Turn(Timespan(end - seconds, end), int(band is LOW)) for end, (band, seconds) in zip(ends, TURNS, strict=True)
    ]


def test_two_voices_in_one_region_are_told_apart(diarizer: Ge2eDiarizer, call: PcmFile) -> None:
    turns = diarizer.diarize(call, [Timespan(0, 19.5)], speakers=2)
    assert [turn.speaker for turn in turns] == [0, 1, 0, 1, 0]
    assert diarization_errors(true_turns(), turns, collar=0.25).rate < 0.03


def test_a_change_in_a_pause_lies_in_the_pause(diarizer: Ge2eDiarizer, call: PcmFile) -> None:
    regions = [Timespan(0, 3.987), Timespan(4.113, 6.95), Timespan(7.05, 19.5)]
    turns = diarizer.diarize(call, regions, speakers=2)
    assert [(turn.time.start, turn.time.end) for turn in turns[:2]] == [(0, 3.987), (4.113, 6.95)]
    assert [turn.speaker for turn in turns] == [0, 1, 0, 1, 0]


def test_three_voices_are_told_apart(diarizer: Ge2eDiarizer, tmp_path: Path) -> None:
    sound = save(tmp_path / "three", voice(LOW, 6), voice(HIGH, 6), voice(MIDDLE, 6), voice(LOW, 6, seed=1))
    turns = diarizer.diarize(sound, [Timespan(0, 24)], speakers=3)
    assert [turn.speaker for turn in turns] == [0, 1, 2, 0]


def test_the_same_call_gives_the_same_turns(diarizer: Ge2eDiarizer, model_dir: Path, call: PcmFile) -> None:
    regions = [Timespan(0.3, 9.1), Timespan(9.4, 19.2)]
    assert diarizer.diarize(call, regions, speakers=2) == Ge2eDiarizer(model_dir).diarize(call, regions, speakers=2)


def test_as_many_voices_as_there_seem_to_be_are_told_apart_where_nobody_gave_a_number(
    diarizer: Ge2eDiarizer, call: PcmFile, tmp_path: Path
) -> None:
    three = save(tmp_path / "three", *(voice(band, 8, seed=seed) for seed, band in enumerate([LOW, HIGH, MIDDLE, LOW])))
    one = save(tmp_path / "one", voice(LOW, 30))
    assert [turn.speaker for turn in diarizer.diarize(call, [Timespan(0, 19.5)], speakers=None)] == [0, 1, 0, 1, 0]
    assert [turn.speaker for turn in diarizer.diarize(three, [Timespan(0, 32)], speakers=None)] == [0, 1, 2, 0]
    assert diarizer.diarize(one, [Timespan(0, 30)], speakers=None) == [Turn(Timespan(0, 30), 0)]


def test_more_voices_than_there_can_be_are_not_made_up(diarizer: Ge2eDiarizer, tmp_path: Path) -> None:
    sound = save(tmp_path / "two", voice(LOW, 5), voice(HIGH, 5))
    turns = diarizer.diarize(sound, [Timespan(0, 10)], speakers=10)
    assert 2 <= len({turn.speaker for turn in turns}) <= 3


def test_one_speaker_says_everything(diarizer: Ge2eDiarizer, call: PcmFile) -> None:
    regions = [Timespan(0, 5), Timespan(6, 9)]
    assert diarizer.diarize(call, regions, speakers=1) == [Turn(region, 0) for region in regions]


@pytest.mark.parametrize("speakers", [2, 7, 10])
def test_one_voice_is_not_split_in_two(diarizer: Ge2eDiarizer, tmp_path: Path, speakers: int) -> None:
    sound = save(tmp_path / "one", voice(LOW, 30))
    assert diarizer.diarize(sound, [Timespan(0, 30)], speakers=speakers) == [Turn(Timespan(0, 30), 0)]


@pytest.mark.parametrize("regions", [[(0, 0.01)], [(0, 0)], [(1, 1.4)], [(0, 0.9), (1, 2.5)], [(0, 3)]])
def test_too_little_speech_is_one_voice(
    diarizer: Ge2eDiarizer, call: PcmFile, regions: list[tuple[float, float]]
) -> None:
    spans = [Timespan(*region) for region in regions]
    turns = diarizer.diarize(call, spans, speakers=7)
    assert [turn.time for turn in turns] == spans
    assert {turn.speaker for turn in turns} == {0}


def test_no_speech_gives_no_turns(diarizer: Ge2eDiarizer, call: PcmFile) -> None:
    assert diarizer.diarize(call, [], speakers=2) == []


@pytest.mark.parametrize("level", [0.0, 1e-5, 20.0])
def test_silence_and_clipping_taken_for_speech_do_no_harm(diarizer: Ge2eDiarizer, tmp_path: Path, level: float) -> None:
    sound = save(tmp_path / "odd", voice(LOW, 10) * level)
    assert diarizer.diarize(sound, [Timespan(0, 10)], speakers=2) == [Turn(Timespan(0, 10), 0)]


@pytest.mark.parametrize("speakers", [0, 11])
def test_only_one_to_ten_speakers_can_be_asked_for(diarizer: Ge2eDiarizer, call: PcmFile, speakers: int) -> None:
    with pytest.raises(ValueError, match="1 to 10 speakers"):
        diarizer.diarize(call, [Timespan(0, 1)], speakers=speakers)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 19_500), min_size=2, max_size=24, unique=True).map(sorted), st.integers(2, 4))
def test_turns_cover_the_regions_exactly(diarizer: Ge2eDiarizer, call: PcmFile, cuts: list[int], speakers: int) -> None:
    regions = [Timespan(a / 1_000, b / 1_000) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    turns = diarizer.diarize(call, regions, speakers=speakers)
    for region in regions:
        inside = [turn for turn in turns if region.start <= turn.time.start < region.end]
        edges = [(turn.time.start, turn.time.end) for turn in inside]
        assert (edges[0][0], edges[-1][1]) == (region.start, region.end)
        assert all(one[1] == other[0] for one, other in pairwise(edges))
        assert all(one.speaker != other.speaker for one, other in pairwise(inside))
    assert sum(turn.time.duration for turn in turns) == pytest.approx(sum(region.duration for region in regions))
    firsts = list(dict.fromkeys(turn.speaker for turn in turns))
    assert firsts == list(range(len(firsts)))


def test_a_missing_or_damaged_encoder_is_said_to_be(model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"speaker_encoder\.onnx is missing"):
        Ge2eDiarizer(tmp_path)
    whole = (model_dir / MODEL_FILE).read_bytes()
    for content in (b"", b"<html>", whole[:200], whole[: len(whole) // 2]):
        (tmp_path / MODEL_FILE).write_bytes(content)
        with pytest.raises(ModelMissing, match="damaged"):
            Ge2eDiarizer(tmp_path)


def test_another_model_under_its_name_is_refused(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "other",
        [value],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / MODEL_FILE
    )
    with pytest.raises(ModelMissing, match="another kind of model"):
        Ge2eDiarizer(tmp_path)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    weights = band_weights()
    del weights["linear.bias"]
    with pytest.raises(ModelMissing, match="does not hold a GE2E speaker encoder"):
        prepare(write_legacy_torch(tmp_path / "other.pt", weights), tmp_path)
    (tmp_path / "page.pt").write_bytes(b"<html>")
    with pytest.raises(ModelMissing, match="does not hold a GE2E speaker encoder"):
        prepare(tmp_path / "page.pt", tmp_path)
    assert not (tmp_path / MODEL_FILE).exists()


def test_a_real_phone_call_is_told_apart(parts: Path, shared_audio: Path, tmp_path: Path) -> None:
    sound = save(tmp_path / "call", read_wav(shared_audio / "en/pyannote_sample.wav"))
    (reference,) = read_rttm(shared_audio / "en/pyannote_sample.rttm").values()
    regions = Silero(parts / "silero-vad").detect(sound.blocks(10))
    turns = Ge2eDiarizer(parts / "ge2e").diarize(sound, regions, speakers=2)
    errors = diarization_errors(reference, turns, collar=0.25)
    assert {turn.speaker for turn in turns} == {0, 1}
    assert errors.rate < 0.03
    assert Ge2eDiarizer(parts / "ge2e").diarize(sound, regions, speakers=None) == turns
