"""Numbers in digits: "two hundred and five" is 205, read-out digits are one string, "ten percent" is 10%."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import text_to_num  # type: ignore[import-untyped]  # the library has no annotations

from khosq.speech.languages import base_language
from khosq.speech.writing.conventions import MARKS, Numbers, begins_with, conventions, fold
from khosq.speech.writing.numerals import Numerals
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

PAUSE: Seconds = 0.7
"""No number goes on after this."""
GROUP_PAUSE: Seconds = 0.3
"""Read-out digits are written in the groups in which they are said."""

_SHORTEST_STRING = 3
_SMALL = 10
_HOURS = 24
_MINUTES = range(10, 60)
_CENTURIES = range(17, 21)
_YEARS = range(10, 100)
_POWERS = frozenset(map(Fraction, (100, 1000, 10**5, 10**6, 10**7, 10**9, 10**12)))
_NAMED_FROM = 10**5
"""Scales from here on stay words: 2 million."""


@dataclass(frozen=True, slots=True)
class Said:
    """A number that is said, and how it is written."""

    start: int
    end: int
    text: str
    value: Fraction
    is_certain: bool = False
    """It is written in digits wherever it stands."""

    def is_next_to(self, other: Said | None) -> bool:
        """Tell whether nothing stands between two numbers."""
        return other is not None and (self.end == other.start or other.end == self.start)


def in_digits(words: Sequence[Word], language: str) -> tuple[Word, ...]:
    """Return the words with numbers in digits; a number of several words is one that lasts as long as they.

    Small numbers (below ten) and a bare "hundred" stay words unless a unit, a clock or another number is beside them;
    so do estimates ("two three hundred") and fractions ("one tenth").
    """
    rules = conventions(language)
    if rules is None or rules.numbers is None:
        return tuple(words)
    folded = [fold(word.text.rstrip(MARKS)) for word in words]
    said: list[Said] = []
    for start, end in _stretches(words):
        said += _Stretch(folded, start, end, rules.numbers, base_language(language)).numbers(words)
    return tuple(_merged(words, said))


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield what stands between marks and pauses: no number reaches over them."""
    start = 0
    for index, word in enumerate(words, start=1):
        is_last = index == len(words)
        if is_last or word.text[-1:] in MARKS or words[index].time.start - word.time.end >= PAUSE:
            yield start, index
            start = index


def _merged(words: Sequence[Word], said: Sequence[Said]) -> Iterator[Word]:
    at = 0
    for number in said:
        yield from words[at : number.start]
        whole = words[number.start : number.end]
        last = whole[-1].text
        yield Word(
            number.text + last[len(last.rstrip(MARKS)) :],
            Timespan(whole[0].time.start, max(word.time.end for word in whole)),
            None if any(word.confidence is None for word in whole) else min(word.confidence or 0 for word in whole),
        )
        at = number.end
    yield from words[at:]


