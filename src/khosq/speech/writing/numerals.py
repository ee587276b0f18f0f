"""Numerals of a language, read from its table: units, tens, hundreds, lakhs, written together or apart."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from fractions import Fraction

from khosq.speech.writing.conventions import Numbers

_HUNDRED = 100


class Kind(Enum):
    """What a part of a numeral does."""

    NUMBER = auto()
    SCALE = auto()
    ADDED = auto()
    """A half or quarter more, or less, than the number said next."""


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest part of a numeral."""

    value: Fraction
    kind: Kind


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number and the words that say it."""

    start: int
    end: int
    value: Fraction


class Numerals:
    """The numerals of one language."""

    def __init__(self, numbers: Numbers) -> None:
        self._adds_units = numbers.adds_units
        self._tens_from = numbers.tens_from
        self._alone: dict[str, Atom] = {}
        self._first: defaultdict[str, list[Atom]] = defaultdict(list)
        self._later: defaultdict[str, list[Atom]] = defaultdict(list)
        tables = (
            (numbers.words, Kind.NUMBER, 1),
            (numbers.fractions, Kind.NUMBER, 4),
            (numbers.scales, Kind.SCALE, 1),
            (numbers.quarters, Kind.ADDED, 4),
        )
        for table, kind, parts in tables:
            for form, value in table:
                self._add(form, Atom(Fraction(value, parts), kind))
        self._longest = max(map(len, [*self._first, *self._later]), default=0)

    def _add(self, form: str, atom: Atom) -> None:
        bare = form.strip("-")
        if not form.startswith("-"):
            self._first[bare].append(atom)
        if not form.endswith("-") or form.startswith("-"):
            self._later[bare].append(atom)
        if form == bare:
            self._alone[form] = atom
            self._later[bare] = self._later[bare] or [atom]

    def find(self, words: Sequence[str]) -> Iterator[Numeral]:
        """Yield the numbers said in folded words, in order, each as long as it can be."""
        at = 0
        while at < len(words):
            found = self.read(words, at)
            if found is not None:
                yield found
            at = at + 1 if found is None else found.end

    def read(self, words: Sequence[str], start: int) -> Numeral | None:
        """Return the longest number that begins at a word."""
        so_far = _Sum(self._adds_units, self._tens_from)
        best = None
        for end in range(start, len(words)):
            taken = next((after for atoms in self._parts(words[end]) if (after := so_far.with_all(atoms))), None)
            if taken is None:
                break
            so_far = taken
            if so_far.is_complete:
                best = Numeral(start, end + 1, so_far.value)
        return best

    def _parts(self, word: str) -> Iterator[tuple[Atom, ...]]:
        """Yield the ways in which a word is made of numerals; few are."""
        if word in self._alone:
            yield (self._alone[word],)
            return
        yield from self._cuts(word, self._first)

    def _cuts(self, word: str, table: Mapping[str, list[Atom]]) -> Iterator[tuple[Atom, ...]]:
        for length in range(min(len(word), self._longest), 0, -1):
            for atom in table.get(word[:length], ()):
                if length < len(word):
                    yield from ((atom, *rest) for rest in self._cuts(word[length:], self._later))
                elif table is self._later:
                    yield (atom,)


@dataclass(frozen=True, slots=True)
class _Sum:
    """A number while it is being said."""

    adds_units: bool
    tens_from: int
    whole: Fraction = field(default=Fraction(0))
    """What the scales above a hundred have closed."""
    hundreds: Fraction = field(default=Fraction(0))
    small: Fraction | None = None
    added: Fraction | None = None
    room: float = math.inf
    """What may still be said is smaller."""
    smallest_scale: float = math.inf
    is_begun: bool = False

    @property
    def value(self) -> Fraction:
        return self.whole + self.hundreds + (self.small or 0)

    @property
    def is_complete(self) -> bool:
        return self.is_begun and self.added is None

    def with_all(self, atoms: Sequence[Atom]) -> _Sum | None:
        after: _Sum | None = self
        for atom in atoms:
            after = after and after.with_one(atom)
        return after

    def with_one(self, atom: Atom) -> _Sum | None:
        if atom.kind is Kind.ADDED:
            fits = self.added is None and self.small is None and self.room > _HUNDRED
            return replace(self, added=atom.value) if fits else None
        if atom.kind is Kind.NUMBER:
            return self._with_number(atom.value)
        return self._with_hundred() if atom.value == _HUNDRED else self._with_scale(atom.value)

    def _with_number(self, value: Fraction) -> _Sum | None:
        if not value < self.room or (value == 0 and (self.is_begun or self.added is not None)):
            return None
        if value >= _HUNDRED:
            return None if self.added else replace(self, hundreds=value, room=_HUNDRED, is_begun=True)
        if self.added is not None:
            value += self.added
            return replace(self, small=value, added=None, room=0, is_begun=True)
        takes_unit = self.adds_units and self.tens_from <= value and value % 10 == 0
        return replace(self, small=(self.small or 0) + value, room=10 if takes_unit else 0, is_begun=True)

    def _with_hundred(self) -> _Sum | None:
        if self.hundreds or self.small == 0 or (self.small is None and self.room <= _HUNDRED):
            return None
        times = (self.small or Fraction(1)) + (self.added or 0)
        return replace(self, hundreds=times * _HUNDRED, small=None, added=None, room=_HUNDRED, is_begun=True)

    def _with_scale(self, scale: Fraction) -> _Sum | None:
        said = self.hundreds + (self.small or 0)
        if self.small == 0:
            return None
        if scale >= self.smallest_scale:
            if scale == self.smallest_scale or self.added is not None:
                return None
            whole = (self.whole + said) * scale  # a thousand crore
        else:
            whole = self.whole + ((said or 1) + (self.added or 0)) * scale
        return _Sum(
            self.adds_units, self.tens_from, whole, room=float(scale), smallest_scale=float(scale), is_begun=True
        )
