"""Calls made of lines."""

from __future__ import annotations

from collections.abc import Sequence

from khosq.analysis.feature import Call
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def call(*turns: str, language: str = "en", agent: int | None = 0, voices: Sequence[int | None] = (0, 1)) -> Call:
    """Return a call in which the voices take turns, three words a second."""
    now = 0.0
    utterances: list[Utterance] = []
    for number, turn in enumerate(turns):
        words = tuple(
            Word(text, Timespan(now + place / 3, now + (place + 1) / 3)) for place, text in enumerate(turn.split())
        )
        utterances.append(Utterance(turn, words, voices[number % len(voices)]))
        now += len(words) / 3 + 0.5
    return Call(Transcript(language, now, tuple(one for one in utterances if one.words)), agent=agent)
