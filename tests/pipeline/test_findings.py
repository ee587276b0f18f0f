"""What is found in transcripts, before a real database and object store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.stores import Office

from khosq.analysis.feature import Preferences
from khosq.analysis.scorecards.reading import checked_scorecard
from khosq.analyst.analyst import Analyst
from khosq.findings.finding import KeptFinding
from khosq.jobs.job import Job, JobEvent, Wishes
from khosq.jobs.results import Outcome, results_key
from khosq.pipeline.findings import Findings, names_of
from khosq.scorecards.scorecards import Scorecards
from khosq.scorecards.store import EvaluationStore, ScorecardStore
from khosq.storage.blobs import Blobs
from khosq.tenants.store import TokenStore
from khosq.tenants.token_budget import TokenBudget
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

CARD = {
    "name": "Greeting check",
    "sections": [
        {
            "name": "Opening",
            "weight": 1,
            "questions": [
                {
                    "id": "greet",
                    "text": "Did the agent greet?",
                    "method": "keyword",
                    "phrases": {"any": ["good morning"]},
                    "speaker": "agent",
                    "weight": 3,
                }
            ],
        }
    ],
}


def said(text: str, voice: int, start: float) -> Utterance:
    words = [Word(word, Timespan(start + number, start + number + 0.9)) for number, word in enumerate(text.split())]
    return Utterance(text, tuple(words), voice, voice)


CALL = Outcome(
    Transcript("en", 30.0, (said("good morning sir", 0, 0.0), said("hello there", 1, 5.0))),
    ((Timespan(0, 3),), (Timespan(5, 7), Timespan(20, 21))),
    (-20.0, -25.0),
)


@pytest.fixture
def scorecards(office: Office) -> Scorecards:
    return Scorecards(ScorecardStore(office.database), EvaluationStore(office.database), clock=office.clock)


@pytest.fixture
def findings(office: Office, scorecards: Scorecards) -> Findings:
    analyst = Analyst(None, TokenBudget(TokenStore(office.database), per_day=0, clock=office.clock))
    return Findings(
        office.results, office.findings, scorecards, analyst, preferences=lambda _: Preferences(), clock=office.clock
    )


@pytest.fixture
def job(office: Office) -> Job:
    job = office.move(office.running(), JobEvent.COMPLETED)
    office.results.keep(job.id, CALL)
    return job


@pytest.fixture
def find(office: Office, findings: Findings, job: Job) -> Callable[[str], KeptFinding]:
    def one(name: str) -> KeptFinding:
        went_well = asyncio.run(findings.find(job, name))
        found = office.findings.of_jobs([job.id])[job.id][name]
        assert went_well == (found.error is None)
        return found

    return one


def test_measures_know_the_speech_without_words_and_the_levels(find: Callable[[str], KeptFinding]) -> None:
    value = find("measures").value
    assert value is not None
    assert value["silence"] == 24.0
    assert [(one["role"], one["loudness"]) for one in value["voices"]] == [("agent", -20.0), ("customer", -25.0)]


@pytest.mark.parametrize(("own", "agent"), [(None, -25.0), (0, -20.0), (1, -25.0)])
def test_the_tenants_agent_channel_counts_where_the_job_names_none(
    office: Office, scorecards: Scorecards, job: Job, own: int | None, agent: float
) -> None:
    analyst = Analyst(None, TokenBudget(TokenStore(office.database), per_day=0, clock=office.clock))
    chosen = Preferences(agent_channel=1)
    findings = Findings(
        office.results, office.findings, scorecards, analyst, preferences=lambda _: chosen, clock=office.clock
    )
    asked = replace(job, wishes=replace(job.wishes, agent_channel=own))
    assert asyncio.run(findings.find(asked, "measures"))
    value = office.findings.of_jobs([job.id])[job.id]["measures"].value
    assert value is not None
    assert [one["loudness"] for one in value["voices"] if one["role"] == "agent"] == [agent]


def test_a_scorecard_is_answered_with_its_evidence_and_kept_for_review(
    office: Office, scorecards: Scorecards, job: Job, find: Callable[[str], KeptFinding]
) -> None:
    card = scorecards.create(job.tenant_id, checked_scorecard(CARD))
    value = find(f"scorecard:{card.scorecard_id}").value
    assert value is not None
    (answer,) = value["sections"][0]["answers"]
    assert (value["score"], answer["answer"], answer["evidence"]["text"]) == (100.0, "yes", "good morning")
    (kept,) = scorecards.reviews.of_jobs([job.id])
    assert (kept.id, kept.revision) == (value["evaluation_id"], value["revision"])


def test_what_fails_is_kept_with_the_reason(find: Callable[[str], KeptFinding]) -> None:
    assert find("scorecard:Qm7Tz1Wc9Lp4Ks2Vb8Dx").error == "The scorecard is archived or gone."


def test_what_broke_unforeseen_says_where_to_look(office: Office, job: Job, find: Callable[[str], KeptFinding]) -> None:
    Blobs((office.folder / "blobs").as_uri()).put(f"{results_key(job.id)}/outcome.json", b'{"secret": 1}')
    found = find("measures")
    assert (found.value, found.error) == (
        None,
        "Something broke on our side while this was looked for; the log has the details.",
    )


def test_what_is_to_be_found_is_what_was_asked_and_is_known_with_its_measures() -> None:
    assert names_of(Wishes("en")) == ()
    assert names_of(Wishes("en", features=("summary", "horoscope"))) == ("measures", "summary")
    assert names_of(Wishes("en", scorecard_id="abc")) == ("measures", "scorecard:abc")


CARD_NUMBER = Outcome(Transcript("en", 30.0, (said("my card is 4111 1111 1111 1111 thank you", 0, 0.0),)))


def test_old_calls_are_redacted_with_everything_that_quotes_them(
    office: Office, findings: Findings, job: Job, find: Callable[[str], KeptFinding]
) -> None:
    office.results.keep(job.id, CARD_NUMBER)
    find("summary")
    found = find("redaction")
    outcome = office.lookup.outcome(job)
    assert outcome.transcript.text == "my card is [card] thank you"
    assert "4111" not in str(outcome)
    assert found.value is not None
    assert [(item["rule"], item["start"]) for item in found.value["items"]] == [("card", 3.0)]
    assert "[card]" in (outcome.summary or "")
