"""The contract's tables, row by row, against the real application and database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores import summarised

from khosq.analysis.scorecards.reading import checked_scorecard
from khosq.errors import SourceUnreachable
from khosq.findings.finding import KeptFinding
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState, Keep, ended
from khosq.jobs.results import Outcome
from khosq.jobs.submission import Submission
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Office = Any  # the fixture's type lies in a conftest, which cannot be imported
EXAMPLES = Path(__file__).parent / "examples"
AUDIO = "https://media.example.org/c/42.mp3"
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def submit(office: Office, key: str, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"audio_url": AUDIO, "language": "hy-AM", **fields}
    return office.client.post("/v1/transcription", headers=bearer(key) | (headers or {}), json=body)


def submitted(office: Office, key: str, **fields: Any) -> str:
    answer = submit(office, key, **fields)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def read(office: Office, key: str, job_id: str) -> Any:
    return office.client.get(f"/v1/transcription/{job_id}", headers=bearer(key))


def register(office: Office, key: str, *, once: str | None = None, **fields: Any) -> Any:
    body = {"url": "https://crm.example.org/hook", "events": ["*"], **fields}
    headers = bearer(key) | ({"Idempotency-Key": once} if once else {})
    return office.client.post("/v1/webhooks", headers=headers, json=body)


def said(text: str, speaker: int | None, start: float, end: float, *confidences: float, channel: int = 0) -> Utterance:
    """An utterance whose words share its time evenly."""
    words = text.split()
    step = (end - start) / len(words)
    times = [Timespan(start + step * number, start + step * (number + 1)) for number in range(len(words))]
    sure = confidences or [None] * len(words)
    return Utterance(text, tuple(map(Word, words, times, sure)), speaker, channel)


CALL = summarised(
    Transcript(
        "hy-AM",
        31.4,
        (
            said("Բարև ձեզ։", 0, 0.0, 2.61, 0.97, 0.91),  # noqa: RUF001 - Armenian
            said("Այո, լսում եմ։", 1, 2.9, 5.2, 0.9, 0.91, 0.92),  # noqa: RUF001 - Armenian
        ),
    ),
    title="Բարև",
    summary="Գործակալը ներկայացավ։",  # noqa: RUF001 - Armenian
)
SILENCE = Outcome(
    Transcript("hy-AM", 31.4, ()),
    findings={"intent": KeptFinding("intent", {"intent": "other"}, datetime(2030, 1, 1, 9, tzinfo=UTC))},
)


def greeting_card(office: Office) -> str:
    """Keep a scorecard of the usual tenant; return its id."""
    question = {"id": "q1", "text": "Greeting", "method": "binary", "weight": 3}
    card = {"name": "Greeting check", "sections": [{"name": "All", "weight": 1, "questions": [question]}]}
    tenant = office.core.accounts.ensure("acme")
    return str(office.core.scorecards.create(tenant.id, checked_scorecard(card)).scorecard_id)


def analysed(scorecard_id: str) -> Outcome:
    """Return a call in which everything was found that the contract's example shows."""
    shown = example("completed")
    qa = shown["qa_result"]
    moods = shown["sentiment"] | {"voices": [{"voice": 0, "score": 0.4}, {"voice": 1, "score": 0.0}]}
    answers = [
        {"text": one["name"], "points": one["score"], "most_points": 1, "reason": one["explanation"]}
        | {name: one[name] for name in ("method", "weight", "evidence")}
        for one in qa["parameters"]
    ]
    values = {
        "sentiment": moods,
        "intent": {"intent": shown["intent"]},
        f"scorecard:{scorecard_id}": {"score": qa["score"], "sections": [{"answers": answers}]},
    }
    at = datetime(2030, 1, 1, 9, tzinfo=UTC)
    return replace(
        CALL, findings={**CALL.findings, **{name: KeptFinding(name, one, at) for name, one in values.items()}}
    )


