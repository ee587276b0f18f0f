"""A transcript as streams of words, one of each voice, as they are looked through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from khosq.search.query import search_tokens
from khosq.transcript.parties import agent_of, voice_of_each
from khosq.transcript.quotes import LONGEST_BREAK
from khosq.transcript.sentences import read_words
from khosq.transcript.transcript import Transcript

MOST_TOKENS = 10_000
"""Of a passage; Postgres counts places to 16,383."""
MOST_BYTES = 500_000
"""Of a passage; Postgres keeps 1 MB of words together."""
BREAK = "\n"
"""Stands where no phrase goes on; never part of a token."""


class Party(StrEnum):
    """Whose words."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One token, and the word that it comes from."""

    token: str
    utterance: int
    """Place of its utterance in the transcript."""
    word: int
    """Place of its word in the utterance."""
    voice: int | None
    begins: bool
    """No phrase goes on from what this voice said before: a long silence lies between."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a call, mostly all of it: tokens between spaces, breaks among them."""

    agent: str
    """What the agent says; empty where nobody is known to be the agent."""
    others: str
    """What everybody else says."""


def spoken(transcript: Transcript) -> Iterator[Spoken]:
    """Yield every token of a transcript."""
    tokens = cache(search_tokens)
    ends: dict[int | None, float] = {}
    for number, (utterance, voice) in enumerate(zip(transcript.utterances, voice_of_each(transcript), strict=True)):
        for place, word in enumerate(read_words(utterance)):
            begins = word.time.start - ends.get(voice, word.time.start) > LONGEST_BREAK
            ends[voice] = word.time.end
            for token in tokens(word.text):
                yield Spoken(token, number, place, voice, begins)
                begins = False


def passages(transcript: Transcript, *, agent_channel: int | None) -> Iterator[Passage]:
    """Yield the passages of a transcript, one at least."""
    agent = agent_of(transcript, channel=agent_channel)
    collected: list[Spoken] = []
    size = 0
    for one in spoken(transcript):
        if len(collected) >= MOST_TOKENS or size >= MOST_BYTES:
            yield _passage(collected, agent)
            collected, size = [], 0
        collected.append(one)
        size += len(one.token.encode())
    yield _passage(collected, agent)


def _passage(collected: Iterable[Spoken], agent: int | None) -> Passage:
    streams = by_voice(collected)
    mine = [] if agent is None else [streams.pop(agent, [])]
    return Passage(_text(mine), _text(streams.values()))


def by_voice(collected: Iterable[Spoken]) -> dict[int | None, list[Spoken]]:
    """Return what each voice says."""
    streams: dict[int | None, list[Spoken]] = {}
    for one in collected:
        streams.setdefault(one.voice, []).append(one)
    return streams


def _text(streams: Iterable[list[Spoken]]) -> str:
    written: list[str] = []
    for stream in streams:
        for one in stream:
            written += [BREAK, one.token] if one.begins else [one.token]
        written.append(BREAK)
    return f" {' '.join(written)} " if written else ""
