"""How people sound by their words, from -1 to 1: words with a known ring, strengthened, weakened or denied."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from khosq.analysis.feature import Call, Preferences
from khosq.transcript.parties import voice_of_each, voices
from khosq.transcript.quotes import tokens_of
from khosq.transcript.sentences import read_words
from khosq.transcript.transcript import Utterance
from khosq.transcript.wordings import Passage, denial_in

LANGUAGES = ("hy", "hi", "ta", "te", "mr", "en", "nl")
MOOD = 0.1
"""How far from 0 a score has a mood."""
QUARTERS = 4

_WITH_ENGLISH = frozenset({"hi", "ta", "te", "mr"})  # in whose calls people use English words
_MOST_WORDS = 4  # of an entry
_SHORTEST_STEM = 2
_DENIED = -0.74  # what is left of a denied word, as VADER measured it
_STRONGER, _WEAKER = 1.3, 0.6
_STRENGTH_REACH = 2  # words
_CALM = 15.0  # VADER's: makes one word of full strength about 0.7


@dataclass(frozen=True, slots=True)
class VoiceMood:
    """How one voice sounds."""

    voice: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How a call sounds; every score is None where nothing was said, or the language is not known here."""

    overall: float | None
    label: str | None
    """positive, neutral or negative."""
    voices: tuple[VoiceMood, ...]
    quarters: tuple[float | None, ...]
    """By the time of the call."""
    utterances: tuple[float | None, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        stored = asdict(self)
        return stored | {name: list(stored[name]) for name in ("voices", "quarters", "utterances")}


@dataclass(frozen=True, slots=True)
class _Hit:
    """An entry of the lexicon among the words."""

    first: int
    last: int
    value: float


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """How words sound in one language."""

    exact: dict[str, float]
    stems: dict[str, float]
    openers: frozenset[str]
    """First words of entries of several words."""
    strong: frozenset[str]
    weak: frozenset[str]

    def hits(self, tokens: Sequence[str]) -> Iterator[_Hit]:
        """Yield what is known, from left to right, the longest entry of each place."""
        place = 0
        while place < len(tokens):
            most = _MOST_WORDS if tokens[place] in self.openers else 1
            for count in range(min(most, len(tokens) - place), 0, -1):
                value = self._value(" ".join(tokens[place : place + count]))
                if value is not None:
                    if value:
                        yield _Hit(place, place + count - 1, value)
                    place += count - 1
                    break
            place += 1

    def _value(self, text: str) -> float | None:
        if text in self.exact:
            return self.exact[text]
        last_word = text.rfind(" ") + 1  # the only one whose ending is free
        for length in range(len(text), last_word + _SHORTEST_STEM - 1, -1):
            if text[:length] in self.stems:
                return self.stems[text[:length]]
        return None


def find(call: Call, _: Preferences) -> Sentiment:
    """Return how a call sounds."""
    transcript = call.transcript
    language = transcript.language.partition("-")[0].lower()
    scores = tuple(score(one, language) for one in transcript.utterances)
    spoken = list(zip(voice_of_each(transcript), transcript.utterances, scores, strict=True))
    quarter = [_quarter(one, transcript.duration) for one in transcript.utterances]
    overall = _mean(scores)
    return Sentiment(
        overall=overall,
        label=label(overall),
        voices=tuple(VoiceMood(voice, _mean(s for v, _, s in spoken if v == voice)) for voice in voices(transcript)),
        quarters=tuple(
            _mean(s for q, s in zip(quarter, scores, strict=True) if q == number) for number in range(QUARTERS)
        ),
        utterances=scores,
    )


def label(score: float | None) -> str | None:
    """Return the word for a score."""
    if score is None:
        return None
    return "positive" if score > MOOD else "negative" if score < -MOOD else "neutral"


def score(utterance: Utterance, language: str) -> float | None:
    """Return how an utterance sounds in a base language; 0 where none of its words has a ring."""
    if language not in LANGUAGES:
        return None
    said = Passage.of(read_words(utterance), None, language)
    if not said.tokens:
        return None
    total = sum(_values(said, language))
    return round(total / math.sqrt(total * total + _CALM), 3) + 0.0


def _values(said: Passage, language: str) -> Iterator[float]:
    lexicon, denial = _lexicon(language), denial_in(language)
    hits = list(lexicon.hits(said.tokens))
    ends = [-1, *(hit.last for hit in hits)]
    starts = [*(hit.first for hit in hits[1:]), len(said.tokens)]
    for hit, before, after in zip(hits, ends, starts, strict=False):
        near = set(said.tokens[max(before + 1, hit.first - _STRENGTH_REACH) : hit.first])
        value = hit.value
        if near & lexicon.weak:
            value *= _WEAKER
        elif near & lexicon.strong:
            value *= _STRONGER
        is_whole = denial.is_in(said.tokens[hit.first : hit.last + 1])  # the entry has the denial in it
        if not is_whole and denial.denies(said, hit.first, hit.last, since=before + 1, until=after):
            value *= _DENIED
        yield value


def _mean(scores: Iterable[float | None]) -> float | None:
    """Return the mean of what has a ring, nearer to 0 the less there is; None of nothing."""
    known = [one for one in scores if one is not None]
    ringing = [one for one in known if one]
    return round(sum(ringing) / (len(ringing) + 1), 3) + 0.0 if known else None


def _quarter(utterance: Utterance, duration: float) -> int:
    if not utterance.words or duration <= 0:
        return 0
    return min(QUARTERS - 1, int(QUARTERS * utterance.time.middle / duration))


# --- the lexicons


@cache
def _lexicon(language: str) -> _Lexicon:
    exact: dict[str, float] = {}
    stems: dict[str, float] = {}
    for source in ("en", language) if language in _WITH_ENGLISH else (language,):
        for entry, value in _entries(source):
            table = stems if entry.endswith("*") else exact
            if key := " ".join(tokens_of(entry.rstrip("*"))):
                table[key] = value
    openers = frozenset(entry.split()[0] for entry in (*exact, *stems) if " " in entry)
    return _Lexicon(exact, stems, openers, *_strength(language))


def _entries(language: str) -> Iterator[tuple[str, float]]:
    """Yield a lexicon's entries; the later one of two holds."""
    for line in (files("khosq.analysis") / "lexicons" / f"{language}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            value, _, entries = line.partition(":")
            yield from ((entry.strip(), float(value)) for entry in entries.split(","))


def _strength(language: str) -> tuple[frozenset[str], frozenset[str]]:
    table = tomllib.loads((files("khosq.analysis") / "lexicons" / "strength.toml").read_text("utf-8"))[language]
    strong, weak = table["strong"], table["weak"]
    return frozenset(tokens_of(strong)), frozenset(tokens_of(weak))
