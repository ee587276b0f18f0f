"""A title and a short summary, drawn from what was said.

Sentences are ranked by a random walk over their likeness (LexRank) with character n-grams as terms, which needs no
word list and no stemmer, and so serves every language that writes words apart.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from khosq.analysis.feature import Call, Preferences
from khosq.transcript.sentences import Sentence, ends_clause, ends_sentence, pause_after, sentences
from khosq.transcript.transcript import Transcript

TITLE_LENGTH = 60
"""Characters."""
SUMMARY_LENGTH = 400
"""Characters."""
FEWEST_SENTENCES = 2
"""Where so many were said that differ and fit."""
MOST_SENTENCES = 3
MOST_RANKED = 600
"""Sentences in the graph; of longer recordings, the weightiest of each stretch."""

_NGRAMS = (3, 4)
_DAMPING = 0.85
_STEPS = 50
_TOO_ALIKE = 0.5
_FULL_WEIGHT = 6  # content words from which a sentence counts as fully informative
_LONG = 35  # words from which a sentence is hard to take in
_TITLE_SOURCES = 8  # sentences among which the title is looked for
_CLAUSE_PAUSE = 0.35  # seconds of silence that close a clause
_STEM = 5  # first letters that tell words apart well enough in inflecting languages
_EDGE_MARKS = " .,;:!?…։।॥՝،؛؟–—-\"'«»“”()[]"  # noqa: RUF001 (each script's own)
_FULL_STOPS = {"hy": "։", "hi": "।"}  # noqa: RUF001 (each script's own)

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a recording is about; None where nothing was said."""

    title: str | None
    """At most ``TITLE_LENGTH`` characters."""
    summary: str | None
    """One paragraph of at most ``SUMMARY_LENGTH`` characters: sentences as they were said, in order."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A sentence, its place in the recording and how central it is there."""

    sentence: Sentence
    place: int
    score: float
    terms: csr_matrix


def find(call: Call, _: Preferences) -> Summary:
    """Return what a call is about."""
    return summarise(call.transcript)


def summarise(transcript: Transcript) -> Summary:
    """Return a title and a summary in the transcript's own words."""
    said = [sentence for sentence in sentences(transcript) if any(map(_plain, _texts(sentence)))]
    if not said:
        return Summary(title=None, summary=None)
    language = transcript.language.partition("-")[0].lower()
    stop_words = _stop_words(language)
    ranked = _rank(said, stop_words)
    return Summary(
        title=_title(ranked, _weights(said, stop_words), language),
        summary=_paragraph(_choose(ranked, len(said)), language),
    )


def _texts(sentence: Sentence) -> list[str]:
    return [word.text for word in sentence.words]


def _plain(word: str) -> str:
    """Return ``word`` without case and marks, the Armenian ones inside it too; combining signs stay."""
    return "".join(char for char in word.casefold() if category(char)[0] in "LMN" or char == "'").strip("'")


@cache
def _stop_words(language: str) -> frozenset[str]:
    table = tomllib.loads((files("khosq.analysis") / "stop_words.toml").read_text("utf-8"))
    return frozenset(_plain(word) for word in table.get(language, "").split())


# --- ranking


def _rank(said: Sequence[Sentence], stop_words: frozenset[str]) -> list[_Ranked]:
    """Return the sentences, at most ``MOST_RANKED``, the most central first."""
    terms = _terms(said)
    places = _sample(np.asarray(terms.power(2).sum(axis=1)).ravel(), MOST_RANKED)
    terms = _normalised(terms[places])
    share = np.array(places) / len(said)
    informative = np.array([_information(said[place], stop_words) for place in places])
    # What a call is about tends to be said early; a little is enough.
    scores = _walk(terms, informative * (1 + 0.5 * np.exp(-share / 0.15))) * informative
    order = sorted(range(len(places)), key=lambda index: (-round(float(scores[index]), 9), index))
    best = float(scores.max()) or 1.0
    return [_Ranked(said[places[i]], places[i], float(scores[i]) / best, terms[i]) for i in order]


def _terms(said: Sequence[Sentence]) -> csr_matrix:
    """Return tf-idf of character n-grams, one row for each sentence."""
    columns: dict[str, int] = {}
    rows: list[int] = []
    places: list[int] = []
    counts: list[int] = []
    for row, sentence in enumerate(said):
        for gram, count in Counter(_grams(sentence)).items():
            rows.append(row)
            places.append(columns.setdefault(gram, len(columns)))
            counts.append(count)
    frequency = np.bincount(places, minlength=len(columns))
    idf = np.log((1 + len(said)) / (1 + frequency)) + 1e-3
    values = (1 + np.log(np.array(counts, dtype=np.float64))) * idf[places]
    return csr_matrix((values, (rows, places)), shape=(len(said), len(columns)))


def _grams(sentence: Sentence) -> Iterator[str]:
    for text in _texts(sentence):
        if word := _plain(text):
            padded = f" {word} "
            for size in _NGRAMS:
                yield from (padded[start : start + size] for start in range(max(1, len(padded) - size + 1)))


def _sample(weights: Vector, most: int) -> list[int]:
    """Return the weightiest place of each of ``most`` equal stretches, all places where they are few."""
    if len(weights) <= most:
        return list(range(len(weights)))
    edges = np.linspace(0, len(weights), most + 1).astype(int)
    return [int(start + weights[start:end].argmax()) for start, end in pairwise(edges)]


