# ruff: noqa: RUF001 (Armenian and Greek letters are meant)
from __future__ import annotations

from lxml import etree
from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render

TTML = {"tt": "http://www.w3.org/ns/ttml", "ttm": "http://www.w3.org/ns/ttml#metadata"}
XML = "{http://www.w3.org/XML/1998/namespace}"


def test_a_caption_has_times_lines_and_its_speaker_as_an_agent() -> None:
    said = transcript(
        spoken("Բարև ձեզ, ես զանգում եմ իմ հաշվի մասին։", speaker=0), spoken("Hm.", start=20), language="hy-AM"
    )
    options = ExportOptions(title="A & B", speaker_label=lambda _: "<Խոսնակ>")
    root = etree.fromstring(render(said, "ttml", options=options))
    assert root.get(f"{XML}lang") == "hy-AM"
    assert root.findtext(".//ttm:title", namespaces=TTML) == "A & B"
    (agent,) = root.iterfind(".//ttm:agent", TTML)
    assert agent.findtext("ttm:name", namespaces=TTML) == "<Խոսնակ>"
    first, second = root.iterfind(".//tt:p", TTML)
    assert first.get(f"{{{TTML['ttm']}}}agent") == agent.get(f"{XML}id")
    assert (first.get("begin"), first.get("end")) == ("00:00:00.000", "00:00:02.400")
    assert second.get(f"{{{TTML['ttm']}}}agent") is None


def test_agents_are_left_out_with_the_speakers() -> None:
    said = transcript(spoken("Yes.", speaker=0))
    assert b"agent" not in render(said, "ttml", options=ExportOptions(with_speakers=False))


def test_lines_of_arabic_begin_at_the_right() -> None:
    assert b'tts:direction="rtl"' in render(transcript(spoken("مرحبا بك"), language="ar"), "ttml")
