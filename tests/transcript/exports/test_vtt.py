from __future__ import annotations

from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render


def test_speakers_are_voices_and_markup_is_escaped() -> None:
    said = transcript(spoken("x <b> & y --> z", speaker=1), spoken("plain", start=5))
    options = ExportOptions(speaker_label=lambda speaker: f"<Խոսնակ> {speaker + 1}")
    assert render(said, "vtt", options=options).decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.800\n<v &lt;Խոսնակ&gt; 2>x &lt;b&gt; &amp; y --&gt; z\n\n"
        "00:00:05.000 --> 00:00:06.000\nplain\n\n"
    )


def test_nothing_said_is_still_a_vtt_file() -> None:
    assert render(transcript(), "vtt") == b"WEBVTT\n\n"
