"""How the scripts of languages are set."""

from __future__ import annotations

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_INDIC = frozenset({"as", "bn", "gu", "hi", "kn", "kok", "mai", "ml", "mr", "ne", "or", "pa", "sa", "si", "ta", "te"})


def primary(language: str) -> str:
    """Return the first part of a BCP 47 tag."""
    return language.partition("-")[0].lower()


def is_right_to_left(language: str) -> bool:
    """Tell whether the language's lines begin at the right."""
    return primary(language) in _RIGHT_TO_LEFT


def is_indic(language: str) -> bool:
    """Tell whether the language is written in one of India's scripts."""
    return primary(language) in _INDIC
