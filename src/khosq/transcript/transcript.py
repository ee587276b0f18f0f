"""The transcript of one recording, and its stored form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from khosq.transcript.coverage import Coverage
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker says without a long pause; ``text`` is the words joined, as it reads."""

    text: str
    words: tuple[Word, ...]
    speaker: int | None = None
    """Index of the voice, from 0 in order of first appearance; None where speakers were not told apart."""
    channel: int = 0

    @property
    def time(self) -> Timespan:
        """From the first word's start to the last word's end."""
        return Timespan(self.words[0].time.start, max(word.time.end for word in self.words))


@dataclass(frozen=True, slots=True)
class TermHits:
    """A term that was to be expected, and how often it was written down."""

    term: str
    hits: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """All utterances of one recording, in order of start time."""

    language: str
    """BCP 47 tag."""
    duration: Seconds
    utterances: tuple[Utterance, ...]
    warnings: tuple[str, ...] = ()
    """What a reader must know before trusting this text, one sentence each."""
    coverage: Coverage | None = None
    """How much of the speech has words; None in transcripts of older days."""
    hotwords: tuple[TermHits, ...] = ()
    """The terms that were to be expected."""
    languages: tuple[tuple[str, float], ...] = ()
    """Each language that was heard with its share, the likeliest first; empty where the caller named the language."""

    @property
    def text(self) -> str:
        """Everything said, as one text."""
        return " ".join(utterance.text for utterance in self.utterances)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "language": self.language,
            "duration": self.duration,
            "warnings": list(self.warnings),
            "utterances": [_utterance_to_json(utterance) for utterance in self.utterances],
            "coverage": None if self.coverage is None else self.coverage.to_json(),
            "hotwords": [[one.term, one.hits] for one in self.hotwords],
            "languages": [list(one) for one in self.languages],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Transcript:
        """Read the stored form."""
        return cls(
            language=stored["language"],
            duration=stored["duration"],
            warnings=tuple(stored["warnings"]),
            utterances=tuple(_utterance_from_json(one) for one in stored["utterances"]),
            coverage=Coverage.from_json(stored["coverage"]) if stored.get("coverage") else None,
            hotwords=tuple(TermHits(*one) for one in stored.get("hotwords", ())),
            languages=tuple((language, share) for language, share in stored.get("languages", ())),
        )


def _utterance_to_json(utterance: Utterance) -> dict[str, Any]:
    return {
        "text": utterance.text,
        "speaker": utterance.speaker,
        "channel": utterance.channel,
        "words": words_to_json(utterance.words),
    }


def _utterance_from_json(stored: dict[str, Any]) -> Utterance:
    return Utterance(
        text=stored["text"],
        speaker=stored["speaker"],
        channel=stored["channel"],
        words=words_from_json(stored["words"]),
    )


def words_to_json(words: Iterable[Word]) -> list[list[Any]]:
    """Return ``[text, start, end, confidence]`` for each word."""
    return [[word.text, word.time.start, word.time.end, word.confidence] for word in words]


def words_from_json(stored: Iterable[list[Any]]) -> tuple[Word, ...]:
    """Read what ``words_to_json`` wrote."""
    return tuple(Word(text, Timespan(start, end), confidence) for text, start, end, confidence in stored)
