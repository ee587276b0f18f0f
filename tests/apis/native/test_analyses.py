"""Findings, runs over old calls, aggregates and preferences, before the real application."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.analysis.scorecards.cards import CALL, YAML

from khosq.analysis.scorecards.scoring import evaluate
from khosq.findings.finding import KeptFinding
from khosq.jobs.results import Outcome

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any

AT = datetime(2030, 1, 1, 9, tzinfo=UTC)
UNKNOWN = "Qm7Tz1Wc9Lp4Ks2Vb8Dx"


@pytest.fixture
def card(api: Api) -> str:
    made: str = api.made("/scorecards", content=YAML.encode())["scorecard_id"]
    return made


def done(api: Api, office: Office, mp3: bytes, outcome: Outcome, found: dict[str, Any], **asked: Any) -> str:
    """A call that has ended, in which this was found."""
    job: str = api.queued(mp3, **asked)["id"]
    kept = {name: KeptFinding(name, value, AT) for name, value in found.items()}
    office.finish(job, replace(outcome, findings=kept))
    return job


def scored(api: Api, office: Office, mp3: bytes, outcome: Outcome, card: str) -> tuple[str, str]:
    """A call that the pipeline has scored, and its evaluation."""
    job_id: str = api.queued(mp3, scorecard_id=card, metadata={"agent": "Anna"})["id"]
    job, scorecards = office.job(job_id), office.core.scorecards
    revision = scorecards.usable(job.tenant_id, card)
    kept = scorecards.keep_evaluation(job, revision, evaluate(CALL, revision.definition, {}))
    value = {"evaluation_id": kept.id, "revision": kept.revision, **kept.evaluation.to_json()}
    name = f"scorecard:{card}"
    office.finish(job_id, replace(outcome, findings={name: KeptFinding(name, value, AT)}))
    return job_id, kept.id


def refused(answer: Any, pointer: str) -> None:
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), answer.text


def test_a_job_says_what_is_to_be_found_and_who_the_agent_is(api: Api, card: str, office: Office) -> None:
    features = ["measures", "summary", "sentiment", "intent", "key_phrases", "action_items", "redaction", "summary"]
    job = api.job(features=features, scorecard_id=card, agent_channel=1)
    assert (job["features"], job["scorecard_id"], job["agent_channel"]) == (features[:-1], card, 1)
    wishes = office.job(job["id"]).wishes
    assert (list(wishes.features), wishes.scorecard_id, wishes.agent_channel) == (features[:-1], card, 1)
    assert api.call("DELETE", f"/scorecards/{card}").status_code == 409


def test_what_cannot_be_found_is_refused_and_named(api: Api, card: str) -> None:
    foreign = api.another("other").made("/scorecards", content=YAML.encode())["scorecard_id"]
    for asked, pointer in (
        ({"features": ["summary", "horoscope"]}, "/features/1"),
        ({"features": ["x" * 41]}, "/features/0"),
        ({"features": "summary"}, "/features"),
        ({"features": ["summary"] * 21}, "/features"),
        ({"scorecard_id": UNKNOWN}, "/scorecard_id"),
        ({"scorecard_id": foreign}, "/scorecard_id"),
        ({"scorecard_id": "\x00"}, "/scorecard_id"),
        ({"agent_channel": 8}, "/agent_channel"),
        ({"agent_channel": -1}, "/agent_channel"),
    ):
        refused(api.post("/jobs", json={"language": "en", **asked}), pointer)
        refused(api.post("/jobs/batch", json={"jobs": [{"language": "en", **asked}]}), f"/jobs/0{pointer}")


def test_findings_are_read_with_what_made_them(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    job = api.queued(mp3)["id"]
    path = f"/jobs/{job}/findings"
    assert api.get(path).status_code == 409
    failed = KeptFinding("intent", None, AT, "a-model", None, "The scorecard is archived or gone.")
    summed = KeptFinding("summary", {"title": "Ողջույն"}, AT, note="The model was away.")
    office.finish(job, replace(outcome, findings={"intent": failed, "summary": summed}))
    answer = api.get(path)
    facts = {"made_at": "2030-01-01T09:00:00Z"}
    assert answer.json()["data"] == [
        {"name": "intent", "value": None, "made_by": "a-model", "note": None, "error": failed.error, **facts},
        {"name": "summary", "value": {"title": "Ողջույն"}, "made_by": "embedded", "note": summed.note, "error": None}
        | facts,
    ]
    again = {"If-None-Match": answer.headers["etag"]}
    assert api.get(path, headers=again).status_code == 304
    office.core.findings.keep(job, KeptFinding("summary", {"title": "Բարև"}, AT))
    assert api.get(path, headers=again).status_code == 200
    foreign = api.another("other").get(path)
    assert (foreign.status_code, api.get(f"/jobs/{UNKNOWN}/findings").status_code) == (404, 404)


def test_a_run_over_named_calls_is_made_once_and_looked_at(
    api: Api, office: Office, mp3: bytes, outcome: Outcome, card: str
) -> None:
    jobs = [done(api, office, mp3, outcome, {}) for _ in range(2)]
    body = {"features": ["summary"], "scorecard_id": card, "job_ids": [*jobs, jobs[0]]}
    answer = api.post("/analyses", json=body, headers={"Idempotency-Key": "one"})
    run = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/khosq/v1/analyses/{run['id']}")
    assert (run["features"], run["scorecard_id"], run["jobs"], run["done"]) == (["summary"], card, 2, 0)
    assert api.made("/analyses", json=body, headers={"Idempotency-Key": "one"}) == run
    assert api.post("/analyses", json={**body, "features": []}, headers={"Idempotency-Key": "one"}).status_code == 409
    core_run = office.core.analyses.find(office.job(jobs[0]).tenant_id, run["id"])
    for job in jobs:
        office.core.analyses.finish(core_run, office.job(job), has_failed=job == jobs[0])
    now = api.get(f"/analyses/{run['id']}").json()
    assert (now["done"], now["failed"], now["ended_at"]) == (2, 1, "2030-01-01T09:00:00.250000Z")
    assert [one["id"] for one in api.get("/analyses").json()["data"]] == [run["id"]]
    assert api.another("other").get("/analyses").json()["data"] == []
    assert api.another("other").get(f"/analyses/{run['id']}").status_code == 404


def test_a_run_takes_the_calls_of_a_range_and_an_api(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    done(api, office, mp3, outcome, {})
    office.clock.turn(3600)
    for _ in range(2):
        done(api, office, mp3, outcome, {})
    api.queued(mp3)
    for asked, jobs in (
        ({}, 3),
        ({"from": "2030-01-01T10:00:00Z"}, 2),
        ({"to": "2030-01-01T10:00:00Z"}, 1),
        ({"api": "native", "from": "2030-01-01T00:00:00+00:00", "to": "2030-01-02T00:00:00Z"}, 3),
    ):
        assert api.made("/analyses", json={"features": ["summary"], **asked})["jobs"] == jobs
    for asked in ({"api": "xosum"}, {"from": "2031-01-01T00:00:00Z"}):
        answer = api.post("/analyses", json={"features": ["summary"], **asked})
        assert (answer.status_code, "nothing to analyse" in answer.json()["detail"]) == (400, True)


def test_a_run_that_makes_no_sense_is_refused(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    mine, waiting = done(api, office, mp3, outcome, {}), api.queued(mp3)["id"]
    foreign = done(api.another("other"), office, mp3, outcome, {})
    for body, pointer in (
        ({}, ""),
        ({"job_ids": [mine]}, ""),
        ({"features": ["summary"], "job_ids": [mine], "api": "native"}, ""),
        ({"features": ["summary"], "from": "2030-01-02T00:00:00Z", "to": "2030-01-02T00:00:00Z"}, ""),
        ({"features": ["horoscope"], "job_ids": [mine]}, "/features/0"),
        ({"scorecard_id": UNKNOWN, "job_ids": [mine]}, "/scorecard_id"),
        ({"features": ["summary"], "job_ids": [mine] * 1001}, "/job_ids"),
        ({"features": ["summary"], "from": "yesterday"}, "/from"),
        ({"features": ["summary"], "jobs": [mine]}, "/jobs"),
    ):
        refused(api.post("/analyses", json=body), pointer)
    assert api.post("/analyses", json={"features": ["summary"], "job_ids": [waiting]}).status_code == 400
    answers = [
        api.post("/analyses", json={"features": ["summary"], "job_ids": [mine, name]})
        for name in (foreign, UNKNOWN, "\x00", "x" * 5000)
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert api.another(scope="read").post("/analyses", json={}).status_code == 403
    assert api.get("/analyses").json()["data"] == []


def test_all_calls_are_summed_up_by_day_state_api_agent_and_intent(
    api: Api, office: Office, mp3: bytes, outcome: Outcome
) -> None:
    found = {
        "scorecard:a": {"score": 80.0},
        "sentiment": {"overall": 0.5},
        "intent": {"intent": "complaint"},
        "measures": {"silence": 3.1404},
    }
    done(api, office, mp3, outcome, found, metadata={"agent": "Անահիտ"})
    office.clock.turn(24 * 3600)
    done(api, office, mp3, outcome, {"scorecard:a": {"score": 40.0}}, metadata={"agent_id": 7})
    office.begin(api.queued(mp3)["id"])
    api.job()
    done(api.another("other"), office, mp3, outcome, found)
    answer = api.get("/analytics?from=2030-01-01&to=2030-01-02").json()
    assert (answer["from"], answer["to"]) == ("2030-01-01", "2030-01-02")
    assert answer["totals"] == {
        "calls": 4, "seconds": 62.808, "score": 60.0, "scored_calls": 2, "sentiment": 0.5, "silence_share": 0.1,
    }  # fmt: skip
    assert [(one["day"], one["calls"], one["score"], one["by_state"]) for one in answer["by_day"]] == [
        ("2030-01-01", 1, 80.0, {"succeeded": 1}),
        ("2030-01-02", 3, 40.0, {"succeeded": 1, "awaiting_media": 1, "running": 1}),
    ]
    assert {one["name"]: one["calls"] for one in answer["by_state"]} == {
        "succeeded": 2, "running": 1, "awaiting_media": 1,
    }  # fmt: skip
    assert [(one["name"], one["calls"]) for one in answer["by_api"]] == [("native", 2)]
    assert [(one["name"], one["score"]) for one in answer["by_agent"]] == [("7", 40.0), ("Անահիտ", 80.0)]
    assert [(one["name"], one["silence_share"]) for one in answer["by_intent"]] == [("complaint", 0.1)]
    assert api.get("/analytics?to=2029-12-31").json()["totals"]["calls"] == 0
    assert api.get("/analytics").json()["totals"]["calls"] == 4


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2030-01-02&to=2030-01-01", "/from"),
        ("from=2028-01-01&to=2030-01-01", "/from"),
        ("from=yesterday", "/from"),
        ("to=0001-01-01", "/to"),
        ("agent=Anna", "/agent"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(api: Api, query: str, pointer: str) -> None:
    refused(api.get(f"/analytics?{query}"), pointer)


def test_a_persons_answer_counts_everywhere_and_the_machines_stays_visible(
    api: Api, office: Office, mp3: bytes, outcome: Outcome, card: str
) -> None:
    job, evaluation = scored(api, office, mp3, outcome, card)
    before = api.get(f"/evaluations/{evaluation}").json()

    def seen() -> tuple[Any, ...]:
        headers = {"Authorization": f"Bearer {api.key}"}
        (finding,) = api.get(f"/jobs/{job}/findings").json()["data"]
        elsewhere = office.client.get(f"/v1/transcription/{job}", headers=headers).json()["qa_result"]
        calls = office.client.get("/v1/analytics/calls?to=2030-01-01", headers=headers).json()
        own = api.get("/analytics").json()
        (agent,) = own["by_agent"]
        return (
            finding["value"]["score"], elsewhere["score"], calls["average_score"],
            calls["by_agent"][0]["average_score"], own["totals"]["score"], agent["score"],
        )  # fmt: skip

    assert set(seen()) == {before["score"]}
    wrong = next(one for part in before["sections"] for one in part["answers"] if one["answer"] in {"yes", "no"})
    path = f"/evaluations/{evaluation}/answers/{wrong['question_id']}"
    body = {"answer": wrong["answer"] == "no", "reason": "I heard it.", "reviewer": "Ann"}
    after = api.call("PUT", path, json=body).json()
    assert after["score"] != before["score"]
    assert after["machine_score"] == before["score"]
    assert {round(score, 2) for score in seen()} == {after["score"]}
    assert api.call("DELETE", path, params={"reason": "I misheard."}).status_code == 200
    assert set(seen()) == {before["score"]}


def test_an_administrator_chooses_for_analyses(api: Api, office: Office) -> None:
    admin = api.another(scope="admin")
    nothing: dict[str, Any] = {"intents": [], "redact": [], "redaction_rules": [], "agent_channel": None}
    assert api.get("/preferences").json() == nothing
    chosen: dict[str, Any] = {
        "intents": [{"name": "upgrade", "phrases": ["more storage", "ավելի շատ տեղ"], "language": None}],
        "redact": ["card", "ticket"],
        "redaction_rules": [{"name": "ticket", "pattern": "T-[0-9]{6}"}],
        "agent_channel": 1,
    }
    kept = admin.call("PUT", "/preferences", json=chosen)
    assert (kept.status_code, kept.json()) == (200, chosen)
    assert api.get("/preferences").json() == chosen
    assert api.another("other").get("/preferences").json() == nothing
    assert api.call("PUT", "/preferences", json={}).status_code == 403
    preferences = office.core.preferences(office.core.accounts.named("acme").id)
    assert (preferences.intents[0].phrases, preferences.agent_channel) == (("more storage", "ավելի շատ տեղ"), 1)

    intent, rule = chosen["intents"][0], chosen["redaction_rules"][0]
    for body, pointer in (
        ({"intents": [{**intent, "name": "No"}]}, "/intents/0/name"),
        ({"intents": [{**intent, "phrases": []}]}, "/intents/0/phrases"),
        ({"intents": [{**intent, "phrases": ["?!"]}]}, "/intents/0/phrases/0"),
        ({"intents": [{**intent, "phrases": ["x" * 201]}]}, "/intents/0/phrases/0"),
        ({"intents": [{**intent, "phrases": ["x"] * 51}]}, "/intents/0/phrases"),
        ({"intents": [{**intent, "language": "en-US"}]}, "/intents/0/language"),
        ({"intents": [intent] * 101}, "/intents"),
        ({"intents": [{**intent, "phrases": ["x"] * 50}] * 21}, ""),
        ({"redaction_rules": [rule] * 51}, "/redaction_rules"),
        ({"redaction_rules": [rule, rule]}, "/redaction_rules"),
        ({"redaction_rules": [{**rule, "pattern": "x" * 501}]}, "/redaction_rules/0/pattern"),
        ({"redaction_rules": [{**rule, "pattern": "("}]}, "/redaction_rules"),
        ({"redaction_rules": [{**rule, "pattern": "\ud800"}]}, "/redaction_rules/0/pattern"),
        ({"redact": ["nothing_like_it"]}, "/redact"),
        ({"agent_channel": 8}, "/agent_channel"),
        ({"topics": []}, "/topics"),
    ):
        refused(admin.call("PUT", "/preferences", content=json.dumps(body)), pointer)
    assert api.get("/preferences").json() == chosen
