"""What each voice says, word by word, and what its words are as digits and letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from khosq.analysis.redaction.vocabulary import Vocabulary, key_of, vocabulary
from khosq.transcript.parties import voice_of_each
from khosq.transcript.sentences import read_words
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

NEAR = 20
"""Words from what announces a number to the number."""
_NEAR_BEHIND = 4
_MANY_DIGITS = 13
"""More than any amount has."""
_NOD = 3
"""Words that take no turn."""

_PLAIN_DIGITS = re.compile(r"[+(]*\d[\d\-./()+\s\u2010-\u2014]*")
_AMOUNT = re.compile(
    r"(?:0|[1-9]\d{0,2})[.,]\d+|\d+[.,]\d\d?"  # 0.125
    r"|\d{1,3}(?:[.,]\d{2,3})+"  # 12,500
    r"|\d{1,2}:\d\d.*"  # 10:30
    r"|\d{1,2}([-./])\d{1,2}\1(?:\d\d){1,2}"  # 12/05/2024
    r"|(?:1[5-9]|20)\d\d[-/\u2010-\u2014](?:\d\d){1,2}"  # 2023-2024
)
_WITH_ENDING = re.compile(r"(\d[\d\-./,]*?)[-\u2010\u2011\u058a]?[^\W\d_][^\s\d]{0,5}")
_ORDINAL = re.compile(r"\d{1,3}[-\u2010\u2011\u058a]?(?:st|nd|rd|th|e|de|ste|րդ)")
_MIXED_DIGITS = 6
"""Digits from which a word of letters and digits holds a number."""
_EDGES = "\"'”’»›«“‘()[]{},;:.!?…։՝՞՜।॥،؟。、"  # noqa: RUF001 (marks as each script has them)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a word is, wherever it stands."""

    key: str
    digits: str = ""
    """Empty where it is no number."""
    is_numeral: bool = False
    """The number is in words."""
    spelled: str = ""
    """Its Latin capitals and digits; empty where it is neither."""
    is_code: bool = False
    """It is one letter, or letters as only codes have them."""
    has_plus: bool = False

    @property
    def is_letter(self) -> bool:
        """It is one letter, or the name of one."""
        return len(self.spelled) == 1 and not self.digits


@dataclass(frozen=True, slots=True)
class Said:
    """One word in its place."""

    utterance: int
    index: int
    """In the utterance."""
    at: int
    """In the whole conversation."""
    word: Word
    reading: Reading


class Reader:
    """Reads the words of one language; each different word once."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self._known: dict[str, Reading] = {}

    def read(self, text: str) -> Reading:
        """Return what a word is."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._read(text)
        return known

    def _read(self, text: str) -> Reading:
        plain = "".join(map(_latin, unicodedata.normalize("NFKC", text))).strip(_EDGES)
        key = key_of(text)
        if any(map(str.isdigit, plain)):
            return _of_digits(plain, key)
        if digits := self._numeral(key):
            return Reading(key, digits, is_numeral=True, spelled=digits)
        has_plus = text.strip() == "+" or key in self._words.plus
        if plain.isascii() and plain.isalpha():
            is_code = len(plain) == 1 or plain.isupper()
            return Reading(key, spelled=plain.upper(), is_code=is_code, has_plus=has_plus)
        if letter := self._words.letters.get(key):
            return Reading(key, spelled=letter, is_code=True)
        return Reading(key, has_plus=has_plus)

    def _numeral(self, key: str) -> str:
        """Return the digits of a word that is numerals only, as forty-one is."""
        if known := self._words.numbers.get(key):
            return known
        parts = [self._words.numbers.get(part, "") for part in key.split()]
        return "".join(joined(parts, self._words.tens_from)) if len(parts) > 1 and all(parts) else ""


def joined(numerals: Sequence[str], tens_from: int) -> list[str]:
    """Return numerals with each ten and the unit after it as one: 40 and 1 are 41."""
    result: list[str] = []
    for one in numerals:
        if result and takes_unit(result[-1], one, tens_from):
            result[-1] = result[-1][0] + one
        else:
            result.append(one)
    return result


def takes_unit(tens: str, unit: str, tens_from: int) -> bool:
    """Tell whether two numerals side by side are one number."""
    return len(tens) == len("10") and tens[1] == "0" and int(tens) >= tens_from and len(unit) == 1 and unit != "0"


def _latin(sign: str) -> str:
    return str(unicodedata.digit(sign)) if unicodedata.category(sign) == "Nd" else sign


