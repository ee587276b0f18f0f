from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.speech.sounds import quiet, read_wav, spoken, tone

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import PcmFile, Samples
from khosq.speech import hearing
from khosq.speech.long_audio import pieces, plan_chunks
from khosq.speech.resolution import ModelChoice
from khosq.speech.weights import describe_folder
from khosq.transcript.timespan import Timespan


@pytest.fixture
def choice(hears_tones: Path) -> ModelChoice:
    settings = (("model_type", "nemo-conformer-ctc"),)
    return ModelChoice("tones", "onnx-asr", hears_tones, "production", "xx-XX", 20.0, settings)


def test_words_are_timed_from_the_start_of_the_recording(
    choice: ModelChoice, pcm: Callable[[Samples], PcmFile]
) -> None:
    sound = pcm(np.concatenate([quiet(10), spoken("▁low", "er"), quiet(5), spoken("▁high", "▁low")]))
    chunks = [Timespan(10, 11.6), Timespan(16.6, 18.6)]
    words = [word for chunk in hearing.recognize_piece(choice, sound, chunks).words for word in chunk]
    assert [word.text for word in words] == ["lower", "high", "low"]
    assert [word.time.start for word in words] == pytest.approx([10.4, 17.0, 17.8], abs=0.1)


def test_chunks_of_all_lengths_come_back_in_order(choice: ModelChoice, pcm: Callable[[Samples], PcmFile]) -> None:
    sentences = [("▁low",), ("▁high", "▁low", "▁high"), ("▁low", "er"), ("▁high",), ("▁low", "▁low"), ("▁high", "▁low")]
    sounds = [spoken(*tokens) for tokens in sentences]
    edges = np.cumsum([0, *map(len, sounds)]) / 16_000
    chunks = [Timespan(start, end) for start, end in itertools.pairwise(edges)]
    heard = hearing.recognize_piece(choice, pcm(np.concatenate(sounds)), chunks).words
    words = [word for chunk in heard for word in chunk]
    expected = "low high low high lower high low low high low"
    assert " ".join(word.text for word in words) == expected
    assert [word.time.start for word in words] == sorted(word.time.start for word in words)


def test_chunks_beyond_the_end_and_of_nothing_have_no_words(
    choice: ModelChoice, pcm: Callable[[Samples], PcmFile]
) -> None:
    sound = pcm(spoken("▁low"))
    assert hearing.recognize_piece(choice, sound, []).words == ()
    assert hearing.recognize_piece(choice, sound, [Timespan(0, 0), Timespan(5, 9)]).words == ((), ())


def test_a_choice_travels_to_another_process(choice: ModelChoice) -> None:
    assert pickle.loads(pickle.dumps(choice)) == choice  # noqa: S301 - our own bytes


def test_engines_are_loaded_once_per_process(choice: ModelChoice) -> None:
    first = hearing.load_recognizer(choice.engine, choice.model_dir, choice.settings)
    assert hearing.load_recognizer(choice.engine, choice.model_dir, choice.settings) is first


def test_speech_is_found_on_every_channel(parts: Path, recording: Any, tmp_path: Path) -> None:
    sentence = read_wav(recording("en-young-man")[1])
    channels = []
    for number, sound in enumerate([np.concatenate([quiet(2), sentence]), quiet(5)]):
        path = tmp_path / f"{number}.pcm"
        path.write_bytes((sound * 32767).astype("<i2").tobytes())
        channels.append(PcmFile(path))
    spoken_on, silent_on = hearing.detect_speech(channels, parts)
    assert spoken_on
    assert spoken_on[0].start > 1.9
    assert silent_on == ()


def test_a_long_channel_is_heard_the_same_in_pieces(choice: ModelChoice, pcm: Callable[[Samples], PcmFile]) -> None:
    tokens = ["▁low", "▁high", "▁low", "▁low", "▁high", "▁high"] * 8
    sound = pcm(spoken(*tokens))
    whole = [Timespan(0.3, sound.duration)]
    chunks = plan_chunks(whole, longest=6.0, quiet_spot=_between_tones)
    answers = [hearing.recognize_piece(choice, sound, piece) for piece in pieces(chunks, seconds=12)]
    heard = [word for answer in answers for words in answer.words for word in words]
    assert [word.text for word in heard] == [token.strip("▁") for token in tokens]


def _between_tones(within: Timespan) -> float:
    """Return the last moment in reach that is in the middle of a pause: pauses are at 0-0.4, 0.8-1.2, …"""
    return (within.end - 0.2) // 0.8 * 0.8 + 0.2


def test_without_its_parts_a_server_says_what_to_run(pcm: Callable[[Samples], PcmFile], tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="khosq models pull silero-vad"):
        hearing.detect_speech([pcm(tone(300, 1))], tmp_path)


def test_a_folder_is_tried_out_before_it_is_taken(hears_tones: Path, tmp_path: Path) -> None:
    entry = describe_folder(hears_tones, name="tones", languages=("xx",), licence="MIT")
    hearing.try_out(entry, hears_tones)
    with pytest.raises(EngineFailed):
        hearing.try_out(entry, tmp_path)
