"""Jobs, before the real application, database and object store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.stores import keep_outcome

from khosq.jobs.job import JobEvent, JobState, Stage
from khosq.jobs.results import Outcome

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any
After = Callable[[float, Callable[[], Any]], None]

FIELDS = {
    "id", "api", "state", "stage", "percent", "eta_seconds", "language", "speakers", "multichannel", "punctuation",
    "features", "keep", "priority", "filename", "source_url", "recording_id", "duration", "error", "warnings", "upload",
    "metadata", "created_at", "started_at", "ended_at", "languages", "hotwords", "scorecard_id", "agent_channel",
}  # fmt: skip


def link(job: Any) -> str:
    parts = urlsplit(job["upload"]["url"])
    return f"{parts.path}?{parts.query}"


# --- creating ---------------------------------------------------------------


def test_a_job_without_a_recording_waits_at_a_link(api: Api, office: Office, mp3: bytes) -> None:
    written = '{"language": "en", "filename": "Call №1.mp3", "metadata": {"a": [1.50, null]}}'
    answer = api.post("/jobs", content=written.encode())
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/khosq/v1/jobs/{job['id']}"
    assert set(job) == FIELDS
    assert job["id"].startswith("job_")
    assert len(job["id"]) == 24
    assert (job["state"], job["api"], job["language"], job["metadata"]) == (
        "awaiting_media", "native", "en", {"a": [1.5, None]},
    )  # fmt: skip
    assert "1.50" in answer.text
    assert job["upload"]["url"].startswith(f"https://asr.example.org/khosq/v1/jobs/{job['id']}/upload?")
    assert job["upload"]["expires_at"] == "2030-01-01T10:00:00.250000Z"

    sent = office.client.put(link(job), content=mp3)
    again = office.client.put(link(job), content=mp3)
    after = api.get(f"/jobs/{job['id']}").json()

    assert (sent.status_code, sent.content) == (204, b"")
    assert again.status_code == 409
    assert again.json()["type"] == "/khosq/v1/problems/conflict"
    assert (after["state"], after["upload"], after["filename"]) == ("queued", None, "Call №1.mp3")
    assert len(after["recording_id"]) == 20
    assert len(office.stored()) == 1


def test_a_link_that_was_changed_or_has_expired_takes_nothing(api: Api, office: Office, mp3: bytes) -> None:
    job, other = api.job(), api.job()
    assert office.client.put(link(job).replace(job["id"], other["id"]), content=mp3).status_code == 403
    office.clock.turn(3601)
    late = office.client.put(link(job), content=mp3)
    assert (late.status_code, late.json()["title"]) == (403, "The link is not valid")
    assert api.get(f"/jobs/{job['id']}").json()["error"]["code"] == "upload_expired"
    assert office.stored() == []


def test_a_recording_that_is_here_or_at_a_url_is_queued_at_once(api: Api, mp3: bytes) -> None:
    recording = api.made("/recordings?filename=a.mp3", content=mp3)
    here = api.job(recording_id=recording["id"])
    there = api.job(source_url="https://recordings.example.org/a.mp3?token=1")
    assert (here["state"], here["recording_id"], here["filename"]) == ("queued", recording["id"], "a.mp3")
    assert (there["state"], there["source_url"]) == ("queued", "https://recordings.example.org/a.mp3?token=1")
    assert here["upload"] is there["upload"] is None


def test_a_form_carries_a_recording_and_what_is_wanted(api: Api, office: Office, mp3: bytes) -> None:
    options = json.dumps({"language": "en", "speakers": 2, "metadata": {"n": 1}})
    job = api.made("/jobs", files={"file": ("Զանգ.mp3", mp3)}, data={"options": options})
    plain = api.made("/jobs", files={"file": ("b.mp3", mp3)})
    assert (job["state"], job["speakers"], job["metadata"], job["filename"]) == ("queued", 2, {"n": 1}, "Զանգ.mp3")
    assert (plain["state"], plain["language"]) == ("queued", "hy-AM")
    assert len(office.stored()) == 2


def test_a_form_that_is_refused_leaves_nothing(api: Api, office: Office, mp3: bytes) -> None:
    for name, content, fields, status in (
        ("other", mp3, {}, 400),
        ("file", b"#!/bin/sh", {}, 415),
        ("file", mp3, {"options": "{"}, 400),
        ("file", mp3, {"options": '{"recording_id": "a"}'}, 400),
        ("file", mp3, {"language": "en"}, 400),
        ("file", mp3, {"options": '{"language": "xx"}'}, 400),
    ):
        answer = api.post("/jobs", files={name: ("a.mp3", content)}, data=fields)
        assert answer.status_code == status, answer.text
        assert office.stored() == []
    assert api.get("/jobs").json()["data"] == []


FAULTS: list[tuple[Any, list[str]]] = [
    ({"language": "xx"}, ["/language"]),
    ({"language": "not a tag"}, ["/language"]),
    ({"language": 5, "speakers": 0, "priority": 10}, ["/language", "/speakers", "/priority"]),
    ({"speakers": "2"}, ["/speakers"]),
    ({"speakers": True}, ["/speakers"]),
    ({"features": ["sentience"]}, ["/features/0"]),
    ({"keep": "forever"}, ["/keep"]),
    ({"languge": "en"}, ["/languge"]),
    ({"metadata": []}, ["/metadata"]),
    ({"metadata": {"a": "x" * 16_384}}, ["/metadata"]),
    ({"filename": "x" * 256}, ["/filename"]),
    ({"recording_id": "nobody's"}, ["/recording_id"]),
    ({"recording_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx"}, ["/recording_id"]),
    ({"source_url": "http://127.0.0.1/a.mp3"}, ["/source_url"]),
    ({"source_url": "file:///etc/passwd"}, ["/source_url"]),
    ({"source_url": "https://a.example/ b"}, ["/source_url"]),
    ({"source_url": "https://a.example/x", "recording_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx"}, [""]),
    ({"~/": 1}, ["/~0~1"]),
]


def test_every_fault_of_a_body_is_named(api: Api) -> None:
    for body, pointers in FAULTS:
        answer = api.post("/jobs", json=body)
        assert answer.status_code == 400, body
        problem = answer.json()
        assert problem["type"] == "/khosq/v1/problems/invalid"
        assert [fault["pointer"] for fault in problem["errors"]] == pointers
    assert api.get("/jobs").json()["data"] == []


def test_a_fault_says_what_to_write_instead(api: Api) -> None:
    known = (
        "language, languages, hotwords, speakers, multichannel, punctuation, features, scorecard_id, agent_channel, "
        "keep, priority, filename, metadata, recording_id, source_url"
    )
    for body, detail in (
        ({"languge": "en"}, f"unknown; known are {known}"),
        ({"language": "english"}, "must be a language tag such as en or hy-AM, or auto"),
        ({"language": "auto", "languages": ["english"]}, "must be a language tag such as en or hy-AM"),
        ({"language": "en", "languages": ["en", "nl"]}, "languages needs language: auto"),
        ({"language": "auto"}, "No model here tells languages apart; run: khosq models pull whisper"),
        ({"hotwords": "Anahit"}, "must be a list"),
        ({"hotwords": ["..."]}, "A hotword is a word or a name of 1 to 60 characters, not '...'."),
        ({"hotwords": ["x" * 61]}, "may have 60 characters at most"),
        ({"hotwords": ["x"] * 201}, "may have 200 at most"),
        ({"language": 5}, "must be text"),
        ({"speakers": 11}, "must be 10 or less"),
        ({"speakers": "2"}, "must be a whole number"),
        ({"punctuation": "yes"}, "must be true or false"),
        ({"keep": "forever"}, "must be 'original', 'small' or 'nothing'"),
        ({"filename": "x" * 256}, "may have 255 characters at most"),
        ({"source_url": "https://a.example/x", "recording_id": "b"}, "give recording_id or source_url, not both"),
    ):
        assert api.post("/jobs", json=body).json()["errors"][0]["detail"] == detail
    batch = api.post("/jobs/batch", json={"jobs": [{}, {"speed": 2}]}).json()
    assert batch["errors"] == [{"pointer": "/jobs/1/speed", "detail": f"unknown; known are {known}"}]
    query = api.get("/jobs?form=2030-01-01").json()
    assert query["detail"] == "/form: unknown; known are cursor, limit, state, api, from, to"
    assert api.get("/jobs?to=x").json()["errors"][0]["detail"] == "must be a moment such as 2030-01-31T09:00:00Z"


@pytest.mark.usefixtures("identifier")
def test_a_language_may_be_left_open_and_words_expected(api: Api) -> None:
    job = api.job(language="auto", languages=["hy-AM", "en", "en"], hotwords=[" Anahit  Sargsyan", "Khosq", "Khosq"])
    assert (job["language"], job["languages"]) == ("auto", ["hy-AM", "en"])
    assert job["hotwords"] == ["Anahit Sargsyan", "Khosq"]
    assert api.get(f"/jobs/{job['id']}").json()["hotwords"] == job["hotwords"]
    answer = api.post("/jobs", json={"language": "auto", "languages": ["en", "ta"]})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/languages/1"]


def test_a_fault_of_a_form_names_its_field(api: Api, mp3: bytes) -> None:
    def fault(files: Any, **fields: str) -> Any:
        return api.post("/jobs", files=files, data=fields).json()["errors"]

    missing = [{"pointer": "/file", "detail": "The form has no recording; its field must be called file."}]
    assert fault({"audio": ("a.mp3", mp3)}) == missing
    assert api.post("/recordings", files={"audio": ("a.mp3", mp3)}).json()["errors"] == missing
    (broken,) = fault({"file": ("a.mp3", mp3)}, options="{'language': 'en'}")
    assert broken["pointer"] == "/options"
    assert broken["detail"].startswith("The field options is not JSON: ")
    (listed,) = fault({"file": ("a.mp3", mp3)}, options="[]")
    assert listed == {"pointer": "/options", "detail": "The field options must be a JSON object."}
    (strange,) = fault({"file": ("a.mp3", mp3)}, language="en")
    assert strange["pointer"] == "/language"
    assert "known are file and options" in strange["detail"]


def test_a_body_that_is_no_json_object_is_refused(api: Api) -> None:
    for body in (b"{", b"[]", b'"text"', b"null", b"\xff", b'{"priority": NaN}', b"[" * 9999):
        assert api.post("/jobs", content=body).status_code == 400


def test_another_tenants_recording_is_none(api: Api, mp3: bytes) -> None:
    foreign = api.another("other").made("/recordings", content=mp3)["id"]
    answers = [api.post("/jobs", json={"recording_id": name}) for name in (foreign, "Qm7Tz1Wc9Lp4Ks2Vb8Dx")]
    told = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert told[0] == told[1]


def test_a_batch_is_made_whole_or_not_at_all(api: Api, mp3: bytes) -> None:
    recording = api.made("/recordings", content=mp3)["id"]
    good = [{"language": "en", "recording_id": recording, "metadata": {"n": n}} for n in range(50)]
    bad = [*good, {"language": "xx"}, {"speed": 2}, {"source_url": "https://10.0.0.1/"}]

    refused = api.post("/jobs/batch", json={"jobs": bad})
    worse = api.post("/jobs/batch", json={"jobs": [*good, {"language": "xx"}, {"source_url": "https://10.0.0.1/"}]})
    empty = api.post("/jobs/batch", json={"jobs": []})
    many = api.post("/jobs/batch", json={"jobs": [{}] * 1001})
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/jobs/51/speed"]
    assert [fault["pointer"] for fault in worse.json()["errors"]] == ["/jobs/50/language", "/jobs/51/source_url"]
    assert {one.status_code for one in (refused, worse, empty, many)} == {400}
    assert api.get("/jobs").json()["data"] == []

    made = api.post("/jobs/batch", json={"jobs": good})
    assert made.status_code == 202
    assert [job["metadata"]["n"] for job in made.json()["data"]] == list(range(50))
    assert {job["state"] for job in made.json()["data"]} == {"queued"}


def test_a_request_that_is_sent_again_makes_nothing_new(api: Api, office: Office, mp3: bytes) -> None:
    once, quoted = {"Idempotency-Key": "order 66"}, {"Idempotency-Key": '"order 66"'}
    first = api.made("/jobs", json={"language": "en"}, headers=once)
    assert api.made("/jobs", json={"language": "en"}, headers=quoted) == first
    other = api.post("/jobs", json={"language": "hy"}, headers=once)
    assert (other.status_code, other.json()["type"]) == (409, "/khosq/v1/problems/conflict")
    assert api.made("/jobs", json={"language": "en"}, headers={"Idempotency-Key": "67"})["id"] != first["id"]

    batch = {"jobs": [{"language": "en"}] * 3}
    many = api.made("/jobs/batch", json=batch, headers={"Idempotency-Key": "many"})
    assert api.made("/jobs/batch", json=batch, headers={"Idempotency-Key": "many"}) == many

    form = {"files": {"file": ("a.mp3", mp3)}, "headers": {"Idempotency-Key": "form"}}
    assert api.made("/jobs", **form)["id"] == api.made("/jobs", **form)["id"]
    assert len(office.stored()) == 1

    api.call("DELETE", f"/jobs/{first['id']}")
    assert api.post("/jobs", json={"language": "en"}, headers=once).status_code == 409
    office.clock.turn(24 * 3600 + 1)
    assert api.made("/jobs", json={"language": "hy"}, headers=once)["id"] != first["id"]


def test_an_idempotency_key_is_short_and_printable(api: Api) -> None:
    for key in ("", '""', "x" * 256, "a\tb"):
        assert api.post("/jobs", json={}, headers={"Idempotency-Key": key}).status_code == 400


# --- looking ----------------------------------------------------------------


def test_a_jobs_course_is_seen_with_stage_percent_and_pace(api: Api, office: Office, mp3: bytes) -> None:
    job = api.queued(mp3)
    assert (job["stage"], job["percent"], job["eta_seconds"]) == (None, 0.0, None)
    office.begin(job["id"])
    office.core.jobs.note_progress(job["id"], Stage.RECOGNIZE, 0.25)
    office.clock.turn(10)
    seen = api.get(f"/jobs/{job['id']}").json()
    assert (seen["state"], seen["stage"], seen["percent"], seen["eta_seconds"]) == ("running", "recognize", 25.0, 30.0)
    assert seen["started_at"] == "2030-01-01T09:00:00.250000Z"


def test_who_knows_a_job_already_is_told_only_what_is_new(api: Api, office: Office, mp3: bytes) -> None:
    job = api.queued(mp3)["id"]
    office.begin(job)
    first = api.get(f"/jobs/{job}")
    office.clock.turn(5)  # the time passes, nothing happens
    known = {"If-None-Match": first.headers["etag"]}
    same = api.get(f"/jobs/{job}", headers=known)
    office.core.jobs.note_progress(job, Stage.DETECT, 0.1)
    news = api.get(f"/jobs/{job}", headers=known)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (news.status_code, news.json()["stage"]) == (200, "detect")


def test_a_job_of_another_api_shows_null_where_that_api_knows_nothing(api: Api, office: Office) -> None:
    body = json.dumps({"type": "phone_call", "languageCode": "en", "metadata": {"\ud800": ["\x00"]}})
    headers = {"Authorization": f"Bearer {api.key}"}
    made = office.client.post("/api/createTranscription", headers=headers, content=body.encode()).json()
    job = api.get(f"/jobs/{made['docId']}").json()
    assert (job["api"], job["speakers"], job["filename"], job["upload"]) == ("xosum", 2, None, None)
    assert job["metadata"] == {"\ud800": ["\x00"]}


def test_jobs_are_listed_page_by_page_and_by_what_they_are(api: Api, office: Office, mp3: bytes) -> None:
    ids = []
    for _ in range(5):
        ids.append(api.queued(mp3)["id"])
        office.clock.turn(60)
    waiting = api.job()["id"]
    api.another("other").job()
    newest_first = [waiting, *reversed(ids)]

    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get("/jobs", params={"limit": 4} | ({"cursor": cursor} if cursor else {})).json()
        seen += [job["id"] for job in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert seen == newest_first

    def listed(**asked: Any) -> list[str]:
        return [job["id"] for job in api.get("/jobs", params=asked).json()["data"]]

    assert listed(state="awaiting_media") == [waiting]
    assert listed(state=["awaiting_media", "queued"]) == newest_first
    assert listed(api="xosum") == []
    assert listed(**{"from": "2030-01-01T09:02:00Z", "to": "2030-01-01T09:04:00Z"}) == [ids[3], ids[2]]


def test_a_list_is_not_asked_for_in_vain(api: Api) -> None:
    for query in (
        "limit=0", "limit=101", "limit=x", "limit=5&limit=6", "state=done", "colour=red", "from=yesterday",
        "from=0001-01-01T00:00:00%2B14:00", "from=2030-01-01T00:00:00", "cursor=%00", "cursor=abc",
        "cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHx4", "api=%00",
    ):  # fmt: skip
        answer = api.get(f"/jobs?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["errors"][0]["pointer"].startswith(f"/{query.partition('=')[0]}")


def test_what_is_not_mine_is_not_there(api: Api) -> None:
    foreign = api.another("other").job()["id"]
    unknown = (foreign, "job_h4RkT0yVqLz2NwCe8SbJ", "%00", "x" * 300)
    for path in ("", "/transcript", "/exports/srt", "/events"):
        answers = [api.get(f"/jobs/{job}{path}") for job in unknown]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json()["detail"] for answer in answers}) == 1
    assert api.call("DELETE", f"/jobs/{foreign}").status_code == 404
    assert api.post(f"/jobs/{foreign}/cancel").status_code == 404
    assert api.get(f"/deletions/{foreign}").status_code == 404


# --- waiting ----------------------------------------------------------------


def test_waiting_ends_with_the_job(api: Api, office: Office, mp3: bytes, outcome: Outcome, after: After) -> None:
    job = api.queued(mp3)["id"]
    after(0.5, lambda: office.finish(job, outcome))
    done = api.get(f"/jobs/{job}", params={"wait": 60}).json()
    assert done["state"] == "succeeded"
    assert api.get(f"/jobs/{job}", params={"wait": 60}).json() == done  # at once


def test_who_knows_a_job_waits_for_the_next_news(api: Api, office: Office, mp3: bytes, after: After) -> None:
    job = api.queued(mp3)["id"]
    known = {"If-None-Match": api.get(f"/jobs/{job}").headers["etag"]}
    after(0.5, lambda: office.begin(job))
    assert api.get(f"/jobs/{job}", params={"wait": 60}, headers=known).json()["state"] == "running"


def test_waiting_has_an_end(api: Api, mp3: bytes) -> None:
    job = api.queued(mp3)["id"]
    answer = api.get(f"/jobs/{job}", params={"wait": 0.3})
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    known = {"If-None-Match": answer.headers["etag"]}
    assert api.get(f"/jobs/{job}", params={"wait": 0.3}, headers=known).status_code == 304
    assert {api.get(f"/jobs/{job}?wait={wait}").status_code for wait in ("-1", "61", "nan", "inf", "x")} == {400}


def test_a_job_that_is_deleted_while_somebody_waits_is_gone(api: Api, office: Office, mp3: bytes, after: After) -> None:
    job = api.queued(mp3)["id"]
    other = api.another()
    after(0.5, lambda: other.call("DELETE", f"/jobs/{job}"))
    assert api.get(f"/jobs/{job}", params={"wait": 60}).status_code == 404


# --- the stream -------------------------------------------------------------


@contextmanager
def following(port: int, api: Api, job: str, **headers: str) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """Give the events of a job as they come: name, id, data."""
    headers |= {"Authorization": f"Bearer {api.key}"}
    url = f"http://127.0.0.1:{port}/khosq/v1/jobs/{job}/events"
    with httpx2.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    for line in lines:
        if line.startswith("event: "):
            yield line[7:], next(lines)[4:], json.loads(next(lines)[6:])


def test_a_stream_tells_each_step_and_ends_with_the_job(
    api: Api, office: Office, live_port: int, mp3: bytes, outcome: Outcome
) -> None:
    job = api.queued(mp3)["id"]
    with following(live_port, api, job) as told:
        name, _, first = next(told)
        assert (name, first["state"], first["stage"], first["percent"]) == ("update", "queued", None, 0.0)
        office.begin(job)
        assert next(told)[2]["state"] == "running"
        office.core.jobs.note_progress(job, Stage.RECOGNIZE, 0.5)
        name, before_last, third = next(told)
        assert (name, third["stage"], third["percent"]) == ("update", "recognize", 50.0)
        keep_outcome(office.core.results, office.core.findings, job, outcome)
        changes = {"progress": 1.0, "duration": 31.4, "ended_at": office.clock(), "stage": None}
        office.core.jobs.move(job, JobEvent.COMPLETED, office.clock(), changes=changes)
        name, last, end = next(told)
        assert (name, end) == (
            "end",
            {"job_id": job, "state": "succeeded", "stage": None, "percent": 100.0, "eta_seconds": None,
             "duration": 31.4, "error": None},
        )  # fmt: skip
        assert list(told) == []

    with following(live_port, api, job, **{"Last-Event-ID": before_last}) as told:
        assert [(name, event_id) for name, event_id, _ in told] == [("end", last)]
    over = api.get(f"/jobs/{job}/events", headers={"Last-Event-ID": last})
    assert (over.status_code, over.content) == (204, b"")


def test_a_stream_ends_when_its_job_is_deleted_or_its_key_revoked(
    api: Api, office: Office, live_port: int, mp3: bytes
) -> None:
    other = api.another()
    job, second = api.queued(mp3)["id"], other.queued(mp3)["id"]
    with following(live_port, api, job) as told:
        assert next(told)[0] == "update"
        other.call("DELETE", f"/jobs/{job}")
        assert [name for name, _, _ in told] == ["deleted"]
    with following(live_port, api, second) as told:
        assert next(told)[0] == "update"
        office.core.keys.revoke(next(key.id for key in office.core.keys.list("acme") if api.key.startswith(key.prefix)))
        office.begin(second)
        assert list(told) == []


# --- ending -----------------------------------------------------------------


def test_a_job_is_cancelled_once(api: Api, office: Office, mp3: bytes) -> None:
    for job in (api.job()["id"], api.queued(mp3)["id"]):
        assert api.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
        assert api.post(f"/jobs/{job}/cancel").status_code == 409
        assert office.job(job).state is JobState.CANCELLED


def test_a_deleted_job_leaves_a_proof_and_nothing_else(api: Api, office: Office, mp3: bytes) -> None:
    job = api.made("/jobs", files={"file": ("a.mp3", mp3)})["id"]
    assert api.get(f"/deletions/{job}").status_code == 404
    proof = api.call("DELETE", f"/jobs/{job}")
    assert proof.status_code == 200
    assert len(proof.json()["recording_sha256"]) == 64
    assert (proof.json()["job_id"], proof.json()["api"]) == (job, "native")
    assert proof.json()["deleted_by"] is not None
    assert api.get(f"/deletions/{job}").json() == proof.json()
    assert api.another("other").get(f"/deletions/{job}").status_code == 404
    assert api.get(f"/jobs/{job}").status_code == 404
    assert api.call("DELETE", f"/jobs/{job}").status_code == 404
    office.core.recordings.sweep()
    assert office.stored() == []


def test_a_failed_job_says_why(api: Api, office: Office, mp3: bytes) -> None:
    job = api.queued(mp3)["id"]
    office.fail(job, "The uploaded file is not a readable MP3.")
    assert api.get(f"/jobs/{job}").json()["error"] == {
        "code": "media_unreadable", "message": "The uploaded file is not a readable MP3.",
    }  # fmt: skip


def test_a_key_that_may_only_look_changes_nothing(api: Api, mp3: bytes) -> None:
    job, looker = api.queued(mp3)["id"], api.another(scope="read")
    assert looker.get(f"/jobs/{job}").status_code == 200
    assert looker.get(f"/jobs/{api.job()['id']}").json()["upload"] is None
    for method, path in (("POST", "/jobs"), ("POST", f"/jobs/{job}/cancel"), ("DELETE", f"/jobs/{job}")):
        assert looker.call(method, path).status_code == 403