def _of_digits(plain: str, key: str) -> Reading:
    digits = "".join(filter(str.isdigit, plain))
    spelled = "".join(sign for sign in plain.upper() if sign.isascii() and sign.isalnum())
    is_money = any(unicodedata.category(sign) == "Sc" or sign in "%‰" for sign in plain)
    ending = _WITH_ENDING.fullmatch(plain)
    bare = ending[1].strip() if ending else plain
    is_amount = is_money or _AMOUNT.fullmatch(bare) is not None or _ORDINAL.fullmatch(plain) is not None
    if is_amount and len(digits) < _MANY_DIGITS:
        return Reading(key, spelled=spelled)
    if len(digits) < _MIXED_DIGITS and not _PLAIN_DIGITS.fullmatch(bare):
        digits = ""
    return Reading(key, digits, spelled=spelled, is_code=True, has_plus=plain.startswith("+"))


class Conversation:
    """A transcript as it is searched."""

    def __init__(self, transcript: Transcript) -> None:
        self.language = transcript.language.partition("-")[0].lower()
        self.words = vocabulary(self.language)
        self.voice_of_each = voice_of_each(transcript)
        self.voices: dict[int | None, list[Said]] = {}
        """Each voice's words in order."""
        self._counts = [0]
        self._keys: list[str] = []
        self._is_nod: list[bool] = []
        reader = Reader(self.words)
        for number, (utterance, voice) in enumerate(zip(transcript.utterances, self.voice_of_each, strict=True)):
            said = self.voices.setdefault(voice, [])
            words, start = readable(utterance), self._counts[-1]
            said += [Said(number, at, start + at, word, reader.read(word.text)) for at, word in enumerate(words)]
            mine = said[len(said) - len(words) :]
            self._keys += [one.reading.key for one in mine]
            self._is_nod.append(voice is None and len(words) <= _NOD and not any(one.reading.digits for one in mine))
            self._counts.append(start + len(words))

    def is_skipped(self, said: Said) -> bool:
        """Tell whether a number may go on after a word."""
        return said.reading.key in self.words.skipped or not said.reading.key or self._is_nod[said.utterance]

    def explained(self, words: Sequence[Said]) -> set[int]:
        """Return which of a voice's words explain a letter: the "for apple" after an A."""
        found: set[int] = set()
        for at in range(1, len(words) - 1):
            if words[at].reading.key not in self.words.spelled_as:
                continue
            letter, example = words[at - 1].reading, words[at + 1].reading
            if letter.is_letter and not example.digits and example.spelled[:1] in {"", letter.spelled}:
                found |= {at, at + 1}
        return found

    def between(self, one: Said, other: Said) -> int:
        """Return how many words stand in the utterances between those of two words."""
        return max(0, self._counts[other.utterance] - self._counts[one.utterance + 1])

    def is_announced(self, kind: str, first: Said, last: Said) -> bool:
        """Tell whether somebody says just before, or the voice itself just behind, what a number is."""
        marks = self._announced[kind]
        behind = min(last.at + _NEAR_BEHIND, self._counts[last.utterance + 1] - 1)
        return marks[first.at] >= first.at - NEAR or marks[behind] > last.at

    @cached_property
    def _announced(self) -> dict[str, list[int]]:
        """For each kind and each word, where the kind was announced last."""
        result: dict[str, list[int]] = {}
        for kind in self.words.announcers:
            known = {key: self.words.announces(kind, key) for key in set(self._keys)}
            last, places = -NEAR - 1, []
            for at, key in enumerate(self._keys):
                last = at if known[key] else last
                places.append(last)
            result[kind] = places
        return result


def readable(utterance: Utterance) -> tuple[Word, ...]:
    """Return the words as they read, or, where the text says something else than they do, as they are."""
    if _reads_as_words(utterance) or not is_of_words(utterance):
        return utterance.words
    return read_words(utterance)


def is_of_words(utterance: Utterance) -> bool:
    """Tell whether an utterance's text is its words, but for marks and capitals."""
    pieces = utterance.text.split()
    return _reads_as_words(utterance) or (
        len(pieces) == len(utterance.words)
        and all(key_of(piece) == key_of(word.text) for piece, word in zip(pieces, utterance.words, strict=True))
    )


def _reads_as_words(utterance: Utterance) -> bool:
    return utterance.text.split() == [word.text for word in utterance.words]


def stretch(words: Sequence[Said]) -> Timespan:
    """Return the time that words take."""
    start = min(one.word.time.start for one in words)
    return Timespan(start, max(one.word.time.end for one in words))
