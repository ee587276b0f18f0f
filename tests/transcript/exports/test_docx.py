# ruff: noqa: RUF001 (Armenian and Greek letters are meant)
from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.transcript import Transcript


def opened(said: Transcript, options: ExportOptions | None = None) -> Document:
    return docx.Document(io.BytesIO(render(said, "docx", options=options)))


def test_it_reads_title_warning_then_who_speaks_when() -> None:
    said = transcript(spoken("Բարև ձեզ։", speaker=0), spoken("Ողջույն։", start=65, speaker=1), language="hy-AM")
    said = replace(said, warnings=("A weak model heard this.",))
    document = opened(said, ExportOptions(title="Զանգ", created=date(2026, 11, 20)))
    assert [paragraph.text for paragraph in document.paragraphs] == [
        "Զանգ",
        "A weak model heard this.",
        "00:00:00  Speaker 1",
        "Բարև ձեզ։",
        "00:01:05  Speaker 2",
        "Ողջույն։",
    ]
    assert document.core_properties.title == "Զանգ"
    assert document.core_properties.created.replace(tzinfo=None) == datetime(2026, 11, 20)  # noqa: DTZ001 (as stored)


@pytest.mark.parametrize(("language", "font"), [("hy-AM", "Segoe UI"), ("te", "Nirmala UI"), ("ar", "Segoe UI")])
def test_its_text_is_marked_as_the_language_in_fonts_of_the_script(language: str, font: str) -> None:
    defaults = opened(transcript(spoken("x"), language=language)).styles.element.find(f".//{qn('w:rPrDefault')}")
    spelled, fonts = defaults.find(f".//{qn('w:lang')}"), defaults.find(f".//{qn('w:rFonts')}")
    assert (spelled.get(qn("w:val")), spelled.get(qn("w:bidi"))) == (language, language)
    assert (fonts.get(qn("w:ascii")), fonts.get(qn("w:cs"))) == (font, font)
    assert (defaults.find(f".//{qn('w:cs')}") is not None) == (language == "te")
    assert (defaults.find(f".//{qn('w:rtl')}") is not None) == (language == "ar")


def test_no_clock_is_inside() -> None:
    file = io.BytesIO(render(transcript(spoken("Hello.")), "docx"))
    assert {entry.date_time for entry in zipfile.ZipFile(file).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = zipfile.ZipFile(file).read("docProps/core.xml")
    assert b"dcterms:created" not in properties
    assert b"dcterms:modified" not in properties
    assert b"python-docx" not in properties
