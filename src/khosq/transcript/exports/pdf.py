"""A PDF whose text is shaped with fonts of its own, set by Typst."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time
from pathlib import Path
from unicodedata import category, name

import typst

from khosq.errors import Failed, Invalid
from khosq.transcript.exports.clock import short_clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.scripts import primary
from khosq.transcript.paragraphs import Paragraph, paragraphs
from khosq.transcript.transcript import Transcript

FONTS = Path(__file__).parents[1] / "fonts"

_TEMPLATE = Path(__file__).with_name("templates") / "document.typ"
_ALWAYS_SHOWN = 0x590
"""Latin, Greek, Cyrillic and Armenian stand below."""
_SCRIPTS = (
    "LATIN GREEK CYRILLIC ARMENIAN HEBREW ARABIC DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA "
    "MALAYALAM SINHALA THAI GEORGIAN"
)
"""First words of the names of letters that the fonts hold."""


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a PDF file.

    Raises:
        Invalid: no font here has the letters of this text.

    """
    read = [_plain(paragraph, options) for paragraph in paragraphs(transcript)]
    content = {
        "language": _language(transcript.language),
        "title": options.printable_title,
        "warnings": transcript.warnings,
        "paragraphs": read,
    }
    shown = json.dumps(content, ensure_ascii=False)
    _refuse_unknown_letters(shown)
    created = datetime.combine(options.created, time(), UTC) if options.created else None
    try:
        return typst.compile(
            _TEMPLATE,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            sys_inputs={"content": shown, "dated": "yes" if created else ""},
            timestamp=created,
        )
    except typst.TypstError as error:
        raise Failed("The PDF could not be set.") from error


def _language(tag: str) -> str:
    language = primary(tag)
    if language == "pa":  # under two letters, Typst takes Punjabi for a language written from the right
        return "pan"
    return language if re.fullmatch("[a-z]{2,3}", language) else "und"


def _plain(paragraph: Paragraph, options: ExportOptions) -> dict[str, str | None]:
    return {
        "time": short_clock(paragraph.time.start) if options.with_timestamps else None,
        "speaker": options.label(paragraph.speaker),
        "text": paragraph.text,
    }


def _refuse_unknown_letters(text: str) -> None:
    for char in sorted(set(text)):
        if ord(char) >= _ALWAYS_SHOWN and category(char)[0] == "L":
            letter = name(char, "an unknown letter")
            if letter.split()[0] not in _SCRIPTS.split():
                raise Invalid(f"No font for PDF has {letter} here; HTML, DOCX and TXT can show it.", field="format")
