"""How each language is written: its marks, capitals, cues and numerals, read from ``languages/``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from khosq.speech.languages import base_language
from khosq.transcript.sentences import CLAUSE_MARKS, SENTENCE_MARKS

MARKS = "".join(SENTENCE_MARKS | CLAUSE_MARKS)
"""What may stand behind a word."""

_LANGUAGES = files("khosq.speech.writing") / "languages"
_SAME = str.maketrans(
    {"\u093c": None, "\u0901": "\u0902", "\u200c": None, "\u200d": None, "՛": None, "՜": None, "՞": None, "’": "'"}  # noqa: RUF001 - the typographic one
)
"""The Devanagari nukta and chandrabindu, joiners and the Armenian tones: present or not, the word is the same."""

_EDGE = r"(?:(?<!\S)|(?!\S))"
r"""An edge of a word: for ``\b`` the vowel signs of India end one."""

Phrase = tuple[str, ...]
"""Words that follow one another, folded."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How numbers are said and written."""

    by_library: bool = False
    """Whether the library text2num reads the language."""
    words: tuple[tuple[str, int], ...] = ()
    """Numerals up to the hundreds; ``form-`` and ``-form`` are parts of a longer word."""
    scales: tuple[tuple[str, int], ...] = ()
    """What multiplies the number said before it."""
    quarters: tuple[tuple[str, int], ...] = ()
    """Quarters that are added to the number said next."""
    fractions: tuple[tuple[str, int], ...] = ()
    """Quarters that are a number of their own."""
    digit_words: Mapping[str, int] = field(default_factory=dict)
    """Digits as they are read out one by one."""
    repeat: Mapping[str, int] = field(default_factory=dict)
    """How often the digit said next stands."""
    adds_units: bool = False
    """Whether 21 is said as 20 and 1."""
    tens_from: int = 20
    decimal: str = "."
    point: frozenset[str] = frozenset()
    percent: tuple[Phrase, ...] = ()
    units: frozenset[str] = frozenset()
    """After these words' numbers even small ones are digits."""
    units_before: frozenset[str] = frozenset()
    words_after: frozenset[str] = frozenset()
    """After these a number stays in words."""
    clock: frozenset[str] = frozenset()
    """The number before is an hour, with its half or quarter or the minutes."""
    clock_before: frozenset[str] = frozenset()
    one_before_scale: frozenset[str] = frozenset()
    years_in_pairs: bool = False
    """Whether nineteen ninety is a year."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a language is written."""

    full_stop: str = "."
    question_mark: str = "?"
    sentence_enders: frozenset[str] = frozenset()
    """After these a short pause ends a sentence."""
    goes_on: frozenset[str] = frozenset()
    """No sentence ends with these."""
    comma_before: tuple[Phrase, ...] = ()
    comma_at_pause: frozenset[str] = frozenset()
    comma_after_first: tuple[Phrase, ...] = ()
    questions: tuple[re.Pattern[str], ...] = ()
    no_questions: tuple[re.Pattern[str], ...] = ()
    stressed: Mapping[str, str] = field(default_factory=dict)
    """Words that ask, with the mark that Armenian sets in them."""
    always: Mapping[str, str] = field(default_factory=dict)
    """Words that have a capital wherever they stand."""
    first_letters: Mapping[str, str] = field(default_factory=dict)
    """Beginnings whose capital is not that of their first letter."""
    numbers: Numbers | None = None


@lru_cache(maxsize=64)
def conventions(language: str) -> Conventions | None:
    """Return how a language is written; None where words are not set apart by spaces: it is left alone."""
    base = base_language(language)
    others = tomllib.loads((_LANGUAGES / "others.toml").read_text("utf-8"))
    if base in others["untouched"]:
        return None
    file = _LANGUAGES / f"{base}.toml"
    if not base.isalpha() or not file.is_file():
        return Conventions(full_stop=others["full_stops"].get(base, "."))
    return _read(tomllib.loads(file.read_text("utf-8")))


def fold(text: str) -> str:
    """Return a word as it is looked up: in lower case, without differences of spelling that mean nothing."""
    return unicodedata.normalize("NFC", text).lower().replace("եւ", "և").translate(_SAME)


def begins_with(phrases: Sequence[Phrase], folded: Sequence[str], at: int) -> int:
    """Return how many words the longest of ``phrases`` that stands at ``at`` has, 0 where none does."""
    return max((len(phrase) for phrase in phrases if tuple(folded[at : at + len(phrase)]) == phrase), default=0)


def _read(told: Mapping[str, Any]) -> Conventions:
    numbers = told.get("numbers")
    return Conventions(
        full_stop=told.get("full_stop", "."),
        question_mark=told.get("question_mark", "?"),
        sentence_enders=_set(told.get("sentence_enders", ())),
        goes_on=_set(told.get("goes_on", ())),
        comma_before=_phrases(told.get("comma_before", ())),
        comma_at_pause=_set(told.get("comma_at_pause", ())),
        comma_after_first=_phrases(told.get("comma_after_first", ())),
        questions=_patterns(told.get("questions", ())),
        no_questions=_patterns(told.get("no_questions", ())),
        stressed={fold(word): marked for word, marked in told.get("stressed", {}).items()},
        always={fold(word): word for word in told.get("always", ())},
        first_letters=told.get("first_letters", {}),
        numbers=None if numbers is None else _read_numbers(numbers),
    )


def _read_numbers(told: Mapping[str, Any]) -> Numbers:
    return Numbers(
        by_library=told.get("library", False),
        words=_table(told.get("words", "")),
        scales=_table(told.get("scales", "")),
        quarters=_table(told.get("quarters", "")),
        fractions=_table(told.get("fractions", "")),
        digit_words={
            word: value
            for word, value in (*_table(told.get("digit_words", "")), *_table(told.get("words", "")))
            if value < 10 and "-" not in word  # noqa: PLR2004 - a digit
        },
        repeat={fold(word): times for word, times in told.get("repeat", {}).items()},
        adds_units=told.get("adds_units", False),
        tens_from=told.get("tens_from", 20),
        decimal=told["decimal"],
        point=_set(told.get("point", ())),
        percent=_phrases(told.get("percent", ())),
        units=_set(told.get("units", ())),
        units_before=_set(told.get("units_before", ())),
        words_after=_set(told.get("words_after", ())),
        clock=_set(told.get("clock", ())),
        clock_before=_set(told.get("clock_before", ())),
        one_before_scale=_set(told.get("one_before_scale", ())),
        years_in_pairs=told.get("years_in_pairs", False),
    )


def _table(lines: str) -> tuple[tuple[str, int], ...]:
    rows = (line.split() for line in lines.splitlines() if line)
    return tuple((fold(form), int(value)) for value, *forms in rows for form in forms)


def _set(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


def _phrases(phrases: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(tuple(fold(phrase).split()) for phrase in phrases)


def _patterns(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern.replace(r"\b", _EDGE)) for pattern in patterns)
