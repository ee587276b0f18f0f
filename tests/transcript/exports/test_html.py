from __future__ import annotations

from dataclasses import replace

from lxml import html
from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render


def test_it_is_a_whole_page_in_the_transcript_s_language() -> None:
    said = replace(transcript(spoken("नमस्ते।", speaker=0), language="hi-IN"), warnings=("Weak.",))
    page = html.document_fromstring(render(said, "html", options=ExportOptions(title="A & B")).decode())
    assert page.get("lang") == "hi-IN"
    assert page.findtext(".//title") == page.findtext(".//h1") == "A & B"
    assert [one.text_content() for one in page.find_class("head")] == ["00:00:00 Speaker 1"]
    assert [one.text_content() for one in page.find_class("said")] == ["नमस्ते।"]
    assert [one.text_content() for one in page.find_class("warning")] == ["Weak."]


def test_it_runs_nothing_and_fetches_nothing() -> None:
    said = transcript(spoken("<script>alert(1)</script> <img src=x onerror=alert(1)>", speaker=0))
    options = ExportOptions(title="<script>", speaker_label=lambda _: '"><script>')
    page = html.document_fromstring(render(said, "html", options=options).decode())
    assert page.xpath("//script | //img | //link | //*[@src or @href]") == []


def test_heads_are_left_out_with_times_and_speakers() -> None:
    bare = ExportOptions(with_timestamps=False, with_speakers=False)
    page = html.document_fromstring(render(transcript(spoken("Yes.", speaker=0)), "html", options=bare).decode())
    assert page.find_class("head") == []
