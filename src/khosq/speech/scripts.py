"""In which script a language is written, and how much of a text is in another."""

from __future__ import annotations

import unicodedata
from functools import cache

from khosq.speech.languages import base_language

_OF_LANGUAGES = {
    "ARABIC": "ar fa ur ps sd ug ckb",
    "ARMENIAN": "hy hyw",
    "BENGALI": "bn as",
    "CYRILLIC": "ru uk bg be mk kk ky tg tt ba mn",
    "DEVANAGARI": "hi mr ne sa",
    "ETHIOPIC": "am ti",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he yi",
    "CJK": "zh yue cmn ja",
    "KANNADA": "kn",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "TIBETAN": "bo",
    "LATIN": "en nl de fr es pt it pl cs sk sl hr da sv nb nn no fi et lv lt hu ro mt tr is ga cy ca eu gl sq af sw id "
    "ms vi tl fil so yo ha zu xh",
}
_SCRIPTS = {language: script for script, languages in _OF_LANGUAGES.items() for language in languages.split()}
_ALSO = {"ja": frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})}


def script_of(language: str) -> str | None:
    """Return the script that a language is written in, by its name in Unicode; None where that is not known.

    Args:
        language: BCP 47 tag; one that names a script itself is not judged.

    """
    subtags = language.replace("_", "-").split("-")
    if any(len(subtag) == 4 and subtag.isalpha() for subtag in subtags[1:]):  # noqa: PLR2004 - ISO 15924
        return None
    return _SCRIPTS.get(base_language(language))


def foreign_share(text: str, language: str) -> float:
    """Return the part of a text's letters and vowel signs, from 0 to 1, that its language's script does not have."""
    expected = script_of(language)
    if expected is None:
        return 0.0
    allowed = {expected} | _ALSO.get(base_language(language), frozenset())
    scripts = [script for script in map(_script_of_letter, text) if script]
    return sum(script not in allowed for script in scripts) / len(scripts) if scripts else 0.0


@cache
def _script_of_letter(character: str) -> str | None:
    """Return the first word of a letter's or vowel sign's name, which is its script; None for what is neither."""
    if unicodedata.category(character)[0] not in "LM":
        return None
    script = unicodedata.name(character, "").partition(" ")[0]
    return script if script not in {"", "COMBINING"} else None
