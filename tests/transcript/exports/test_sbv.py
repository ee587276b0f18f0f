from __future__ import annotations

from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import render


def test_both_times_stand_on_one_line() -> None:
    said = transcript(spoken("Good morning.", start=3661.5, speaker=0), duration=4000)
    assert render(said, "sbv") == b"1:01:01.500,1:01:02.500\nSpeaker 1: Good morning.\n\n"
