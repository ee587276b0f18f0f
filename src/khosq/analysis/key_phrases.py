"""The words that a call is about: runs without stop words, said often and not only inside a longer run (C-value)."""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from khosq.analysis.feature import Call, Preferences
from khosq.transcript.quotes import tokens_of
from khosq.transcript.sentences import ends_clause, ends_sentence, pause_after, sentences
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

MOST_WORDS = 3
"""Of a phrase."""
MOST_PHRASES = 15
MOST_TOPICS = 5

_STEM = 6  # first letters that tell words apart well enough in inflecting languages
_SHORTEST = 3  # letters of a word that tells something
_CLAUSE_PAUSE = 0.35  # seconds of silence that no phrase goes across
_SAID_ONCE = 0.5  # of what it would be worth
_MARKS = " .,;:!?…։।॥՝،؛؟–—-\"'«»“”()[]"  # noqa: RUF001 (each script's own)

_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """Words that belong together."""

    text: str
    """In the form in which it was said most."""
    count: int
    score: float
    """1: the most telling one of the call."""


@dataclass(frozen=True, slots=True)
class KeyPhrases:
    """What a call is about, the most telling first."""

    topics: tuple[str, ...]
    """Single words, those said most."""
    phrases: tuple[KeyPhrase, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {"topics": list(self.topics), "phrases": [asdict(one) for one in self.phrases]}


def find(call: Call, _: Preferences) -> KeyPhrases:
    """Return the key phrases of a call."""
    forms: dict[_Key, Counter[str]] = defaultdict(Counter)
    for run in _runs(call.transcript):
        for size in range(1, MOST_WORDS + 1):
            for start in range(len(run) - size + 1):
                piece = run[start : start + size]
                forms[tuple(key for key, _ in piece)][" ".join(text for _, text in piece)] += 1
    counts = {key: said.total() for key, said in forms.items()}
    scores = _scores(counts)
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    best = scores[ranked[0]] if ranked else 1.0
    words = [key for key in ranked if len(key) == 1]
    often = [key for key in words if counts[key] > 1] or words
    return KeyPhrases(
        topics=tuple(_form(forms[key]) for key in sorted(often, key=lambda key: (-counts[key], key))[:MOST_TOPICS]),
        phrases=tuple(
            KeyPhrase(_form(forms[key]), counts[key], round(scores[key] / best, 3)) for key in _choose(ranked)
        ),
    )


def _runs(transcript: Transcript) -> Iterator[list[tuple[str, str]]]:
    """Yield neighbouring words that tell something, each as its stem and as it reads."""
    stop_words = _stop_words(transcript.language.partition("-")[0].lower())
    for sentence in sentences(transcript):
        run: list[tuple[str, str]] = []
        for index, word in enumerate(sentence.words):
            token = "".join(tokens_of(word.text))
            if _tells(token, stop_words):
                run.append((token[:_STEM], word.text.strip(_MARKS)))
            if run and (not _tells(token, stop_words) or _closes(sentence.words, index, transcript.language)):
                yield run
                run = []
        if run:
            yield run


def _tells(token: str, stop_words: frozenset[str]) -> bool:
    return len(token) >= _SHORTEST and token not in stop_words and not any(char.isdigit() for char in token)


def _closes(words: Sequence[Word], index: int, language: str) -> bool:
    text = words[index].text
    return ends_clause(text) or ends_sentence(text, None, language) or pause_after(words, index) > _CLAUSE_PAUSE


def _scores(counts: dict[_Key, int]) -> dict[_Key, float]:
    """Return how telling each run is: the longer and the oftener, less what longer runs have of it."""
    within: dict[_Key, list[int]] = defaultdict(list)
    for key, count in counts.items():
        for part in {key[:-1], key[1:]} - {()}:
            within[part].append(count)
    return {key: _score(len(key), count, within[key]) for key, count in counts.items()}


def _score(size: int, count: int, longer: Sequence[int]) -> float:
    alone = count - (sum(longer) / len(longer) if longer else 0)
    return math.log2(1 + size) * (alone if count > 1 else _SAID_ONCE * min(1, 2 / size))


def _choose(ranked: Sequence[_Key]) -> list[_Key]:
    """Return the best that neither have one another in them nor share two stems."""
    chosen: list[_Key] = []
    for key in ranked:
        stems = set(key)
        if not any(stems <= set(other) or stems >= set(other) or len(stems & set(other)) > 1 for other in chosen):
            chosen.append(key)
        if len(chosen) == MOST_PHRASES:
            break
    return chosen


def _form(said: Counter[str]) -> str:
    return min(said, key=lambda text: (-said[text], text))


@cache
def _stop_words(language: str) -> frozenset[str]:
    table = tomllib.loads((files("khosq.analysis") / "stop_words.toml").read_text("utf-8"))
    return frozenset("".join(tokens_of(word)) for word in table.get(language, "").split())
