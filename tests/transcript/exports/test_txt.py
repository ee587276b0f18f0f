from __future__ import annotations

import pytest
from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render

CALL = transcript(spoken("Hello.", speaker=0), spoken("Who is it?", start=1, speaker=0), spoken("Me.", start=65))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (ExportOptions(), "[00:00:00] Speaker 1: Hello. Who is it?\n[00:01:05] Me.\n"),
        (ExportOptions(with_timestamps=False), "Speaker 1: Hello. Who is it?\nMe.\n"),
        (ExportOptions(with_speakers=False), "[00:00:00] Hello. Who is it?\n[00:01:05] Me.\n"),
        (
            ExportOptions(title=" A\ncall ", with_timestamps=False, with_speakers=False),
            "A call\n\nHello. Who is it?\nMe.\n",
        ),
    ],
)
def test_times_and_speakers_stand_before_the_words_where_they_are_wanted(options: ExportOptions, text: str) -> None:
    assert render(CALL, "txt", options=options).decode() == text


def test_nothing_said_is_an_empty_file() -> None:
    assert render(transcript(), "txt") == b""
