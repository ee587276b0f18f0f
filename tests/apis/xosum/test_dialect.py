from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.messages import a_message

from khosq.apis.xosum import FACE
from khosq.delivery.dialect import Policy
from khosq.jobs.job import Job, JobEvent, JobState, Wishes
from khosq.jobs.results import Outcome
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

DOCUMENTED = json.loads((Path(__file__).parent / "examples" / "transcript_ready.json").read_text("utf-8"))
JOB = Job(
    DOCUMENTED["docId"],
    "t",
    "xosum",
    JobState.SUCCEEDED,
    Wishes("hy-AM", 2),
    DOCUMENTED["metadata"],
    "https://asr.example.org",
    datetime(2030, 1, 1, tzinfo=UTC),
)


def test_a_finished_transcript_is_told_as_documented() -> None:
    texts = [line.partition(": ")[2] for line in DOCUMENTED["transcription"].split("\n")]
    said = tuple(Utterance(text, (Word(text, Timespan(place, place + 1)),), place) for place, text in enumerate(texts))
    outcome = Outcome(Transcript("hy-AM", 31.4, said), DOCUMENTED["title"], DOCUMENTED["resolution"])
    message = a_message(FACE.dialect.events[JobEvent.COMPLETED], JOB, outcome, link=DOCUMENTED["link"])
    letter = FACE.dialect.letter(message)
    assert json.loads(letter.body) == DOCUMENTED
    assert letter.headers["content-type"] == "application/json"


def test_only_a_good_end_is_told_and_only_once() -> None:
    assert set(FACE.dialect.events) == {JobEvent.COMPLETED}
    assert FACE.dialect.policy == Policy(offsets=(0.0,), deadline=10.0)
    assert not FACE.dialect.hears_all_jobs
