# ruff: noqa: RUF001 (Armenian and Greek letters are meant)
from __future__ import annotations

import json
from dataclasses import replace

from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Utterance
from khosq.transcript.words import Word

HEARD = Utterance("Բարև։", (Word("բարև", Timespan(0.1, 0.6), 0.98765),), speaker=1, channel=1)


def test_the_shape_is_the_documented_one() -> None:
    said = replace(transcript(HEARD, language="hy-AM", duration=1.5), warnings=("Weak.",))
    assert json.loads(render(said, "json", options=ExportOptions(title="A call"))) == {
        "title": "A call",
        "language": "hy-AM",
        "duration": 1.5,
        "warnings": ["Weak."],
        "speakers": [{"id": 2, "label": "Speaker 2"}],
        "utterances": [
            {
                "start": 0.1,
                "end": 0.6,
                "speaker": 2,
                "channel": 1,
                "text": "Բարև։",
                "words": [{"text": "բարև", "start": 0.1, "end": 0.6, "confidence": 0.988}],
            }
        ],
    }


def test_without_speakers_nobody_is_told_apart() -> None:
    said = json.loads(render(transcript(spoken("Yes.", speaker=3)), "json", options=ExportOptions(with_speakers=False)))
    assert (said["speakers"], said["utterances"][0]["speaker"]) == ([], None)