def _normalised(terms: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(terms.power(2).sum(axis=1)).ravel())
    return terms.multiply(1 / np.maximum(lengths, 1e-12)[:, None]).tocsr()


def _information(sentence: Sentence, stop_words: frozenset[str]) -> float:
    """Return from 0 to 1 how much a reader gets from it: little from few content words, or from a torrent."""
    content = {word for text in _texts(sentence) if _tells(word := _plain(text), stop_words)}
    return min(1.0, (0.5 + len(content)) / _FULL_WEIGHT) * min(1.0, _LONG / len(sentence.words))


def _walk(terms: csr_matrix, preference: Vector) -> Vector:
    """Return how often a random reader, who jumps by likeness and now and then by ``preference``, is where."""
    likeness = (terms @ terms.T).toarray()
    np.fill_diagonal(likeness, 0)
    likeness /= np.maximum(likeness.sum(axis=1, keepdims=True), 1e-12)
    preference = preference / preference.sum()
    rank = preference.copy()
    for _ in range(_STEPS):
        rank = (1 - _DAMPING) * preference + _DAMPING * (rank @ likeness)
    return rank


# --- the paragraph


def _choose(ranked: Sequence[_Ranked], count: int) -> list[Sentence]:
    """Return the best sentences that fit and do not repeat one another, in the order they were said."""
    wanted = min(MOST_SENTENCES, max(FEWEST_SENTENCES, 1 + count // 4))
    chosen: list[_Ranked] = []
    left = SUMMARY_LENGTH
    for one in ranked:
        length = len(one.sentence.text) + 2  # a space and a full stop
        repeats = any((one.terms @ other.terms.T).sum() > _TOO_ALIKE for other in chosen)
        if length <= left and not repeats:
            chosen.append(one)
            left -= length
        if len(chosen) == wanted:
            break
    chosen = chosen or [ranked[0]]
    return [one.sentence for one in sorted(chosen, key=lambda one: one.place)]


def _paragraph(chosen: Sequence[Sentence], language: str) -> str:
    text = " ".join(_as_sentence(sentence, language) for sentence in chosen)
    return _shortened(text, SUMMARY_LENGTH)


def _as_sentence(sentence: Sentence, language: str) -> str:
    text = sentence.text
    if ends_sentence(sentence.words[-1].text, None, language):
        return _capitalised(text)
    return _capitalised(text.rstrip(_EDGE_MARKS)) + _FULL_STOPS.get(language, ".")


# --- the title


def _weights(said: Sequence[Sentence], stop_words: frozenset[str]) -> dict[str, float]:
    """Return how much each word says about this recording: its stem comes often, but not everywhere."""
    words = [[word for text in _texts(one) if _tells(word := _plain(text), stop_words)] for one in said]
    spread = Counter(stem for one in words for stem in {word[:_STEM] for word in one})
    total = Counter(word[:_STEM] for one in words for word in one)
    return {word: _weight(total[word[:_STEM]], spread[word[:_STEM]] / len(said)) for one in words for word in one}


def _weight(count: int, share: float) -> float:
    """Return the weight of a stem said ``count`` times, in ``share`` of the sentences: a third of them is no flaw."""
    return (1 + math.log2(count)) * min(1.0, math.log(1 + 1 / share) / math.log(4))


def _tells(word: str, stop_words: frozenset[str]) -> bool:
    return len(word) > 1 and not word.isdigit() and word not in stop_words


def _title(ranked: Sequence[_Ranked], weights: dict[str, float], language: str) -> str:
    """Return the phrase that says most in least words, from the most central sentences."""
    best, best_score = "", 0.0
    for one in ranked[:_TITLE_SOURCES]:
        for phrase, is_whole in _phrases(one.sentence, weights, language):
            words = phrase.split()
            told = {word[:_STEM]: weights.get(word, 0.0) for word in map(_plain, words)}
            score = one.score * sum(told.values()) / (len(words) + 1) ** 0.7 * (1.5 if is_whole else 1.0)
            if score > best_score + 1e-9:
                best, best_score = phrase, score
    return _capitalised(best or _shortened(ranked[0].sentence.text.strip(_EDGE_MARKS), TITLE_LENGTH))


def _phrases(sentence: Sentence, weights: dict[str, float], language: str) -> Iterator[tuple[str, bool]]:
    """Yield runs of words inside one clause that begin and end with a telling word, and whether each is all of it."""
    for clause in _clauses(sentence, language):
        telling = [index for index, text in enumerate(clause) if _plain(text) in weights]
        whole = _title_form(clause)
        if len(telling) > 1 and len(whole) <= TITLE_LENGTH:
            yield whole, True
        for number, start in enumerate(telling):
            for end in telling[number:]:
                phrase = _title_form(clause[start : end + 1])
                if len(phrase) > TITLE_LENGTH:
                    break
                yield phrase, False


def _clauses(sentence: Sentence, language: str) -> Iterator[list[str]]:
    clause: list[str] = []
    for index, word in enumerate(sentence.words):
        clause.append(word.text)
        if (
            ends_clause(word.text)
            or pause_after(sentence.words, index) > _CLAUSE_PAUSE
            or ends_sentence(word.text, None, language)
        ):
            yield clause
            clause = []
    if clause:
        yield clause


def _title_form(words: Sequence[str]) -> str:
    return " ".join(words).strip(_EDGE_MARKS)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shortened(text: str, length: int) -> str:
    """Return ``text`` cut between words, or inside its first if that alone is too long."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(_EDGE_MARKS) + "…"
