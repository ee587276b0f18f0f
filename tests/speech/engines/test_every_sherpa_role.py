from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from structlog.testing import capture_logs
from tests.speech.engines import sherpa_models
from tests.speech.engines.graphs import write_tokens
from tests.speech.engines.sherpa_models import COMMA
from tests.speech.sounds import TONES, quiet, spoken, tone, write_pcm

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import PcmFile
from khosq.speech.engines.sherpa_onnx.diarizer import SherpaDiarizer, cover
from khosq.speech.engines.sherpa_onnx.language import SherpaLanguageIdentifier
from khosq.speech.engines.sherpa_onnx.punctuator import SherpaPunctuator, marked
from khosq.speech.engines.sherpa_onnx.recognizer import SherpaRecognizer
from khosq.speech.hearing import recognize_piece
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.speech.spoken_language import LanguageGuess
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

LOW, MIDDLE, HIGH = (TONES[name] for name in ("▁low", "er", "▁high"))
REGIONS = [Timespan(0, 4), Timespan(5, 8), Timespan(8.7, 14.7)]

ROLES: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any]]] = {
    "omnilingual": (sherpa_models.omnilingual, lambda folder: SherpaRecognizer(folder, family="omnilingual")),
    "sense-voice": (sherpa_models.sense_voice, lambda folder: SherpaRecognizer(folder, family="sense-voice")),
    "diarization": (sherpa_models.diarization, SherpaDiarizer),
    "punctuation": (sherpa_models.punctuation, SherpaPunctuator),
    "language": (sherpa_models.language, SherpaLanguageIdentifier),
}


@pytest.fixture(scope="module")
def omnilingual(tmp_path_factory: pytest.TempPathFactory) -> SherpaRecognizer:
    return SherpaRecognizer(sherpa_models.omnilingual(tmp_path_factory.mktemp("omnilingual")), family="omnilingual")


@pytest.fixture(scope="module")
def diarizer(tmp_path_factory: pytest.TempPathFactory) -> SherpaDiarizer:
    return SherpaDiarizer(sherpa_models.diarization(tmp_path_factory.mktemp("diarization")))


@pytest.fixture
def call(tmp_path: Path) -> PcmFile:
    sounds = [tone(LOW, 4), quiet(1), tone(HIGH, 3), quiet(0.7), tone(LOW, 6)]
    return write_pcm(tmp_path / "call.pcm", np.concatenate(sounds))


def test_omnilingual_spells_words_and_times_them(omnilingual: SherpaRecognizer) -> None:
    (words,) = omnilingual.recognize([spoken("▁low", "er", "▁high", "▁low")], language="hy-AM")
    assert [word.text for word in words] == ["l", "hl"]
    assert [word.time.start for word in words] == pytest.approx([0.4, 1.6], abs=0.05)
    assert all(word.confidence is None for word in words)


def test_a_library_without_its_gpu_goes_on_and_that_is_said(tmp_path: Path) -> None:
    sherpa_models.omnilingual(tmp_path)
    with capture_logs() as logs:
        engine = SherpaRecognizer(tmp_path, family="omnilingual", device="cuda:0")
    assert engine.recognize([spoken("▁low", "er", "▁high", "▁low")], language="hy") != [()]
    assert [line["action"] for line in logs] == ["device_lost"]


def test_sense_voice_drops_what_it_begins_with_and_is_told_the_language(tmp_path: Path) -> None:
    engine = SherpaRecognizer(sherpa_models.sense_voice(tmp_path), family="sense-voice")
    for language in ("en-US", "ja", "en"):
        words, more = engine.recognize([spoken("▁low", "er", "▁high"), spoken("▁high")], language=language)
        assert [word.text for word in words] == ["lower", "high"]
        assert [word.time.start for word in words] == pytest.approx([0.4, 1.6], abs=0.1)
        assert [word.text for word in more] == ["high"]
    with pytest.raises(ModelMissing, match="does not know Armenian"):
        engine.recognize([spoken("▁low")], language="hy")


def test_two_voices_are_told_apart(diarizer: SherpaDiarizer, call: PcmFile) -> None:
    turns = diarizer.diarize(call, REGIONS, speakers=2)
    assert turns == [Turn(region, speaker) for region, speaker in zip(REGIONS, (0, 1, 0), strict=True)]


