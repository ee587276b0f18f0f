from __future__ import annotations

from khosq.transcript.conversation import SpokenTurn, spoken_turns
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def said(text: str, speaker: int | None, start: float) -> Utterance:
    return Utterance(text, (Word(text, Timespan(start, start + 1)),), speaker)


def test_a_turn_lasts_until_another_voice_takes_over() -> None:
    transcript = Transcript("en", 9.0, (said("a", 3, 0), said("b", 3, 2), said("c", 0, 4), said("d", 3, 6)))
    assert spoken_turns(transcript) == [
        SpokenTurn(1, Timespan(0, 3), "a b"),
        SpokenTurn(2, Timespan(4, 5), "c"),
        SpokenTurn(1, Timespan(6, 7), "d"),
    ]


def test_silence_has_no_turns() -> None:
    assert spoken_turns(Transcript("en", 9.0, ())) == []
