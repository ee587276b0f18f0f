"""The languages a starter can be trained for: one line each."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How a language is spoken by espeak-ng and spelt by the model."""

    voice: str
    """Name of the espeak-ng voice."""
    letters: str
    """What a word is made of, as the inside of a regular expression's brackets."""
    rewrites: tuple[tuple[str, str], ...] = ()
    """Spellings that are one and the same, from → to, applied to lower-case text."""

    def spell(self, text: str) -> str:
        """Text as the model writes it: lower-case letters and single spaces."""
        text = self._lower(text)
        return " ".join(re.sub(rf"[^{self.letters}\s]", "", text).split())

    def can_spell(self, text: str) -> bool:
        """Whether ``spell`` gives what is said: there are no digits, signs, foreign letters or abbreviations."""
        rest = re.sub(rf"[{self.letters}]", "", self._lower(text))
        lost = any(character.isalnum() or character in _SPOKEN_SIGNS for character in rest)
        return not lost and not any(len(word) > 1 and word.isupper() for word in text.split())

    def _lower(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text).lower()
        for old, new in self.rewrites:
            text = text.replace(old, new)
        return text


_SPOKEN_SIGNS = "#%&*+/<=>@^|~§°²³×÷˚−€£$№"
_DEVANAGARI = "\u0900-\u0963"

LANGUAGES = {
    "hi": Language("hi", _DEVANAGARI, rewrites=(("\u0901", "\u0902"), ("\u0929", "\u0928"), ("\u0931", "\u0930"))),
    "hy": Language("hy", "\u0561-\u0587", rewrites=(("\u0565\u0582", "\u0587"),)),
    "mr": Language("mr", _DEVANAGARI, rewrites=(("\u0901", "\u0902"),)),
    "nl": Language("nl", "a-z\u00e8\u00e9\u00eb\u00ef\u00f6\u00fc"),
    "ta": Language("ta", "\u0b80-\u0be5"),
    "te": Language("te", "\u0c00-\u0c65"),
}