class _Stretch:
    """Words without a pause, and the numbers in them."""

    def __init__(self, folded: Sequence[str], start: int, end: int, rules: Numbers, language: str) -> None:
        self._folded = folded
        self._start = start
        self._end = end
        self._rules = rules
        self._language = language

    def numbers(self, words: Sequence[Word]) -> list[Said]:
        """Return what is to be written in digits, in order."""
        strings, read_out = self._digit_strings(words)
        found: list[Said] = []
        at = self._start
        for start, end in [*read_out, (self._end, self._end)]:
            found += self._cardinals(at, start)
            at = end
        return sorted([*strings, *self._kept(self._joined(found))], key=lambda number: number.start)

    def _digit_strings(self, words: Sequence[Word]) -> tuple[list[Said], list[tuple[int, int]]]:
        """Return digits that are read out one by one, in groups, and where they stand."""
        groups: list[Said] = []
        places: list[tuple[int, int]] = []
        at = self._start
        while at < self._end:
            digits = self._digits(at)
            if sum(len(text) for _, _, text in digits) < _SHORTEST_STRING:
                at = digits[-1][1] if digits else at + 1
                continue
            places.append((at, digits[-1][1]))
            at = digits[-1][1]
            run: list[tuple[int, int, str]] = []
            for start, end, text in digits:
                if run and words[start].time.start - words[start - 1].time.end >= GROUP_PAUSE:
                    groups.append(_string(run))
                    run = []
                run.append((start, end, text))
            groups.append(_string(run))
        return groups, places

    def _digits(self, at: int) -> list[tuple[int, int, str]]:
        """Return the digits from ``at`` on, as long as there are any: where they stand and their text."""
        digits: list[tuple[int, int, str]] = []
        while at < self._end:
            times = self._rules.repeat.get(self._folded[at], 1)
            place = at if self._folded[at] not in self._rules.repeat else at + 1
            value = self._rules.digit_words.get(self._folded[place]) if place < self._end else None
            if value is None:
                break
            digits.append((at, place + 1, str(value) * times))
            at = place + 1
        return digits

    def _cardinals(self, start: int, end: int) -> Iterator[Said]:
        words = self._folded[start:end]
        if self._rules.by_library:
            for one in text_to_num.find_numbers([_Token(word) for word in words], self._language, threshold=0):
                value = Fraction(str(one.value))
                said = Said(start + one.start, start + one.end, one.text, value, is_certain=bool(value % 1))
                yield self._scaled(said)
            return
        numerals = list(_numerals(self._language).find(words))
        for index, one in enumerate(numerals):
            after = numerals[index + 1 : index + 2]
            if index and numerals[index - 1].end + 1 == one.start and words[one.start - 1] in self._rules.point:
                continue
            if after and after[0].start == one.end + 1 and words[one.end] in self._rules.point:
                text = f"{one.value}{self._rules.decimal}{after[0].value}"
                yield Said(start + one.start, start + after[0].end, text, one.value, is_certain=True)
                continue
            yield self._scaled(Said(start + one.start, start + one.end, _text(one.value, self._rules), one.value))

    def _scaled(self, number: Said) -> Said:
        """Leave the last word of "two million" a word, and take in the "a" of "a hundred and five"."""
        last = self._single(number.end - 1)
        if number.end - number.start > 1 and last is not None and last >= _NAMED_FROM and last in _POWERS:
            before = number.value / last
            if before % 1 == 0 and before < _NAMED_FROM:
                return Said(number.start, number.end - 1, str(before), before, is_certain=True)
        first = self._single(number.start)
        is_after_one = self._before(number.start) in self._rules.one_before_scale
        if is_after_one and first in _POWERS and number.end - number.start > 1:
            return replace(number, start=number.start - 1)
        return number

    def _single(self, at: int) -> Fraction | None:
        """Return the number that a word is alone."""
        word = self._folded[at]
        if self._rules.by_library:
            return _library_value(word, self._language)
        numeral = _numerals(self._language).read([word], 0)
        return None if numeral is None else numeral.value

    def _before(self, at: int) -> str:
        return self._folded[at - 1] if at > self._start else ""

    def _after(self, at: int) -> str:
        return self._folded[at] if at < self._end else ""

    def _joined(self, found: Sequence[Said]) -> Iterator[Said]:
        """Yield the numbers with those joined that are one year or time, and percent signs drawn in."""
        waiting = list(found)
        while waiting:
            number = waiting.pop(0)
            if waiting and waiting[0].start == number.end and (text := self._pair(number, waiting[0])):
                number = Said(number.start, waiting.pop(0).end, text, number.value, is_certain=True)
            elif self._after(number.end) in self._rules.clock and number.value % 1 and number.value < _HOURS:
                hour, minutes = divmod(number.value * 60, 60)
                number = replace(number, text=f"{hour}:{int(minutes):02}", is_certain=True)
            if signs := begins_with(self._rules.percent, self._folded[: self._end], number.end):
                number = replace(number, end=number.end + signs, text=f"{number.text}%", is_certain=True)
            yield number

    def _pair(self, one: Said, other: Said) -> str:
        """Return how two numbers side by side are written if they are one thing: 1999, 10:30."""
        is_clock = self._after(other.end) in self._rules.clock or self._before(one.start) in self._rules.clock_before
        if is_clock and one.value in range(_HOURS) and other.value in _MINUTES:
            return f"{one.text}:{other.text}"
        if self._rules.years_in_pairs and one.value in _CENTURIES and other.value in _YEARS:
            return f"{one.text}{other.text}"
        return ""

    def _kept(self, found: Iterator[Said]) -> list[Said]:
        """Return those that read better in digits."""
        numbers = list(found)
        around = zip([None, *numbers], numbers, [*numbers[1:], None], strict=False)
        return [number for before, number, after in around if self._is_for_digits(number, before, after)]

    def _is_for_digits(self, number: Said, before: Said | None, after: Said | None) -> bool:
        if number.is_certain or _is_loose(number, before, after):
            return number.is_certain
        if self._after(number.end) in self._rules.clock or self._before(number.start) in self._rules.units_before:
            return True
        is_bare = number.end - number.start == 1 and number.value in _POWERS
        if self._after(number.end) in self._rules.units:
            return number.value > 1 and not (is_bare and number.value >= _NAMED_FROM)
        if number.value % 1 or self._before(number.start) in self._rules.words_after:
            return False
        if number.value < _SMALL:
            return any(one.value >= _SMALL and number.is_next_to(one) for one in (before, after) if one is not None)
        return not is_bare


def _is_loose(number: Said, before: Said | None, after: Said | None) -> bool:
    """Tell whether a number and its neighbour are no exact numbers: "two three hundred", "one tenth"."""
    return any(
        (not other.text.isdigit() or other.value / (one.value + 1) in _POWERS)
        for one, other in ((before, number), (number, after))
        if one is not None and other is not None and one.end == other.start and one.value < _SMALL
    )


class _Token:
    """A word as the library reads it: it calls all three methods."""

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self) -> str:
        return self._text

    def nt_separated(self, previous: _Token) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


def _string(digits: Sequence[tuple[int, int, str]]) -> Said:
    text = "".join(part for _, _, part in digits)
    return Said(digits[0][0], digits[-1][1], text, Fraction(text), is_certain=True)


def _text(value: Fraction, rules: Numbers) -> str:
    return str(float(value)).replace(".", rules.decimal) if value % 1 else str(value)


@lru_cache(maxsize=64)
def _numerals(language: str) -> Numerals:
    rules = conventions(language)
    if rules is None or rules.numbers is None:
        raise LookupError(language)
    return Numerals(rules.numbers)


@lru_cache(maxsize=4096)
def _library_value(word: str, language: str) -> Fraction | None:
    try:
        return Fraction(text_to_num.text2num(word, language))
    except ValueError:
        return None
