"""Calls to analyse."""

from __future__ import annotations

from khosq.analysis.feature import Call
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Said = tuple[int | None, str]

LOAN: tuple[Said, ...] = (
    (0, "Good morning, this is Ann from the bank, how can I help you?"),
    (1, "Hello, my card was charged twice for the same order and I am very angry."),
    (0, "I am sorry to hear that, I will send the money back by Friday."),
    (1, "Thank you, that would be wonderful."),
)


def call(*said: Said, language: str = "en", agent: int | None = 0) -> Call:
    """Return a call in which a word takes half a second."""
    utterances, at = [], 0.0
    for voice, text in said:
        words = []
        for word in text.split():
            words.append(Word(word, Timespan(at, at + 0.5)))
            at += 0.5
        utterances.append(Utterance(text, tuple(words), voice))
    return Call(Transcript(language, at, tuple(utterances)), agent=agent)
