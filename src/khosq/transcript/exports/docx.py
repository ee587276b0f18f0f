"""A Word document."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.coreprops import CoreProperties
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.styles.style import ParagraphStyle

from khosq.transcript.exports.clock import short_clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.scripts import is_indic, is_right_to_left
from khosq.transcript.paragraphs import Paragraph, paragraphs
from khosq.transcript.transcript import Transcript

_FONT, _INDIC_FONT = "Segoe UI", "Nirmala UI"
"""Where a computer lacks them, its own font for the script is taken."""
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_GREY = RGBColor(0x59, 0x59, 0x59)
_HEAD = "Speaker"


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a DOCX file whose text is marked as the transcript's language."""
    document = docx.Document()
    _set_language(document, transcript.language)
    _set_properties(document.core_properties, transcript, options)
    if options.printable_title:
        document.add_heading(options.printable_title, 0)
    for warning in transcript.warnings:
        document.add_paragraph(warning, "Quote")
    head = document.styles.add_style(_HEAD, WD_STYLE_TYPE.PARAGRAPH)
    _lay_out(head)
    for paragraph in paragraphs(transcript):
        _add(document, paragraph, options)
    return _without_clock(document)


def _add(document: Document, paragraph: Paragraph, options: ExportOptions) -> None:
    time = short_clock(paragraph.time.start) if options.with_timestamps else None
    head = "  ".join(part for part in (time, options.label(paragraph.speaker)) if part)
    if head:
        document.add_paragraph(head, _HEAD)
    document.add_paragraph(paragraph.text)


def _set_language(document: Document, language: str) -> None:
    """Make the document's own defaults speak ``language``: spelling, fonts, direction."""
    styles = document.styles.element
    font = _INDIC_FONT if is_indic(language) else _FONT
    for fonts in styles.iter(qn("w:rFonts")):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), font)
    spoken = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}/{qn('w:lang')}")
    for kind in ("val", "eastAsia", "bidi"):
        spoken.set(qn(f"w:{kind}"), language)
    if is_right_to_left(language):
        spoken.addprevious(OxmlElement("w:rtl"))
        styles.find(f"{qn('w:docDefaults')}/{qn('w:pPrDefault')}/{qn('w:pPr')}").insert(0, OxmlElement("w:bidi"))
    elif is_indic(language):
        spoken.addprevious(OxmlElement("w:cs"))


def _set_properties(properties: CoreProperties, transcript: Transcript, options: ExportOptions) -> None:
    properties.title = (options.printable_title or "Transcript")[:255]
    properties.author = properties.comments = ""
    properties.language = transcript.language
    for name in ("created", "modified"):
        if options.created:
            setattr(properties, name, datetime.combine(options.created, time()))
        else:
            for stale in properties._element.findall(qn(f"dcterms:{name}")):  # noqa: SLF001 (no public way to remove)
                properties._element.remove(stale)  # noqa: SLF001 (as above)


def _lay_out(head: ParagraphStyle) -> None:
    """Let a paragraph's head stand close above it, small and grey."""
    head.font.size, head.font.color.rgb = Pt(9), _GREY
    head.paragraph_format.space_after = Pt(0)
    head.paragraph_format.keep_with_next = True


def _without_clock(document: Document) -> bytes:
    """Return the saved file with the archive's own times taken out."""
    saved, still = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(still, "w") as target:
        for part in source.namelist():
            entry = zipfile.ZipInfo(part, _NO_TIME)
            target.writestr(entry, source.read(part), zipfile.ZIP_DEFLATED)
    return still.getvalue()
