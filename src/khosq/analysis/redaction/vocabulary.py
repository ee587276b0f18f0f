"""The words of a language that personal data is said with: numerals, "double", "at", "dot", what announces a number."""

from __future__ import annotations

import string
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from khosq.transcript.quotes import tokens_of

_ALSO = "en"
"""Numbers and addresses are said in English in any language."""
_SHORTEST_STEM = 4
"""Letters from which what announces a number may have an ending."""
_TEN = 10

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is looked up of one language, and of English; keys as ``key_of`` gives them."""

    numbers: Mapping[str, str]
    """Digits of each numeral below a hundred."""
    repeats: Mapping[str, int]
    """How often the digit said next stands."""
    tens_from: int
    """From here on, tens take a unit after them."""
    letters: Mapping[str, str]
    """Latin letters by their names."""
    skipped: frozenset[str]
    """What may stand within a number and means nothing: nods, "and", "dash"."""
    units: frozenset[str]
    """After these, a number is an amount."""
    units_before: frozenset[str]
    announcers: Mapping[str, frozenset[str]]
    """What a number is about: ``secret``, ``number``, ``phone``, ``pan``."""
    plus: frozenset[str]
    at: tuple[Phrase, ...]
    """The longest first."""
    dot: frozenset[str]
    domains: frozenset[str]
    providers: frozenset[str]
    separators: frozenset[str]
    stops: frozenset[str]
    """No part of an e-mail address."""
    spelled_as: frozenset[str]
    """A, as in apple."""

    def announces(self, kind: str, key: str) -> bool:
        """Tell whether a word, whatever its ending, announces a number of a kind."""
        known = self.announcers[kind]
        return key in known or any(key[:length] in known for length in range(_SHORTEST_STEM, len(key)))


def key_of(text: str) -> str:
    """Return a word as it is looked up."""
    return " ".join(tokens_of(text)) or ("@" if "@" in text else "")


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words of a base language; of one that nobody described, the English ones."""
    tables = [_table(_ALSO)]
    if language != _ALSO and (own := _table(language)):
        tables.append(own)
    announcers = {kind: _words(tables, kind) for kind in ("secret", "number", "phone", "pan")}
    return Vocabulary(
        numbers={key: digits for table in tables for key, digits in _numbers(table)},
        repeats={key: int(times) for table in tables for times, key in _lines(table.get("repeat", ""))},
        tens_from=min(table.get("tens_from", 20) for table in tables),
        letters={key: letter for table in tables for key, letter in _letters(table)},
        skipped=_words(tables, "skip"),
        units=_words(tables, "units"),
        units_before=_words(tables, "units_before"),
        announcers=announcers,
        plus=_words(tables, "plus"),
        at=tuple(sorted((tuple(key.split()) for key in _words(tables, "at")), key=len, reverse=True)),
        dot=_words(tables, "dot"),
        domains=_words(tables, "domain"),
        providers=_words(tables, "provider"),
        separators=_words(tables, "separator"),
        stops=_words(tables, "stop"),
        spelled_as=_words(tables, "spelled_as"),
    )


def _table(language: str) -> dict[str, Any]:
    file = files("khosq.analysis.redaction") / "words" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if language.isalpha() and file.is_file() else {}


def _words(tables: Iterable[Mapping[str, Any]], name: str) -> frozenset[str]:
    return frozenset(key_of(word.replace("_", " ")) for table in tables for word in table.get(name, "").split())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word of each line with what the line begins with."""
    for line in text.strip().splitlines():
        first, *words = line.split()
        yield from ((first, key_of(word.replace("_", " "))) for word in words)


def _numbers(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    forms: defaultdict[int, list[str]] = defaultdict(list)
    for line in table["numbers"].strip().splitlines():
        value, *words = line.split()
        forms[int(value)] += words
    for number, words in forms.items():
        yield from ((key_of(word), str(number)) for word in words if "-" not in word)
    yield from _glued(forms, table)


def _glued(forms: Mapping[int, list[str]], table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tens with a unit that are written as one word."""
    begin = {value: _parts(words, "-x") for value, words in forms.items()}
    go_on = {value: _parts(words, "x-") for value, words in forms.items()}
    for tens in range(table.get("tens_from", 100), 100, _TEN):
        for unit in range(1, _TEN):
            first, later = (unit, tens) if table.get("units_first") else (tens, unit)
            for one in begin.get(first, ()):
                for other in go_on.get(later, ()):
                    yield key_of(one + other), str(tens + unit)


def _parts(words: Iterable[str], without: str) -> list[str]:
    """Return the forms that can stand at one end of a glued word."""
    leading = without == "-x"
    return [word.strip("-") for word in words if not (word.startswith("-") if leading else word.endswith("-"))]


def _letters(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = table.get("letters", "").split()
    yield from ((key_of(name), letter) for name, letter in zip(names, string.ascii_uppercase, strict=False))
