"""Looking a question's phrases up in a call: whose words, in which part, how alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import Phrases, Question, Within
from khosq.transcript.parties import voices
from khosq.transcript.quotes import Quote, Quotes, verify_quote
from khosq.transcript.timespan import Timespan

_EVER = 1e9  # seconds; no call is as long
_MOST_NAMED = 3
_WHO = {"agent": "the agent", "customer": "the customer", "any": "anybody"}


@dataclass(frozen=True, slots=True)
class Match:
    """How far a question's phrases were said as they should be."""

    share: float
    """1: all is as it should be."""
    reason: str
    evidence: Quote | None


class Listener:
    """Knows who said what in one call; make it once and ask often."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._quotes = Quotes(call.transcript)
        self._voices = voices(call.transcript)
        self._is_silent = self._quotes.opening() is None

    def why_not(self, question: Question) -> str | None:
        """Return why a question about words does not apply to this call; None: it does."""
        if question.speaker != "any" and self._call.agent is None:
            return f"It is not known who is {_WHO[question.speaker]} in this call."
        if self._is_silent:
            return "Nothing is said in this call."
        return None

    def verify(self, question: Question, text: str) -> Quote | None:
        """Return the words that somebody quotes for an answer, if the right voice said them in the right part."""
        found = (
            verify_quote(self._quotes, text, voices=self._speakers(question), within=part)
            for part in self._parts(question.within)
        )
        return max((quote for quote in found if quote), key=lambda quote: quote.likeness, default=None)

    def match(self, question: Question, phrases: Phrases) -> Match:
        """Return how far the phrases of a question were said as they should be."""
        for phrase in phrases.none:
            if quote := self._find(question, phrase):
                return Match(0.0, f"{_says(question)} “{phrase}”, which must not be said{_where(question)}.", quote)
        said = {phrase: self._find(question, phrase) for phrase in phrases.all}
        missing = [phrase for phrase, quote in said.items() if quote is None]
        if phrases.any:
            found = ((phrase, self._find(question, phrase)) for phrase in phrases.any)
            one = next((phrase_and_quote for phrase_and_quote in found if phrase_and_quote[1]), None)
            if one is None:
                return Match(0.0, _not_said(question, phrases.any), self._opening(question))
            said = dict([one]) | said
        if missing:
            share = 1 - len(missing) / len(phrases.all)
            return Match(share, _not_said(question, missing), self._opening(question))
        if said:
            reason = f"{_says(question)} {_quoted(list(said))}{_where(question)}."
            return Match(1.0, reason, next(iter(said.values())))
        return Match(1.0, _not_said(question, phrases.none), self._opening(question))

    def _find(self, question: Question, phrase: str) -> Quote | None:
        speakers = self._speakers(question)
        for part in self._parts(question.within):
            if found := self._quotes.find(phrase, voices=speakers, within=part, likeness=question.fuzzy):
                return found
        return None

    def _opening(self, question: Question) -> Quote | None:
        speakers = self._speakers(question)
        openings = (self._quotes.opening(voices=speakers, within=part) for part in self._parts(question.within))
        return next((quote for quote in openings if quote), None)

    def _speakers(self, question: Question) -> Collection[int | None] | None:
        if question.speaker == "any":
            return None
        if question.speaker == "agent":
            return {self._call.agent}
        return {voice for voice in self._voices if voice != self._call.agent}

    def _parts(self, within: Within | None) -> Sequence[Timespan | None]:
        if within is None:
            return [None]
        parts: list[Timespan | None] = []
        if within.first_seconds is not None:
            parts.append(Timespan(0, within.first_seconds))
        if within.last_seconds is not None:
            parts.append(Timespan(max(0.0, self._call.transcript.duration - within.last_seconds), _EVER))
        return parts


def _says(question: Question) -> str:
    return "Somebody says" if question.speaker == "any" else f"{_WHO[question.speaker].capitalize()} says"


def _not_said(question: Question, phrases: Sequence[str]) -> str:
    return f"Not said by {_WHO[question.speaker]}{_where(question)}: {_quoted(phrases)}."


def _quoted(phrases: Sequence[str]) -> str:
    more = f" and {len(phrases) - _MOST_NAMED} more" if len(phrases) > _MOST_NAMED else ""
    return ", ".join(f"“{phrase}”" for phrase in phrases[:_MOST_NAMED]) + more


def _where(question: Question) -> str:
    within = question.within
    if within is None:
        return ""
    parts = [("first", within.first_seconds), ("last", within.last_seconds)]
    named = [f"{name} {seconds:g}" for name, seconds in parts if seconds is not None]
    return f" in the {' or '.join(named)} seconds"
