from __future__ import annotations

from tests.transcript.sayings import spoken, transcript

from khosq.transcript.paragraphs import paragraphs
from khosq.transcript.timespan import Timespan


def test_a_paragraph_ends_where_another_speaks_or_all_are_silent() -> None:
    call = transcript(
        spoken("Hello.", speaker=0),
        spoken("Who is it?", start=1, speaker=0),
        spoken("Me.", start=2, speaker=1),
        spoken("Are you there?", start=9, speaker=1),
    )
    assert [(one.speaker, one.time, one.text) for one in paragraphs(call)] == [
        (0, Timespan(0, 1.9), "Hello. Who is it?"),
        (1, Timespan(2, 2.3), "Me."),
        (1, Timespan(9, 9.9), "Are you there?"),
    ]


def test_a_long_speech_is_cut_where_utterances_end() -> None:
    speech = transcript(*(spoken("ten words make one sentence here and that is it.", start=3 * n) for n in range(30)))
    lengths = [len(one.text.split()) for one in paragraphs(speech)]
    assert lengths == [100, 100, 100]


def test_nothing_said_is_no_paragraph() -> None:
    assert list(paragraphs(transcript())) == []
