"""What a language model writes: tidied, bounded, and in the call's own script."""

from __future__ import annotations

import unicodedata
from collections import Counter

from khosq.transcript.transcript import Transcript

_LANGUAGES = {
    "hy": ("Armenian", "ARMENIAN"),
    "hi": ("Hindi", "DEVANAGARI"),
    "ta": ("Tamil", "TAMIL"),
    "te": ("Telugu", "TELUGU"),
    "mr": ("Marathi", "DEVANAGARI"),
    "en": ("English", "LATIN"),
    "nl": ("Dutch", "LATIN"),
}
"""Their names and scripts, as Unicode calls those."""
_JOINERS = "\u200c\u200d"
_LETTERS_LOOKED_AT = 2000
_ENDS = ".!?։।…"  # noqa: RUF001 (each script's own)


def name_of(language: str) -> str:
    """Return a language's English name, where a model may not know its tag."""
    name, _ = _known(language)
    return name or f"the language with the tag {language[:35]}"


def is_written_in(transcript: Transcript, text: str) -> bool:
    """Tell whether a text has the script of a transcript, or of its language; one without letters has any."""
    return script_of(text) in {None, script_of(transcript.text), _known(transcript.language)[1]}


def _known(language: str) -> tuple[str | None, str | None]:
    return _LANGUAGES.get(language.partition("-")[0].lower(), (None, None))


def tidy(text: str) -> str:
    """Return a text on one line, without control characters; the joiners that Indic scripts are spelt with stay."""
    return " ".join("".join(map(_printable, text)).split())


def _printable(char: str) -> str:
    return " " if unicodedata.category(char)[0] == "C" and char not in _JOINERS else char


def bare(text: str) -> str:
    """Return a text without marks and spaces at its edges."""
    inside = [place for place, char in enumerate(text) if unicodedata.category(char)[0] not in "PSZ"]
    return text[inside[0] : inside[-1] + 1] if inside else ""


def shortened(text: str, length: int) -> str:
    """Return a text of at most so many characters: whole sentences if one fits, else whole words."""
    if len(text) <= length:
        return text
    cut = text[:length]
    end = max(cut.rfind(f"{mark} ") for mark in _ENDS)
    if end > 0:
        return cut[: end + 1]
    return (cut[:-1].rpartition(" ")[0] or cut[:-1]) + "…"


def script_of(text: str) -> str | None:
    """Return the script of most letters by its Unicode name, such as ARMENIAN; None where there are none."""
    letters = [char for char in text[: 4 * _LETTERS_LOOKED_AT] if char.isalpha()][:_LETTERS_LOOKED_AT]
    counted = Counter(unicodedata.name(char, "?").partition(" ")[0] for char in letters)
    return counted.most_common(1)[0][0] if counted else None