def assert_refused(answer: Any, status: int, code: str, *, naming: str = "", param: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert set(error) == {"code", "message"} | ({"param"} if param else set())
    assert (error["code"], error.get("param")) == (code, param)
    assert naming in error["message"]


# --- submit -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/transcription", "/v1/transcription"])
def test_the_documented_request_is_accepted_at_both_addresses(office: Office, path: str) -> None:
    key = office.key()
    answer = office.client.post(path, headers=bearer(key), json=example("submission"))
    assert answer.status_code == 202
    assert answer.json() == example("submitted") | {"job_id": answer.json()["job_id"]}
    assert list(answer.json()) == list(example("submitted"))
    assert re.fullmatch(r"trx_[A-Za-z0-9]{9,}", answer.json()["job_id"])
    assert office.client.get(f"{path}/{answer.json()['job_id']}", headers=bearer(key)).json()["status"] == "pending"


def test_a_job_is_queued_with_what_was_asked_for(office: Office) -> None:
    fields = {"speakers": 3, "features": ["intent", "summary", "transcription", "summary"]}
    job: Job = office.job(submitted(office, office.key(), **fields))
    assert (job.state, job.source_url, job.door) == (JobState.QUEUED, AUDIO, "neuronlens")
    assert (job.wishes.speakers, job.wishes.features) == (3, ("intent", "summary"))
    assert job.wishes.keep is Keep.NOTHING


@pytest.mark.parametrize("features", [[], ["transcription"], ["transcription", "transcription"]])
def test_transcription_is_always_included(office: Office, features: list[str]) -> None:
    assert office.job(submitted(office, office.key(), features=features)).wishes.features == ()


def test_what_is_left_out_has_its_documented_value(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key)
    assert (office.job(job_id).wishes.speakers, office.job(job_id).wishes.features) == (2, ())
    assert read(office, key, job_id).json()["metadata"] == {}


WRONG_SUBMISSIONS: list[tuple[dict[str, Any], str]] = [
    ({"audio_url": 5}, "audio_url"),
    ({"audio_url": None}, "audio_url"),
    ({"audio_url": ""}, "audio_url"),
    ({"audio_url": "call.mp3"}, "audio_url"),
    ({"audio_url": "ftp://media.example.org/c"}, "audio_url"),
    ({"audio_url": "file:///etc/passwd"}, "audio_url"),
    ({"audio_url": "http://127.0.0.1/c.mp3"}, "audio_url"),
    ({"audio_url": "http://169.254.169.254/latest"}, "audio_url"),
    ({"audio_url": "http://[::1]/"}, "audio_url"),
    ({"audio_url": "https://user:word@media.example.org/"}, "audio_url"),
    ({"audio_url": "https://media.example.org/\ud800"}, "audio_url"),
    ({"language": 5}, "language"),
    ({"language": ""}, "language"),
    ({"language": "not a tag"}, "language"),
    ({"language": "hy\n"}, "language"),
    ({"language": "xx-XX"}, "language"),
    ({"speakers": 0}, "speakers"),
    ({"speakers": 11}, "speakers"),
    ({"speakers": True}, "speakers"),
    ({"speakers": 2.0}, "speakers"),
    ({"speakers": "2"}, "speakers"),
    ({"speakers": None}, "speakers"),
    ({"features": "summary"}, "features"),
    ({"features": ["mood"]}, "features"),
    ({"features": ["Summary"]}, "features"),
    ({"features": [["summary"]]}, "features"),
    ({"features": ["qa_scoring"]}, "qa_scorecard_id"),
    ({"features": ["qa_scoring"], "qa_scorecard_id": "qsc_none"}, "qa_scorecard_id"),
    ({"features": ["qa_scoring"], "qa_scorecard_id": 5}, "qa_scorecard_id"),
    ({"metadata": []}, "metadata"),
    ({"metadata": None}, "metadata"),
    ({"metadata": "a"}, "metadata"),
]


def test_a_wrong_field_is_named(office: Office, subtests: pytest.Subtests) -> None:
    headers = bearer(office.key()) | {"Content-Type": "application/json"}
    for fields, param in WRONG_SUBMISSIONS:
        with subtests.test(fields=fields):
            body = json.dumps({"audio_url": AUDIO, "language": "hy-AM", **fields})
            answer = office.client.post("/v1/transcription", headers=headers, content=body)
            assert_refused(answer, 400, "invalid_request", naming=param, param=param)


@pytest.mark.parametrize("field", ["audio_url", "language"])
def test_a_missing_field_is_named(office: Office, field: str) -> None:
    body = {"audio_url": AUDIO, "language": "hy-AM"}
    del body[field]
    answer = office.client.post("/v1/transcription", headers=bearer(office.key()), json=body)
    assert_refused(answer, 400, "invalid_request", naming=f"{field} is required", param=field)


@pytest.mark.parametrize("fields", [{}, {"qa_scorecard_id": ""}, {"qa_scorecard_id": None}])
def test_qa_scoring_without_a_scorecard_is_refused_in_the_documented_words(
    office: Office, fields: dict[str, Any]
) -> None:
    assert submit(office, office.key(), features=["qa_scoring"], **fields).json() == example("refusal")


@pytest.mark.parametrize("scorecard_id", ["qsc_none", "", None])
def test_a_scorecard_without_qa_scoring_is_ignored(office: Office, scorecard_id: str | None) -> None:
    assert submit(office, office.key(), qa_scorecard_id=scorecard_id).status_code == 202


def test_a_language_is_matched_in_any_case_and_echoed_in_its_own(office: Office) -> None:
    key = office.key()
    assert read(office, key, submitted(office, key, language="HY-am")).json()["language"] == "hy-AM"


@pytest.mark.parametrize("path", ["/v1/transcription", "/v1/webhooks"])
def test_a_body_that_is_no_json_object_is_a_400(office: Office, path: str, subtests: pytest.Subtests) -> None:
    headers = bearer(office.key()) | {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'"text"', b"null", b"\xff", b'{"speakers": NaN}', b"[" * 9999):
        with subtests.test(body=body):
            assert_refused(office.client.post(path, headers=headers, content=body), 400, "invalid_request")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_that_is_not_declared_as_json_is_a_400(office: Office, kind: str | None) -> None:
    headers = bearer(office.key()) | ({"Content-Type": kind} if kind else {})
    body = json.dumps(example("submission")).encode()
    answer = office.client.post("/v1/transcription", headers=headers, content=body)
    assert_refused(answer, 400, "invalid_request", naming="Content-Type")


def test_a_content_type_may_name_its_charset(office: Office) -> None:
    headers = bearer(office.key()) | {"Content-Type": "Application/JSON; charset=utf-8"}
    body = json.dumps(example("submission")).encode()
    assert office.client.post("/v1/transcription", headers=headers, content=body).status_code == 202


def test_a_huge_body_is_a_413(office: Office) -> None:
    answer = submit(office, office.key(), metadata={"a": "x" * 2_000_000})
    assert_refused(answer, 413, "request_too_large")


def test_a_full_disk_turns_submissions_away_for_a_while(office: Office) -> None:
    office.disk.is_full = True
    answer = submit(office, office.key())
    assert_refused(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "60"


def test_extra_fields_are_ignored(office: Office) -> None:
    assert submit(office, office.key(), priority="high", callback_url=5).status_code == 202


@pytest.mark.parametrize(
    "metadata",
    [
        b'{"n":[12345678901234567890.123,1.10,1E-400,-0.0,3]}',
        b'{"a":"\\ud800","\\udfff":"\\u0000"}',
        b'{"deep":{"list":[null,true,{}]},"":""}',
    ],
)
def test_metadata_comes_back_exactly(office: Office, metadata: bytes) -> None:
    key = office.key()
    headers = bearer(key) | {"Content-Type": "application/json"}
    body = b'{"audio_url":"' + AUDIO.encode() + b'","language":"hy-AM","metadata":' + metadata + b"}"
    answer = office.client.post("/v1/transcription", headers=headers, content=body)
    assert b'"metadata":' + metadata in answer.content
    assert b'"metadata":' + metadata in read(office, key, answer.json()["job_id"]).content


# --- status and results -----------------------------------------------------


def test_a_finished_call_is_answered_as_the_contract_shows_it(office: Office) -> None:
    key, scorecard_id = office.key(), greeting_card(office)
    asked = ["summary", "sentiment", "intent", "qa_scoring"]
    job_id = submitted(office, key, features=asked, qa_scorecard_id=scorecard_id, metadata={"lead": "L-9"})
    office.clock.turn(21)
    office.finish(job_id, analysed(scorecard_id))
    answer = read(office, key, job_id)
    shown = answer.json()
    words = [segment.pop("words") for segment in shown["transcript"]]
    documented = example("completed")
    documented["qa_result"]["scorecard_id"] = scorecard_id
    assert shown == documented | {"job_id": job_id}
    assert list(shown) == list(documented)
    assert words[0] == [
        {"word": "Բարև", "start": 0.0, "end": 1.305, "confidence": 0.97},
        {"word": "ձեզ։", "start": 1.305, "end": 2.61, "confidence": 0.91},  # noqa: RUF001 - Armenian
    ]
    assert "x-khosq-warning" not in answer.headers


def test_an_analysis_that_failed_is_null_and_says_why(office: Office) -> None:
    key, scorecard_id = office.key(), greeting_card(office)
    job_id = submitted(office, key, features=["sentiment", "qa_scoring"], qa_scorecard_id=scorecard_id)
    failed = [
        KeptFinding(name, None, office.clock(), error="It broke.")
        for name in ("sentiment", f"scorecard:{scorecard_id}")
    ]
    office.finish(job_id, replace(CALL, findings={one.name: one for one in failed}))
    answer = read(office, key, job_id)
    assert (answer.json()["status"], answer.json()["sentiment"], answer.json()["qa_result"]) == (
        "completed",
        None,
        None,
    )
    assert "sentiment failed: It broke" in answer.headers["x-khosq-warning"]
    assert "qa_scoring failed: It broke" in answer.headers["x-khosq-warning"]


def test_another_tenants_scorecard_is_not_there(office: Office) -> None:
    answer = submit(office, office.key("another"), features=["qa_scoring"], qa_scorecard_id=greeting_card(office))
    assert_refused(answer, 400, "invalid_request", param="qa_scorecard_id")


def test_what_was_not_asked_for_is_left_out_or_null(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key)
    office.finish(job_id, CALL)
    answer = read(office, key, job_id)
    assert (answer.json()["summary"], answer.json()["intent"]) == (None, None)
    assert not {"sentiment", "qa_result"} & set(answer.json())
    assert "x-khosq-warning" not in answer.headers


def test_a_job_in_flight_shows_no_results(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key, features=["summary", "intent"])
    pending = read(office, key, job_id).json()
    office.begin(job_id)
    processing = read(office, key, job_id).json()
    assert (pending["status"], processing["status"]) == ("pending", "processing")
    for shown in (pending, processing):
        assert "transcript" not in shown
        assert [shown[name] for name in ("summary", "intent", "error", "completed_at")] == [None] * 4


def test_a_failed_job_says_why_in_the_documented_shape(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key)
    office.begin(job_id)
    office.clock.turn(4)
    error = SourceUnreachable("audio_url answered 404.")
    office.core.jobs.move(job_id, JobEvent.GIVEN_UP, office.clock(), changes=ended(office.clock(), error))
    shown = read(office, key, job_id).json()
    assert shown.items() >= (example("failed") | {"job_id": job_id}).items()
    assert set(shown) - set(example("failed")) == {"language", "duration_seconds"}


def test_a_cancelled_job_is_a_failed_one(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key)
    office.core.lookup.cancel(office.job(job_id).tenant_id, job_id)
    shown = read(office, key, job_id).json()
    assert (shown["status"], shown["error"]["code"]) == ("failed", "cancelled")
    assert shown["completed_at"] is not None


def test_a_call_in_which_nothing_is_said_is_completed(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key, features=["summary", "intent"])
    office.finish(job_id, SILENCE)
    shown = read(office, key, job_id).json()
    expected = {"status": "completed", "transcript": [], "summary": "", "intent": "other"}
    assert shown.items() >= expected.items()


def test_warnings_reach_the_reader(office: Office) -> None:
    key = office.key()
    job_id = submitted(office, key)
    office.finish(job_id, CALL, warnings=("Do not rely on this.",))
    assert read(office, key, job_id).headers["x-khosq-warning"] == "Do not rely on this"


def test_a_job_of_another_api_can_be_read_here(office: Office) -> None:
    key = office.key()
    headers = bearer(key)
    created = office.client.post("/api/createTranscription", headers=headers, json={"type": "phone_call"})
    shown = read(office, key, created.json()["docId"]).json()
    assert (shown["status"], shown["language"], shown["summary"]) == ("pending", "hy-AM", None)


# --- keys, workspaces, addresses --------------------------------------------


def every_request(office: Office, headers: dict[str, Any]) -> Iterator[Any]:
    for prefix in ("", "/v1"):
        yield office.client.post(f"{prefix}/transcription", headers=headers, json={})
        yield office.client.get(f"{prefix}/transcription/trx_unknown", headers=headers)
        yield office.client.post(f"{prefix}/webhooks", headers=headers, json={})
        yield office.client.get(f"{prefix}/webhooks", headers=headers)
        yield office.client.delete(f"{prefix}/webhooks/unknown", headers=headers)
        yield office.client.get(f"{prefix}/analytics/calls", headers=headers)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic a2V5", "Bearer \xff\x7f"])
def test_without_a_key_in_force_every_answer_is_the_same_401(office: Office, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    for answer in every_request(office, headers):
        assert_refused(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_read_only_key_may_get_and_nothing_else(office: Office) -> None:
    key = office.key(scope="read")
    for answer in every_request(office, bearer(key)):
        if answer.request.method == "GET":
            assert answer.status_code in {200, 404}
        else:
            assert_refused(answer, 403, "forbidden", naming="Read-Only")


def test_all_keys_of_a_workspace_see_its_jobs_and_others_get_404(office: Office) -> None:
    job_id = submitted(office, office.key("acme"))
    assert read(office, office.key("acme", scope="read"), job_id).status_code == 200
    foreign, unknown = (read(office, office.key("other"), name) for name in (job_id, "trx_unknown"))
    assert_refused(foreign, 404, "not_found")
    assert foreign.json() == unknown.json()


@pytest.mark.parametrize("job_id", ["x" * 500, "%00", "trx_%F0%9F%98%80", "..%2f..", "%ed%a0%80", "'%20or%201=1"])
def test_an_odd_id_is_a_404(office: Office, job_id: str) -> None:
    headers = bearer(office.key())
    assert_refused(office.client.get(f"/v1/transcription/{job_id}", headers=headers), 404, "not_found")
    assert_refused(office.client.delete(f"/v1/webhooks/{job_id}", headers=headers), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v1/nothing", "/v1/transcription/a/b", "/transcription/", "/webhooks/a/b", "/analytics",
     "/calls", "/calls/cal_1", "/v1/calls"],
)  # fmt: skip
def test_unknown_addresses_are_refused_in_this_shape(office: Office, path: str) -> None:
    assert_refused(office.client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/transcription", "POST"),
        ("DELETE", "/v1/transcription/trx_1", "GET"),
        ("PATCH", "/webhooks/1", "DELETE"),
        ("POST", "/analytics/calls", "GET"),
    ],
)
def test_wrong_methods_are_refused_in_this_shape(office: Office, method: str, path: str, allowed: str) -> None:
    answer = office.client.request(method, path)
    assert_refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


# --- rate limit -------------------------------------------------------------


def test_every_answer_tells_what_is_left_of_the_minute(office: Office) -> None:
    key, reset = office.key(), str(int(office.clock().timestamp()) + 60)
    left = 1000
    for answer in every_request(office, bearer(key)):
        left -= 1
        assert [answer.headers[name] for name in LIMITS] == ["1000", str(left), reset], answer.request.url
    assert submit(office, office.key(scope="read")).headers["x-ratelimit-remaining"] == str(left - 1)
    assert submit(office, office.key("another")).headers["x-ratelimit-remaining"] == "999"


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_what_no_route_takes_counts_in_the_minute_too(office: Office, prefix: str) -> None:
    key = bearer(office.key())
    answers = [
        office.client.get(f"{prefix}/webhooks/a/b", headers=key),
        office.client.put(f"{prefix}/transcription", headers=key),
        office.client.delete(f"{prefix}/analytics/calls", headers=key),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 405]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["999", "998", "997"]
    stranger = office.client.get(f"{prefix}/webhooks/a/b", headers=bearer("khosq_wrong"))
    assert stranger.status_code == 404
    assert "x-ratelimit-limit" not in stranger.headers


def test_over_the_limit_what_no_route_takes_is_refused_too(office: Office) -> None:
    key = office.key()
    for _ in range(1000):
        office.core.rate_limits.count(office.core.accounts.named("acme").id, "neuronlens", limit=1000)
    assert_refused(office.client.get("/webhooks/a/b", headers=bearer(key)), 429, "rate_limited")


def test_refusals_that_come_late_tell_what_is_left_too(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "one"}
    answers = [
        submit(office, key, metadata={"a": "x" * 2_000_000}),
        submit(office, key, headers=once),
        submit(office, key, headers=once, speakers=3),
    ]
    office.disk.is_full = True
    answers.append(submit(office, key))
    assert [answer.status_code for answer in answers] == [413, 202, 409, 503]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["999", "998", "997", "996"]


def test_over_the_limit_a_workspace_waits_for_the_next_minute(office: Office) -> None:
    key = office.key()
    tenant_id = office.core.accounts.named("acme").id
    office.clock.turn(20)
    for _ in range(1000):
        office.core.rate_limits.count(tenant_id, "neuronlens", limit=1000)
    answer = read(office, key, "trx_unknown")
    assert_refused(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "40"
    reset = str(int(office.clock().timestamp()) + 40)
    assert [answer.headers[name] for name in LIMITS] == ["1000", "0", reset]
    office.clock.turn(40)
    assert read(office, key, "trx_unknown").status_code == 404


# --- idempotency ------------------------------------------------------------


def test_a_repeated_submission_gets_the_first_answer(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "6f3c0a52-7d1e-4f0b-9a56-2f5c1d0e8b11"}
    first = submit(office, key, headers=once, metadata={"n": 1})
    office.clock.turn(30)
    office.finish(first.json()["job_id"], CALL)
    again = submit(office, office.key(), headers=once, metadata={"n": 1})
    assert (again.status_code, again.json()) == (202, first.json())


def test_a_submission_sent_many_times_at_once_makes_one_job(office: Office) -> None:
    keys = [office.key() for _ in range(8)]
    with ThreadPoolExecutor(len(keys)) as threads:
        answers = list(threads.map(lambda key: submit(office, key, headers={"Idempotency-Key": "one"}), keys))
    assert [answer.status_code for answer in answers] == [202] * len(keys)
    assert len({answer.content for answer in answers}) == 1


def test_the_same_idempotency_key_with_another_body_is_a_409(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "one"}
    assert submit(office, key, headers=once).status_code == 202
    assert_refused(submit(office, key, headers=once, speakers=3), 409, "conflict")


def test_an_idempotency_key_counts_in_its_workspace_and_for_a_day(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "one"}
    first = submit(office, key, headers=once).json()["job_id"]
    assert submit(office, office.key("other"), headers=once).json()["job_id"] != first
    office.clock.turn(24 * 3600 - 1)
    assert submit(office, key, headers=once).json()["job_id"] == first
    office.clock.turn(2)
    assert submit(office, key, headers=once).json()["job_id"] != first


def test_a_refused_first_request_is_not_remembered(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "one"}
    assert submit(office, key, headers=once, speakers=0).status_code == 400
    assert submit(office, key, headers=once).status_code == 202


def test_a_repeated_submission_whose_job_was_deleted_is_told_so(office: Office) -> None:
    key, once = office.key(), {"Idempotency-Key": "one"}
    job = office.job(submit(office, key, headers=once).json()["job_id"])
    office.core.lookup.delete(job.tenant_id, job.id)
    assert_refused(submit(office, key, headers=once), 409, "conflict", naming="deleted")


def test_a_repeated_registration_gets_the_first_answer(office: Office) -> None:
    key = office.key()
    first = register(office, key, once="one")
    again = register(office, key, once="one")
    assert (again.status_code, again.json()) == (201, first.json())
    assert office.client.get("/v1/webhooks", headers=bearer(key)).json()["total"] == 1
    assert_refused(register(office, key, once="one", secret="s"), 409, "conflict")
    assert_refused(submit(office, key, headers={"Idempotency-Key": "one"}), 409, "conflict")
    office.client.delete(f"/v1/webhooks/{first.json()['id']}", headers=bearer(key))
    assert_refused(register(office, key, once="one"), 409, "conflict", naming="removed")
    assert register(office, key, once="two").status_code == 201


# --- receivers --------------------------------------------------------------


def test_a_receiver_is_registered_listed_and_removed(office: Office) -> None:
    key = office.key()
    made = register(office, key, events=["transcription.failed", "transcription.failed"], secret="s3cr3t")
    assert made.status_code == 201
    expected = {
        "id": made.json()["id"],
        "url": "https://crm.example.org/hook",
        "events": ["transcription.failed"],
        "active": True,
        "created_at": "2030-01-01T09:00:00Z",
        "last_delivery": None,
    }
    assert made.json() == expected
    listed = office.client.get("/webhooks", headers=bearer(key))
    assert listed.json() == {"data": [expected], "total": 1, "limit": 20, "offset": 0}
    assert "s3cr3t" not in listed.text
    removed = office.client.delete(f"/webhooks/{expected['id']}", headers=bearer(key))
    assert (removed.status_code, removed.content) == (204, b"")
    assert_refused(office.client.delete(f"/webhooks/{expected['id']}", headers=bearer(key)), 404, "not_found")
    assert office.client.get("/v1/webhooks", headers=bearer(key)).json()["data"] == []


WRONG_REGISTRATIONS: list[tuple[dict[str, Any], str]] = [
    ({"url": 5}, "url"),
    ({"url": "http://crm.example.org/hook"}, "url"),
    ({"url": "https://10.0.0.1/hook"}, "url"),
    ({"url": "https://localhost/hook"}, "url"),
    ({"url": "crm.example.org"}, "url"),
    ({"events": []}, "events"),
    ({"events": "*"}, "events"),
    ({"events": ["call.completed"]}, "events"),
    ({"events": [5]}, "events"),
    ({"secret": 5}, "secret"),
    ({"secret": None}, "secret"),
    ({"secret": "x" * 257}, "secret"),
    ({"secret": "a\u0000b"}, "secret"),
]


def test_a_wrong_field_of_a_receiver_is_named(office: Office, subtests: pytest.Subtests) -> None:
    key = office.key()
    for fields, param in WRONG_REGISTRATIONS:
        with subtests.test(fields=fields):
            answer = register(office, key, **fields)
            assert_refused(answer, 400, "invalid_request", naming=param, param=param)


@pytest.mark.parametrize("field", ["url", "events"])
def test_a_missing_field_of_a_receiver_is_named(office: Office, field: str) -> None:
    body = {"url": "https://crm.example.org/hook", "events": ["*"]}
    del body[field]
    answer = office.client.post("/v1/webhooks", headers=bearer(office.key()), json=body)
    assert_refused(answer, 400, "invalid_request", naming=f"{field} is required", param=field)


def test_receivers_come_in_pages(office: Office) -> None:
    key = office.key()
    made = []
    for number in range(3):
        made.append(register(office, key, url=f"https://crm.example.org/{number}").json()["id"])
        office.clock.turn(1)
    page = office.client.get("/webhooks?limit=1&offset=1", headers=bearer(key)).json()
    assert ([one["id"] for one in page["data"]], page["total"]) == ([made[1]], 3)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "offset=1.5", "limit=٣"])
def test_a_wrong_page_is_a_400(office: Office, query: str) -> None:
    name = query.partition("=")[0]
    answer = office.client.get(f"/webhooks?{query}", headers=bearer(office.key()))
    assert_refused(answer, 400, "invalid_request", naming=name, param=name)


def test_another_workspace_s_receiver_is_not_there(office: Office) -> None:
    webhook_id = register(office, office.key("acme")).json()["id"]
    answer = office.client.delete(f"/v1/webhooks/{webhook_id}", headers=bearer(office.key("other")))
    assert_refused(answer, 404, "not_found")


def test_a_receiver_of_another_api_is_neither_shown_nor_removed(office: Office) -> None:
    key = office.key()
    endpoint = office.core.set_account_webhook("acme", url="https://crm.example.org", secret="s", api="xosum")
    assert office.client.get("/v1/webhooks", headers=bearer(key)).json()["total"] == 0
    assert office.client.delete(f"/v1/webhooks/{endpoint.id}", headers=bearer(key)).status_code == 404


def test_a_receiver_hears_of_the_jobs_of_this_api_and_shows_its_last_delivery(office: Office) -> None:
    key = office.key()
    webhook_id = register(office, key).json()["id"]
    job = office.job(submitted(office, key))
    other = Submission(job.tenant_id, new_id(), "xosum", job.wishes, {}, "https://asr.example.org")
    for one in (job, office.core.submissions.open(other)):
        office.core.lookup.cancel(one.tenant_id, one.id)
    found = office.core.endpoints.deliveries(job.tenant_id, limit=10)
    assert [(delivery.endpoint.id, delivery.job_id) for delivery in found] == [(webhook_id, job.id)]
    shown = office.client.get("/v1/webhooks", headers=bearer(key)).json()["data"][0]
    assert shown["last_delivery"] == {
        "event": "transcription.failed",
        "status": "pending",
        "status_code": None,
        "error": None,
        "attempted_at": None,
    }


# --- analytics --------------------------------------------------------------


def test_calls_are_counted_by_state_and_by_day(office: Office) -> None:
    key = office.key()
    for _ in range(2):
        office.finish(submitted(office, key), CALL)
    office.begin(submitted(office, key))
    office.clock.turn(24 * 3600)
    submitted(office, key)
    submitted(office, office.key("other"))
    answer = office.client.get("/v1/analytics/calls?from=2030-01-01&to=2030-01-02", headers=bearer(key))
    assert answer.json() == {
        "from": "2030-01-01T00:00:00Z",
        "to": "2030-01-03T00:00:00Z",
        "total_calls": 4,
        "total_duration_seconds": 62.81,
        "by_status": {"pending": 1, "processing": 1, "completed": 2, "failed": 0},
        "average_score": None,
        "average_sentiment": None,
        "by_agent": [],
        "by_intent": [],
        "by_day": [
            {
                "date": "2030-01-01",
                "total_calls": 3,
                "total_duration_seconds": 62.81,
                "by_status": {"pending": 0, "processing": 1, "completed": 2, "failed": 0},
            },
            {
                "date": "2030-01-02",
                "total_calls": 1,
                "total_duration_seconds": 0.0,
                "by_status": {"pending": 1, "processing": 0, "completed": 0, "failed": 0},
            },
        ],
    }


def test_only_calls_of_the_range_are_counted(office: Office) -> None:
    key = office.key()
    submitted(office, key)
    for query, calls in [
        ("", 0),  # it ends now, and now is not included
        ("to=2030-01-01", 1),
        ("to=2029-12-31", 0),
        ("from=20300101&to=20300101", 1),
        ("from=2030-01-01T09:00:00Z&to=2030-01-01T09:00:01Z", 1),
        ("from=2030-01-01T13:00:00%2B04:00&to=2030-01-01T13:00:01%2B04:00", 1),
        ("from=2030-01-01T09:00:01&to=2030-01-02", 0),
    ]:
        answer = office.client.get(f"/analytics/calls?{query}", headers=bearer(key))
        assert answer.json()["total_calls"] == calls, query


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("from=yesterday", "from"),
        ("from=", "from"),
        ("to=9999-12-31", "to"),
        ("to=2030-02-30", "to"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("from=2030-01-02&to=2030-01-01", "from"),
        ("from=2028-01-01&to=2030-01-01", "from"),
    ],
)
def test_a_wrong_range_is_a_400(office: Office, query: str, param: str) -> None:
    answer = office.client.get(f"/analytics/calls?{query}", headers=bearer(office.key()))
    assert_refused(answer, 400, "invalid_request", naming=param, param=param)


# --- bad input --------------------------------------------------------------

TEXT = st.text(st.characters(codec=None))
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda one: st.lists(one) | st.dictionaries(TEXT, one),
)
BODIES = {
    "/v1/transcription": {
        "audio_url": st.just(AUDIO) | ODD,
        "language": st.just("hy") | ODD,
        "speakers": ODD,
        "features": st.lists(TEXT) | ODD,
        "qa_scorecard_id": ODD,
        "metadata": ODD,
    },
    "/v1/webhooks": {"url": st.just("https://crm.example.org") | ODD, "events": st.lists(TEXT) | ODD, "secret": ODD},
}


@pytest.mark.parametrize("path", BODIES)
def test_no_body_breaks_anything(office: Office, path: str) -> None:
    key = office.key()

    @settings(max_examples=80, deadline=None)
    @given(body=st.fixed_dictionaries({}, optional=BODIES[path]))
    def send(body: Any) -> None:
        headers = bearer(key) | {"Content-Type": "application/json"}
        answer = office.client.post(path, headers=headers, content=json.dumps(body).encode())
        assert answer.status_code in {201, 202, 400, 409, 429}, answer.text
        assert answer.status_code < 300 or list(answer.json()) == ["error"]

    send()
