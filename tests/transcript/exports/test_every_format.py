"""What all file formats promise, read back by programs of other people."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape

import docx
import pysrt
import pytest
import ttconv.imsc.reader
import ttconv.stl.reader
import webvtt
from hypothesis import given, settings
from lxml import etree, html
from tests.transcript.sayings import HOSTILE, SAID, conversations, cue_options, spoken, transcript
from ttconv import model

from khosq.errors import Invalid
from khosq.transcript.cues import CueOptions
from khosq.transcript.exports import FORMATS, ExportOptions, render
from khosq.transcript.transcript import Transcript

LATIN = ["a", "to", "word,", "Žluťoučký", "façade.", "Łódź", "x" * 150, "naïve", "Straße?", "it's"]
CAPTIONS = [name for name, one in FORMATS.items() if one.is_caption]


def _imsc_words(document: model.ContentDocument | None) -> list[str]:
    assert document is not None
    body = document.get_body()
    assert body is not None
    lines = [
        "".join(one.get_text() if isinstance(one, model.Text) else " " for one in paragraph.dfs_iterator()
                if isinstance(one, model.Text | model.Br))
        for paragraph in body.dfs_iterator()
        if isinstance(paragraph, model.P)
    ]  # fmt: skip
    return " ".join(lines).split()


def _ttml_words(file: bytes) -> list[str]:
    return _imsc_words(ttconv.imsc.reader.to_model(etree.ElementTree(etree.fromstring(file))))


def _stl_words(file: bytes) -> list[str]:
    return _imsc_words(ttconv.stl.reader.to_model(io.BytesIO(file)))


def _srt_words(file: bytes) -> list[str]:
    return " ".join(cue.text for cue in pysrt.from_string(file.decode())).split()


def _vtt_words(file: bytes) -> list[str]:
    return unescape(" ".join(cue.text for cue in webvtt.from_string(file.decode()).captions)).split()


def _sbv_words(file: bytes) -> list[str]:
    captions = webvtt.from_buffer(io.BytesIO(file), format="sbv").captions if file else []
    return " ".join(cue.text for cue in captions).split()


READ: dict[str, Callable[[bytes], list[str]]] = {
    "srt": _srt_words,
    "vtt": _vtt_words,
    "sbv": _sbv_words,
    "ttml": _ttml_words,
    "stl": _stl_words,
}


def _docx_words(file: bytes) -> list[str]:
    return " ".join(paragraph.text for paragraph in docx.Document(io.BytesIO(file)).paragraphs).split()


def _html_words(file: bytes) -> list[str]:
    said = html.fromstring(file).find_class("said")
    return " ".join(str(paragraph.text_content()) for paragraph in said).split()


def _json_words(file: bytes) -> list[str]:
    return [word["text"] for one in json.loads(file)["utterances"] for word in one["words"]]


READ |= {
    "txt": lambda file: file.decode().split(),
    "docx": _docx_words,
    "html": _html_words,
    "json": _json_words,
}
NO_HEADS = ExportOptions(with_speakers=False, with_timestamps=False)


def with_room(said: Transcript) -> Transcript:
    """Make the recording long enough for every word to be seen."""
    return replace(said, duration=said.duration + len(words_of(said)))


def words_of(said: Transcript) -> list[str]:
    return sorted(word.text for one in said.utterances for word in one.words)


@pytest.mark.parametrize("name", sorted(set(CAPTIONS) - {"stl"}))
@settings(max_examples=25, deadline=None)
@given(said=conversations(), chosen=cue_options)
def test_captions_show_every_word_once(name: str, said: Transcript, chosen: CueOptions) -> None:
    said = with_room(said)
    file = render(said, name, options=ExportOptions(cues=chosen, with_speakers=False))
    assert sorted(READ[name](file)) == words_of(said)


@settings(max_examples=25, deadline=None)
@given(said=conversations(LATIN), chosen=cue_options)
def test_broadcast_captions_show_every_word_once(said: Transcript, chosen: CueOptions) -> None:
    said = with_room(said)
    file = render(said, "stl", options=ExportOptions(cues=chosen, with_speakers=False))
    assert sorted(READ["stl"](file)) == words_of(said)


@pytest.mark.parametrize("name", ["txt", "docx", "html", "json"])
@settings(max_examples=15, deadline=None)
@given(said=conversations([*SAID, "<b>", "&"]))
def test_documents_hold_every_word_once(name: str, said: Transcript) -> None:
    assert sorted(READ[name](render(said, name, options=NO_HEADS))) == words_of(said)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_transcript_gives_the_same_bytes(name: str) -> None:
    said = transcript(spoken("Good morning.", speaker=0), spoken("And to you.", start=4, speaker=1))
    options = ExportOptions(title="A call", created=date(2026, 11, 20))
    assert render(said, name, options=options) == render(said, name, options=options)
    assert render(said, name) == render(said, name)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("said", [transcript(), transcript(duration=0)])
def test_a_silent_recording_gives_a_file(name: str, said: Transcript) -> None:
    assert name not in READ or READ[name](render(said, name)) == []


@pytest.mark.parametrize("name", sorted(set(READ) - {"stl"}))
def test_hostile_text_stays_text(name: str) -> None:
    said = transcript(spoken(" ".join(HOSTILE), speaker=0), duration=30)
    options = ExportOptions(title="<script>\0-->\n\n1", speaker_label=lambda _: "</v><script>\n\n1 -->")
    shown = " ".join(READ[name](render(said, name, options=options)))
    for text in ("&amp;", "ab", "\ufffd", "abc", "שלום", "]]>", "#x[$y$]"):
        assert text in shown
    if name not in {"srt", "vtt", "sbv"}:  # whose readers leave out what looks like a tag
        assert "<script>alert(1)</script>" in shown


def test_web_pages_run_nothing_and_fetch_nothing() -> None:
    said = transcript(spoken("<script>alert(1)</script> <img src=x onerror=alert(1)>", speaker=0))
    options = ExportOptions(title="<script>", speaker_label=lambda _: '"><script>')
    page = html.fromstring(render(said, "html", options=options))
    assert page.xpath("//script | //img | //link | //*[@src or @href]") == []
    assert page.get("lang") == "en"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_endless_speech_and_endless_cues_take_bounded_time(name: str) -> None:
    said = transcript(spoken("on and on without any mark " * 500, pace=0.01), duration=900)
    without_limits = CueOptions(max_line_length=10**6, max_lines=10**6, max_duration=10**6, max_pause=10**6)
    began = time.process_time()
    assert len(render(said, name, options=ExportOptions(cues=without_limits))) > 3_000
    assert time.process_time() - began < 60


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("language", ["und", "x-klingon", "", "i", "qaa-Qaaa-QM-x-southern", '"><b>'])
def test_odd_languages_do_no_harm(name: str, language: str) -> None:
    said = transcript(spoken("Hello."), language=language)
    assert name not in READ or "Hello." in READ[name](render(said, name))


@pytest.mark.parametrize("name", ["", "mp3", "../srt", "options", "__init__"])
def test_other_formats_are_refused_by_naming_those_there_are(name: str) -> None:
    with pytest.raises(Invalid, match="srt, vtt, sbv, ttml, stl, txt, docx, pdf, html, json") as refused:
        render(transcript(), name)
    assert refused.value.field == "format"