def test_a_change_inside_a_region_is_found(diarizer: SherpaDiarizer, tmp_path: Path) -> None:
    sound = write_pcm(tmp_path / "joined.pcm", np.concatenate([tone(HIGH, 5), tone(LOW, 5)]))
    first, second = diarizer.diarize(sound, [Timespan(0, 10)], speakers=2)
    assert (first.speaker, second.speaker) == (0, 1)
    assert first.time.end == second.time.start == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("speakers", [1, 2, 7, 10])
@pytest.mark.parametrize("seconds", [0.05, 0.4, 0.6, 3.0])
def test_any_number_of_voices_may_be_asked_of_any_sound(
    diarizer: SherpaDiarizer, tmp_path: Path, speakers: int, seconds: float
) -> None:
    sound = write_pcm(tmp_path / "short.pcm", tone(LOW, seconds))
    turns = diarizer.diarize(sound, [Timespan(0, seconds)], speakers=speakers)
    assert [turn.speaker for turn in turns] == [0]
    assert diarizer.diarize(sound, [], speakers=speakers) == []


def test_silence_with_regions_is_said_by_one_voice(diarizer: SherpaDiarizer, tmp_path: Path) -> None:
    sound = write_pcm(tmp_path / "silent.pcm", np.zeros(80_000, np.float32))
    assert diarizer.diarize(sound, [Timespan(1, 2)], speakers=2) == [Turn(Timespan(1, 2), 0)]


def test_turns_cover_regions_also_where_segments_lie_in_one_another_or_are_missing() -> None:
    segments = [(1.0, 9.0, 4), (3.0, 4.0, 2), (8.0, 12.0, 4), (13.0, 14.0, 2)]
    turns = cover([Timespan(0, 0.5), Timespan(2, 13), Timespan(20, 21)], segments)
    assert [(turn.time.start, turn.time.end, turn.speaker) for turn in turns] == [
        (0.0, 0.5, 0),
        (2.0, 12.5, 0),
        (12.5, 13.0, 1),
        (20.0, 21.0, 1),
    ]


def test_marks_are_set_behind_words(tmp_path: Path) -> None:
    punctuator = SherpaPunctuator(sherpa_models.punctuation(tmp_path))
    words = ["hello", "world", "are", "you", "fine"]
    assert punctuator.punctuate(words, language="en") == ["hello", "world,", "are", "you?", "fine."]
    assert punctuator.punctuate(words, language="zh")[1] == f"world{COMMA}"
    assert punctuator.punctuate([], language="en") == []
    with pytest.raises(ModelMissing, match="does not know Armenian"):
        punctuator.punctuate(["բարև"], language="hy")


def test_words_that_the_marked_text_spells_otherwise_are_kept() -> None:
    assert marked(["so", "it", "is"], "So, it's.") == ["so,", "it", "is's."]
    assert marked(["a", "b"], "") == ["a", "b"]


