"""WER and CER: how many words or characters are wrong, after agreeing on spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True, slots=True)
class Errors:
    """Mistakes and how much there was to get right, over one text or, summed, over many."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0
    """Words (or characters) in the reference."""

    def __add__(self, other: Errors) -> Errors:
        """Return the errors of both, so that a set is summed first and divided once."""
        return Errors(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference + other.reference,
        )

    @property
    def total(self) -> int:
        """All mistakes."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Mistakes per word of the reference, may exceed 1; an empty reference counts as one word."""
        return self.total / max(1, self.reference)


def word_errors(reference: str, hypothesis: str, *, language: str) -> Errors:
    """Compare two texts word by word, after normalisation; in languages without spaces, character by character."""
    return _errors(_words(reference, language), _words(hypothesis, language))


def character_errors(reference: str, hypothesis: str, *, language: str) -> Errors:
    """Compare two texts character by character, spaces too, after normalisation."""
    return _errors(normalise(reference, language=language), normalise(hypothesis, language=language))


def alignment(reference: str, hypothesis: str, *, language: str) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Return both texts side by side after normalisation: stretches that agree, and those that do not."""
    wanted, heard = _words(reference, language), _words(hypothesis, language)
    changes = Levenshtein.opcodes(wanted, heard)
    return [(wanted[one.src_start : one.src_end], heard[one.dest_start : one.dest_end]) for one in changes]


def _errors(reference: Sequence[str], hypothesis: Sequence[str]) -> Errors:
    counts = {"replace": 0, "delete": 0, "insert": 0}
    for edit in Levenshtein.editops(reference, hypothesis):
        counts[edit.tag] += 1
    return Errors(counts["replace"], counts["delete"], counts["insert"], len(reference))


_WITHOUT_SPACES = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
_WITH_DOTLESS_I = frozenset({"az", "tr"})


def _words(text: str, language: str) -> Sequence[str]:
    normal = normalise(text, language=language)
    return normal.replace(" ", "") if _primary(language) in _WITHOUT_SPACES else normal.split()


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u055a\uff07`\u00b4", "'"))
_INSIDE_WORDS = str.maketrans(dict.fromkeys("\u055b\u055c\u055e\u055f"))
"""Armenian stress, exclamation, question and abbreviation marks stand on a letter: they divide nothing."""
_LONE_APOSTROPHE = re.compile(r"(?<!\w)'|'(?!\w)")


def normalise(text: str, *, language: str) -> str:
    """Return the words in agreed spelling: lower case, digits 0-9, without punctuation, symbols or marks of layout.

    Apostrophes stay inside words. Armenian և and եւ are one (NFKC writes both as եւ).
    """
    text = text.translate(_APOSTROPHES)
    text = unicodedata.normalize("NFKC", text).translate(_INSIDE_WORDS)
    if _primary(language) in _WITH_DOTLESS_I:
        text = text.replace("I", "\u0131").replace("\u0130", "i")
    plain = "".join(_plain(character) for character in text.lower())
    return " ".join(_LONE_APOSTROPHE.sub(" ", plain).split())


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Cf":
        return ""
    return " " if category[0] in "PSZC" and character != "'" else character
