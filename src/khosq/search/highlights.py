"""Where in a transcript stands what was looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from khosq.search.query import SearchQuery, Term
from khosq.search.speech import Party, Spoken, by_voice, spoken
from khosq.transcript.parties import agent_of
from khosq.transcript.sentences import read_words, time_of
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript

LONGEST_SNIPPET = 30
"""Words."""
_BEFORE = 8  # words that lead up to the first match of a longer utterance


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a snippet, all of them looked for, or none."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Snippet:
    """A stretch of one utterance in which something was found."""

    utterance: int
    """Place of the utterance in the transcript, from 0."""
    speaker: int | None
    time: Timespan
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """What is said."""
        return " ".join(part.text for part in self.parts)


def highlights(
    transcript: Transcript,
    query: SearchQuery,
    *,
    party: Party | None = None,
    agent_channel: int | None = None,
    most: int = 3,
) -> list[Snippet]:
    """Return the utterances that have most of what was looked for, at most so many, in the transcript's order."""
    agent = agent_of(transcript, channel=agent_channel)
    found: dict[int, dict[int, set[Term]]] = {}
    for voice, stream in by_voice(spoken(transcript)).items():
        if party is None or (voice == agent) is (party is Party.AGENT):
            for one, term in _matches(stream, query.terms):
                found.setdefault(one.utterance, {}).setdefault(one.word, set()).add(term)
    best = sorted(found, key=lambda utterance: (-len(set().union(*found[utterance].values())), utterance))
    return [_snippet(transcript, utterance, found[utterance].keys()) for utterance in sorted(best[:most])]


def _matches(stream: Sequence[Spoken], terms: Sequence[Term]) -> Iterator[tuple[Spoken, Term]]:
    @cache
    def beginning(token: str) -> list[Term]:
        return [term for term in terms if token.startswith(term.tokens[0])]

    for place, one in enumerate(stream):
        for term in beginning(one.token):
            stretch = stream[place : place + len(term.tokens)]
            if _is_said(stretch, term):
                yield from ((said, term) for said in stretch)


def _is_said(stretch: Sequence[Spoken], term: Term) -> bool:
    if len(stretch) < len(term.tokens) or any(one.begins for one in stretch[1:]):
        return False
    *before, last = (one.token for one in stretch)
    is_last = last.startswith(term.tokens[-1]) if term.is_prefix else last == term.tokens[-1]
    return is_last and tuple(before) == term.tokens[:-1]


def _snippet(transcript: Transcript, number: int, matched: Collection[int]) -> Snippet:
    utterance = transcript.utterances[number]
    words = read_words(utterance)
    first = 0 if len(words) <= LONGEST_SNIPPET else max(0, min(min(matched) - _BEFORE, len(words) - LONGEST_SNIPPET))
    shown = range(first, min(len(words), first + LONGEST_SNIPPET))
    parts = tuple(
        Part(" ".join(words[place].text for place in places), is_match)
        for is_match, places in groupby(shown, key=lambda place: place in matched)
    )
    return Snippet(number, utterance.speaker, time_of(words[shown.start : shown.stop]), parts)