@pytest.mark.parametrize(("hertz", "language"), [(LOW, "en-IN"), (HIGH, "hy"), (MIDDLE, "hi")])
def test_a_language_is_named(tmp_path: Path, hertz: float, language: str) -> None:
    identifier = SherpaLanguageIdentifier(sherpa_models.language(tmp_path))
    assert identifier.identify(tone(hertz, 40), among=["en-IN", "hy", "hi"]) == [LanguageGuess(language, None)]
    assert identifier.identify(tone(hertz, 3), among=["nl"]) == []
    assert identifier.identify(tone(hertz, 0.05), among=[language]) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_damaged_network_ends_no_process_but_the_librarys_own(tmp_path: Path, role: str) -> None:
    write, load = ROLES[role]
    for name in [path.name for path in write(tmp_path).glob("*.onnx")]:
        whole = (tmp_path / name).read_bytes()
        for damaged in (whole[: len(whole) // 2], b"<html>"):
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(EngineFailed, match=rf"cannot be loaded: .*{name}"):
                load(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(EngineFailed, match=r"cannot be loaded: it has no .*\.onnx"):
            load(tmp_path)
        (tmp_path / name).write_bytes(whole)


@pytest.mark.parametrize(
    ("role", "name", "missed"),
    [
        ("sense-voice", "model.onnx", "vocab_size"),
        ("diarization", "segmentation.onnx", "sample_rate"),
        ("punctuation", "model.onnx", "tokens"),
    ],
)
def test_a_network_without_its_metadata_is_refused(tmp_path: Path, role: str, name: str, missed: str) -> None:
    write, load = ROLES[role]
    model = onnx.load(write(tmp_path) / name)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / name)
    with pytest.raises(EngineFailed, match=f"cannot be loaded: '{missed}' does not exist in the metadata"):
        load(tmp_path)


@pytest.mark.parametrize("role", ["omnilingual", "sense-voice"])
@pytest.mark.parametrize("tokens", [2, 40])
def test_the_tokens_of_another_model_are_refused(tmp_path: Path, role: str, tokens: int) -> None:
    write, load = ROLES[role]
    write_tokens(write(tmp_path) / "tokens.txt", ["<blank>", *(f"t{number}" for number in range(tokens - 1))])
    with pytest.raises(EngineFailed, match=rf"tokens\.txt has {tokens} tokens and the network \d+"):
        load(tmp_path)


def test_what_the_library_answers_with_nothing_is_a_failure_and_not_silence(tmp_path: Path) -> None:
    model = onnx.load(sherpa_models.omnilingual(tmp_path) / "model.onnx")
    weights = next(one for one in model.graph.initializer if one.name == "by_tone")
    weights.CopyFrom(onnx.numpy_helper.from_array(np.zeros((9, 4), np.float32), "by_tone"))
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(EngineFailed, match="MatMul"):
        SherpaRecognizer(tmp_path, family="omnilingual").recognize([spoken("▁low")], language="hy")


def test_after_its_process_died_the_engine_fails_once_and_works_again(tmp_path: Path) -> None:
    others = _children()
    engine = SherpaRecognizer(sherpa_models.omnilingual(tmp_path), family="omnilingual")
    before = engine.recognize([spoken("▁low")], language="hy")
    (child,) = _children() - others
    os.kill(child, signal.SIGKILL)
    with pytest.raises(EngineFailed, match="sherpa-onnx stopped: its process ended with status -9"):
        engine.recognize([spoken("▁low")], language="hy")
    assert engine.recognize([spoken("▁low")], language="hy") == before


def test_a_process_ends_with_the_engine_that_needed_it(tmp_path: Path) -> None:
    before = _children()
    engine = SherpaRecognizer(sherpa_models.omnilingual(tmp_path), family="omnilingual")
    assert len(_children()) == len(before) + 1
    del engine
    assert _children() == before


def test_a_model_process_hears_through_it_and_takes_it_along_when_it_ends(tmp_path: Path) -> None:
    sherpa_models.omnilingual(tmp_path)
    settings = (("family", "omnilingual"),)
    choice = ModelChoice("tones", "sherpa-onnx", tmp_path, "production", "hy-AM", 20.0, settings)
    sound = write_pcm(tmp_path / "sound.pcm", spoken("▁low", "er", "▁high"))

    async def hear() -> tuple[str, int]:
        pool = ModelProcesses(1, prepare=_nothing)
        try:
            answer = await pool.run(recognize_piece, choice, sound, [Timespan(0, 2.8)], within=200)
            (child,) = _children(of=await pool.run(os.getpid, within=200))
            return " ".join(word.text for word in answer.words[0]), child
        finally:
            pool.close()

    text, child = asyncio.run(hear())
    assert text == "l h"
    for _ in range(200):
        if not _runs(child):
            break
        time.sleep(0.1)
    assert not _runs(child)


def test_without_its_package_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sherpa_onnx.py").write_text("raise ModuleNotFoundError(name='sherpa_onnx')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelMissing, match=r"pip install 'khosq\[sherpa\]'"):
        SherpaPunctuator(sherpa_models.punctuation(tmp_path))


def _nothing() -> None:
    """Prepare nothing."""


def _children(of: int | None = None) -> set[int]:
    """Return the processes of the library that a process has started, or this one."""
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(of or os.getpid())]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return {int(line.split()[0]) for line in found if "sherpa_onnx.child" in line}


def _runs(pid: int) -> bool:
    """Tell whether a process is there and is no zombie, as where nobody reaps orphans."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")
