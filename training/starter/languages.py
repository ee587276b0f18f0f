"""The languages a starter can be trained for: one line each."""

from __future__ import annotations

import re
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
        """Whether no digit and no foreign letter would be lost by ``spell``."""
        rest = re.sub(rf"[{self.letters}]", "", self._lower(text))
        return not any(character.isalnum() for character in rest)

    def _lower(self, text: str) -> str:
        text = text.lower()
        for old, new in self.rewrites:
            text = text.replace(old, new)
        return text


LANGUAGES = {
    "hy": Language("hy", "\u0561-\u0587", rewrites=(("\u0565\u0582", "\u0587"),)),
}
