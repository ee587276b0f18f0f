from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.speech.forgetful import COMPLAINTS, Forgetful, Fragile
from tests.speech.sounds import spoken, tone, write_pcm

from khosq.errors import EngineFailed, KhosqError
from khosq.media.waveform import PcmFile, Samples
from khosq.speech.decoding import Decoder, Part, Words
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.transcript.timespan import Timespan

SENTENCES = [("▁low",), ("▁high", "▁low", "▁high"), ("▁low", "er"), ("▁high",), ("▁low", "▁low"), ("▁high", "▁low")]
TEXT = "low high low high lower high low low high low"


@pytest.fixture
def part(pcm: Callable[[Samples], PcmFile]) -> Part:
    sounds = [spoken(*tokens) for tokens in SENTENCES]
    edges = np.cumsum([0, *map(len, sounds)]) / 16_000
    chunks = tuple(Timespan(start, end) for start, end in itertools.pairwise(edges))
    return Part(pcm(np.concatenate(sounds)), chunks)


def text(words: Words | KhosqError) -> str:
    assert not isinstance(words, KhosqError)
    return " ".join(word.text for chunk in words for word in chunk)


@pytest.mark.parametrize("wraps", [True, False])
@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_half_as_many_chunks_are_tried_when_memory_is_short(
    hears_tones: Path, part: Part, complaint: str, *, wraps: bool
) -> None:
    engine = Forgetful(hears_tones, room=1, complaint=complaint, wraps=wraps)
    decoder = Decoder(engine)
    (words,) = decoder.hear([part], language="xx")
    assert text(words) == TEXT
    assert engine.given == [4, 2, 1, 1, 1, 1, 1, 1]


def test_what_fitted_is_remembered(hears_tones: Path, part: Part) -> None:
    engine = Forgetful(hears_tones, room=2)
    decoder = Decoder(engine)
    decoder.hear([part], language="xx")
    engine.given.clear()
    decoder.hear([part], language="xx")
    assert engine.given == [2, 2, 2]
    assert decoder.batch == 2


def test_a_single_chunk_for_which_memory_is_short_fails_with_a_sentence(hears_tones: Path, part: Part) -> None:
    (failure,) = Decoder(Forgetful(hears_tones, room=0)).hear([part], language="xx")
    assert isinstance(failure, EngineFailed)
    assert "more memory than is free" in failure.message


def test_an_error_of_another_kind_is_not_tried_again(hears_tones: Path, part: Part, tmp_path: Path) -> None:
    sound = write_pcm(tmp_path / "loud.pcm", tone(400, 1) * 2.8)
    diary = tmp_path / "diary"
    (failure,) = Decoder(Fragile(hears_tones, diary=str(diary))).hear([Part(sound, (Timespan(0, 1),))], language="xx")
    assert isinstance(failure, EngineFailed)
    assert "does not like this sound" in failure.message
    assert diary.read_text() == "1.0\n"


def test_alike_lengths_of_all_recordings_go_together_and_come_back_in_order(
    hears_tones: Path, part: Part, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    decoder = Decoder(Fragile(hears_tones, diary=str(diary)))
    twice = decoder.hear([part, Part(part.sound, part.chunks[::-1])], language="xx")
    assert [text(words) for words in twice] == [TEXT, " ".join(reversed_text())]
    lengths = [list(map(float, line.split())) for line in diary.read_text().splitlines()]
    assert list(map(len, lengths)) == [4, 4, 4]
    assert [length for batch in lengths for length in batch] == sorted(length for batch in lengths for length in batch)


def reversed_text() -> list[str]:
    return [word for tokens in reversed(SENTENCES) for word in "".join(tokens).replace("▁", " ").split()]


def test_one_broken_part_leaves_the_others_theirs(hears_tones: Path, part: Part, tmp_path: Path) -> None:
    loud = Part(write_pcm(tmp_path / "loud.pcm", tone(400, 1) * 2.8), (Timespan(0, 1),))
    gone = Part(PcmFile(tmp_path / "gone.pcm"), (Timespan(0, 1),))
    decoder = Decoder(Fragile(hears_tones, diary=str(tmp_path / "diary")))
    before, broken, missing, after = decoder.hear([part, loud, gone, part], language="xx")
    assert text(before) == text(after) == TEXT
    assert isinstance(broken, EngineFailed)
    assert isinstance(missing, EngineFailed)
    assert "is gone" in missing.message


def test_nothing_is_heard_in_no_chunks(hears_tones: Path, part: Part) -> None:
    decoder = Decoder(OnnxAsr(hears_tones, model_type="nemo-conformer-ctc"))
    assert decoder.hear([Part(part.sound, ())], language="xx") == [()]
