"""Spelling that both texts are brought to before they are compared: a transcript may have digits, a reference words."""

from __future__ import annotations

import re

from khosq.evaluation.wer import normalise
from khosq.speech.writing.numbers import in_digits
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

NORMALISATION = (
    "Before scoring, both texts are brought to NFKC and lower case; punctuation, symbols and invisible characters are "
    "dropped, apostrophes inside words and the vowel signs of Indic scripts kept. Armenian marks that stand on a "
    "letter vanish, and և counts as եւ. Numbers are written in digits 0-9 by the rules that transcripts follow, and "
    "digits beside each other are one number."
)
_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d)")


def as_scored(text: str, *, language: str) -> str:
    """Return a text as it is compared."""
    words = [
        Word(word, Timespan(number, number + 1), None)
        for number, word in enumerate(normalise(text, language=language).split())
    ]
    written = " ".join(word.text for word in in_digits(words, language))
    return _BETWEEN_DIGITS.sub("", normalise(written, language=language))
