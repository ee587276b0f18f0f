from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.messages import a_message
from tests.stores import summarised

from khosq.apis.xosum import FACE
from khosq.delivery.dialect import OtherEvent, Policy
from khosq.findings.finding import KeptFinding
from khosq.jobs.job import Job, JobEvent, JobState, Wishes
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
    outcome = summarised(Transcript("hy-AM", 31.4, said), DOCUMENTED["title"], DOCUMENTED["resolution"])
    message = a_message(FACE.dialect.events[JobEvent.COMPLETED], JOB, outcome, link=DOCUMENTED["link"])
    letter = FACE.dialect.letter(message)
    assert json.loads(letter.body) == DOCUMENTED
    assert letter.headers["content-type"] == "application/json"


CHECKED = json.loads((Path(__file__).parent / "examples" / "analysis_ready.json").read_text("utf-8"))
ANSWER = {"id": "q1", "text": "Did the agent greet?", "worth": 1.0, "points": 1, "reason": "Line 1 is a greeting."}


def checked(finding: KeptFinding) -> dict[str, object]:
    """Return the webhook that tells what came of the checklist."""
    name = f"scorecard:{CHECKED['checklistId']}"
    outcome = replace(summarised(Transcript("hy-AM", 31.4, ())), findings={name: replace(finding, name=name)})
    subject = {"scorecard_id": CHECKED["checklistId"]}
    message = a_message(FACE.dialect.events[OtherEvent.SCORED], JOB, outcome, link=CHECKED["link"], subject=subject)
    told: dict[str, object] = json.loads(FACE.dialect.letter(message).body)
    return told


def test_a_checklist_is_told_as_documented() -> None:
    value = {"evaluation_id": "an_5d20", "name": "Greeting check", "sections": [{"answers": [ANSWER]}]}
    assert checked(KeptFinding("", value, JOB.created_at)) == CHECKED


@pytest.mark.parametrize(
    ("worth", "points", "word"), [(None, None, "n/a"), (0.4, 4, "no"), (0.5, 5, "yes"), (0, 0, "no")]
)
def test_every_answer_is_yes_no_or_not_applicable(worth: float | None, points: float | None, word: str) -> None:
    answer = ANSWER | {"worth": worth, "points": points}
    value = {"evaluation_id": "an_5d20", "name": "Greeting check", "sections": [{"answers": [answer]}]}
    results = checked(KeptFinding("", value, JOB.created_at))["results"]
    assert isinstance(results, dict)
    assert (results["q1"]["answer"], results["q1"]["score"]) == (word, points)


def test_a_checklist_that_failed_says_why() -> None:
    told = checked(KeptFinding("", None, JOB.created_at, error="It broke."))
    assert (told["results"], told["checklistName"], told["error"]) == ({}, None, "It broke.")


def test_only_a_good_end_is_told_and_only_once() -> None:
    assert set(FACE.dialect.events) == {JobEvent.COMPLETED, OtherEvent.SCORED}
    assert FACE.dialect.policy == Policy(offsets=(0.0,), deadline=10.0)
    assert not FACE.dialect.hears_all_jobs
