"""Sessions, by the contract's tables, against the real application, database and object store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apis.scriptix.calls import (
    MORNING,
    OUTCOME,
    SESSIONS,
    Office,
    assert_refused,
    create,
    done,
    keyed,
    look,
    result,
    said,
    told,
)

from khosq.apis.scriptix.mapping import STATE_WORDS
from khosq.jobs.job import JobState, Keep, Wishes
from khosq.jobs.results import Outcome
from khosq.jobs.submission import Submission
from khosq.transcript.transcript import Transcript

EXAMPLES = Path(__file__).parent / "examples"
FIELDS = {
    *("session_id", "status", "filename", "duration", "media_type", "media_url", "error"),
    *("language", "created_at", "started_at", "finished_at", "meta_data", "document"),
}


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def post(office: Office, key: str, body: Any) -> Any:
    return office.client.post(SESSIONS, headers=keyed(key), json=body)


# --- create -----------------------------------------------------------------


def test_the_documented_request_makes_a_session_that_starts_at_once(office: Office) -> None:
    answer = post(office, office.key(), example("create_request"))
    assert answer.status_code == 200
    envelope = answer.json()
    assert (envelope["count"], envelope["total_results"]) == (1, 1)
    session = envelope["result"]
    assert set(session) == FIELDS
    assert len(session["session_id"]) == 26
    assert set(session["session_id"]) <= set("0123456789abcdef")
    expected = example("create_answer")["result"] | {"session_id": session["session_id"]}
    assert {name: session[name] for name in expected} == expected
    assert session["created_at"] == "2030-01-01T09:00:00.250+00:00"
    assert office.job(session["session_id"]).state is JobState.QUEUED


def test_a_session_without_media_waits_a_day_for_it(office: Office) -> None:
    key = office.key()
    session = create(office, key)
    assert session | {"status": "new", "filename": "", "media_type": "audio", "media_url": None} == session
    assert (session["duration"], session["error"]) == (0, None)
    office.clock.turn(24 * 3600 - 1)
    assert result(office, key, session["session_id"])["status"] == "new"
    office.clock.turn(1)
    assert result(office, key, session["session_id"])["status"] == "failed"


def test_what_is_wished_reaches_the_core(office: Office) -> None:
    key = office.key()
    plain = office.job(create(office, key)["session_id"]).wishes
    assert (plain.punctuation, plain.multichannel, plain.speakers, plain.keep) == (False, False, None, Keep.NOTHING)
    full = create(office, key, language="en-US", punctuation=True, multichannel=True, keep_source=True)
    wishes = office.job(full["session_id"]).wishes
    assert (wishes.punctuation, wishes.multichannel, wishes.keep) == (True, True, Keep.SMALL)
    assert wishes.language == "en-US"
    assert office.job(create(office, key, diarization=True)["session_id"]).wishes.speakers == 2


def test_languages_fall_back_to_their_base_in_any_case(office: Office) -> None:
    for language, usual in (("en", "en"), ("EN", "en"), ("en-us", "en-US"), ("en-US", "en-US"), ("HYE-am", "hy-AM")):
        assert create(office, office.key(), language=language)["language"] == usual


def test_a_language_that_is_not_here_is_a_400(office: Office) -> None:
    for language in ("xx", "nl", "", "not a tag", "en_US", "e", "\x00", "en\n", "x" * 5000):
        assert_refused(post(office, office.key(), {"language": language}), 400, "invalid_language", naming="language")


def hook(**more: Any) -> dict[str, Any]:
    return {"language": "en", "webhook_url": "https://hooks.example.org/s", **more}


WRONG_FIELDS: list[tuple[Any, str]] = [
    ({}, "language"),
    ({"language": 5}, "language"),
    ({"language": None}, "language"),
    ({"language": "en", "punctuation": "true"}, "punctuation"),
    ({"language": "en", "punctuation": 1}, "punctuation"),
    ({"language": "en", "keep_source": None}, "keep_source"),
    ({"language": "en", "multichannel": "false"}, "multichannel"),
    ({"language": "en", "diarization": 0}, "diarization"),
    ({"language": "en", "meta_data": {"a": 1}}, "meta_data.a"),
    ({"language": "en", "meta_data": ["a"]}, "meta_data"),
    ({"language": "en", "media_source": 5}, "media_source"),
    ({"language": "en", "media_source": ""}, "media_source"),
    ({"language": "en", "media_source": "ftp://media.example.org/7.mp3"}, "media_source"),
    ({"language": "en", "media_source": "file:///etc/passwd"}, "media_source"),
    ({"language": "en", "media_source": "http://127.0.0.1/7.mp3"}, "media_source"),
    ({"language": "en", "media_source": "http://169.254.169.254/latest"}, "media_source"),
    ({"language": "en", "media_source": "http://localhost/7.mp3"}, "media_source"),
    ({"language": "en", "media_source": "https://user:pw@media.example.org/7.mp3"}, "media_source"),
    ({"language": "en", "webhook_method": "PUT"}, "webhook_method"),
    ({"language": "en", "webhook_headers": ["A: b"]}, "webhook_headers"),
    ({"language": "en", "webhook_url": 7}, "webhook_url"),
    ({"language": "en", "webhook_url": "hooks.example.org"}, "webhook_url"),
    ({"language": "en", "webhook_url": "http://hooks.example.org/s"}, "webhook_url"),
    ({"language": "en", "webhook_url": "https://localhost/s"}, "webhook_url"),
    ({"language": "en", "webhook_url": "https://a.localdomain/s"}, "webhook_url"),
    ({"language": "en", "webhook_url": "https://93.184.216.34/s"}, "webhook_url"),
    ({"language": "en", "webhook_url": "https://[2606:2800:220:1::1]/s"}, "webhook_url"),
    (hook(webhook_method="PATCH"), "webhook_method"),
    (hook(webhook_method="put"), "webhook_method"),
    (hook(webhook_headers="A: b"), "webhook_headers"),
    (hook(webhook_headers=["A: b", 5, 5]), "webhook_headers.1"),
    (hook(webhook_headers=["no colon"]), "webhook_headers"),
    (hook(webhook_headers=[": empty"]), "webhook_headers"),
    (hook(webhook_headers=["X-A: b\r\nX-B: c"]), "webhook_headers"),
    (hook(webhook_headers=["X-A: b\x00"]), "webhook_headers"),
    (hook(webhook_headers=["Host: elsewhere"]), "webhook_headers"),
    (hook(webhook_headers=["Content-Length: 5"]), "webhook_headers"),
    (hook(webhook_headers=["X-A: 1", "x-a: 2"]), "webhook_headers"),
    (hook(webhook_headers=["X-A: բ"]), "webhook_headers"),
    (hook(webhook_headers=[f"{number:x}:" for number in range(100_000)]), "webhook_headers"),  # in time
    ({"language": "en", "document": []}, "document"),
    ({"language": "en", "document": {}}, "document.document_type"),
    ({"language": "en", "document": {"document_type": "essay"}}, "document.document_type"),
    ({"language": "en", "document": {"document_type": "caption", "filename": "x" * 201}}, "document.filename"),
    *(
        ({"language": "en", "document": {"document_type": "caption", name: value}}, f"document.{name}")
        for name, value in [
            ("max_line_length", 0),
            ("max_line_length", 201),
            ("max_line_length", "40"),
            ("max_line_length", 40.0),
            ("max_line_length", True),
            ("max_line_words", 101),
            ("max_segment_duration", 200_001),
            ("max_segment_duration", 0),
            ("max_segment_lines", 0),
            ("max_segment_words", 0),
            ("max_silence_between_words", -1),
            ("min_segment_gap", -1),
            ("min_segment_gap", 10**30),
            ("webhook_url", "https://10.0.0.1/"),
            ("webhook_method", "POST"),
        ]
    ),
]


def test_a_wrong_field_is_a_422_that_names_it(office: Office) -> None:
    for body, field in WRONG_FIELDS:
        assert_refused(post(office, office.key(), body), 422, "invalid_body", naming=field)
    assert office.client.get(SESSIONS, headers=keyed(office.key())).json()["total_results"] == 0


def test_a_body_that_is_no_json_object_is_a_422(office: Office) -> None:
    headers = keyed(office.key()) | {"content-type": "application/json"}
    for body in (b"", b"{", b"[]", b'"a"', b"null", b"\xff", b'{"language": NaN}', b"[" * 9999):
        assert_refused(office.client.post(SESSIONS, headers=headers, content=body), 422, "invalid_body")


def test_a_body_that_is_not_declared_as_json_is_a_415(office: Office) -> None:
    for declared in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = keyed(office.key()) | ({"content-type": declared} if declared else {})
        assert_refused(office.client.post(SESSIONS, headers=headers, content=b"{}"), 415, "unsupported_media")


def test_json_may_be_declared_with_a_charset_and_unknown_fields_are_ignored(office: Office) -> None:
    headers = keyed(office.key()) | {"Content-Type": "application/json; charset=utf-8"}
    body = b'{"language":"en","folder_id":7,"session_mode":"decode","\\ud800":{"a":[]}}'
    assert office.client.post(SESSIONS, headers=headers, content=body).status_code == 200


def test_a_huge_body_is_a_413(office: Office) -> None:
    body = {"language": "en", "meta_data": {"a": "x" * 2_000_000}}
    assert_refused(post(office, office.key(), body), 413, "too_large")


def test_absent_and_null_are_the_same_where_nothing_is_needed(office: Office) -> None:
    nothing = dict.fromkeys(("webhook_url", "webhook_method", "webhook_headers", "media_source", "document"))
    assert create(office, office.key(), **nothing)["status"] == "new"


# --- keys and limits ----------------------------------------------------------


def test_the_key_comes_in_either_header(office: Office) -> None:
    key = office.key()
    for headers in ({"X-Zoom-S2T-Key": key}, {"Authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}):
        assert office.client.post(SESSIONS, headers=headers, json={"language": "en"}).status_code == 200


def test_without_a_key_everything_is_a_401(office: Office) -> None:
    for headers in ({}, {"x-zoom-s2t-key": "wrong"}, {"Authorization": "Bearer "}, {"Authorization": "x"}):
        answer = office.client.get(SESSIONS, headers=headers)
        assert_refused(answer, 401, "unauthorized")
        assert "x-zoom-s2t-key" in answer.json()["message"]
    session_id = create(office, office.key())["session_id"]
    for method, path in (
        ("POST", SESSIONS),
        ("GET", SESSIONS),
        ("GET", f"{SESSIONS}/{session_id}"),
        ("PUT", f"{SESSIONS}/{session_id}"),
        ("GET", f"{SESSIONS}/{session_id}/result"),
        ("DELETE", f"{SESSIONS}/{session_id}"),
        ("POST", f"{SESSIONS}/{session_id}/upload-url"),
        ("POST", f"{SESSIONS}/{session_id}/document/"),
    ):
        assert_refused(office.client.request(method, path), 401, "unauthorized")


def test_a_key_that_may_only_read_makes_nothing(office: Office) -> None:
    session_id = create(office, office.key())["session_id"]
    reader = office.key("acme", "read")
    assert look(office, reader, session_id).status_code == 200
    assert_refused(post(office, reader, {"language": "en"}), 403, "forbidden")
    assert_refused(office.client.delete(f"{SESSIONS}/{session_id}", headers=keyed(reader)), 403, "forbidden")


def test_only_what_is_begun_counts_against_sixty_a_minute(office: Office) -> None:
    key, other = office.key(), office.key()
    session_id = create(office, key)["session_id"]
    for _ in range(70):
        assert look(office, key, session_id).status_code == 200
    for _ in range(59):
        create(office, key)
    office.clock.turn(37.5)
    refused = post(office, key, {"language": "en"})
    assert_refused(refused, 429, "rate_limit_exceeded")
    assert refused.headers["retry-after"] == "23"
    assert_refused(
        office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=b""), 429, "rate_limit_exceeded"
    )
    assert look(office, key, session_id).status_code == 200
    create(office, other)
    office.clock.turn(23)
    create(office, key)


# --- status and result ----------------------------------------------------------


def test_every_state_has_a_word(office: Office) -> None:
    assert set(STATE_WORDS) == set(JobState)


def test_a_session_goes_forward_to_its_transcript(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key, punctuation=True, meta_data={"case": "C-3"})["session_id"]
    assert result(office, key, session_id, "/result") == result(office, key, session_id) | {"results": []}
    office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    assert result(office, key, session_id)["status"] == "uploaded"
    office.begin(session_id)
    assert result(office, key, session_id)["status"] == "processing"
    assert result(office, key, session_id, "/result")["results"] == []
    office.finish(session_id, Outcome(Transcript("en", 13.6, (MORNING,))))
    shown = result(office, key, session_id, "/result")
    assert set(shown) == FIELDS | {"results"}
    expected = example("result_answer")["result"]
    assert shown["results"] == expected["results"]
    assert (shown["status"], shown["duration"], shown["meta_data"]) == ("done", 31, {"case": "C-3"})
    assert shown["started_at"] == shown["finished_at"] == "2030-01-01T09:00:00.250+00:00"
    assert isinstance(shown["results"][0]["result"][0][1], float)


def test_an_unfinished_upload_never_leads_back(office: Office) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.core.submissions.begin_upload(session_id)
    assert result(office, key, session_id)["status"] == "uploading"
    office.core.submissions.break_off_upload(session_id)
    assert result(office, key, session_id)["status"] == "uploading"
    office.clock.turn(24 * 3600 - 1)
    assert result(office, key, session_id)["status"] == "uploading"
    office.clock.turn(2)
    assert result(office, key, session_id)["status"] == "failed"


def test_a_failed_session_says_why_and_has_no_results(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    office.begin(session_id)
    office.fail(session_id, "The uploaded file is not readable audio.")
    shown = result(office, key, session_id, "/result")
    assert (shown["status"], shown["results"]) == ("failed", [])
    assert shown["error"] == "The uploaded file is not readable audio."
    cancelled = create(office, key)["session_id"]
    office.core.lookup.cancel(office.job(cancelled).tenant_id, cancelled)
    assert result(office, key, cancelled)["error"] == "The session was cancelled."


def test_results_have_each_word_with_its_time_and_confidence(office: Office, mp3: bytes) -> None:
    key = office.key()
    (first, second) = result(office, key, done(office, key, mp3), "/result")["results"]
    assert (first["text"], second["text"]) == ("Good morning.", "It's 10:30, sir!")
    assert [word[0] for word in second["result"]] == ["It's", "10:30,", "sir!"]
    assert (second["result"][1][3], second["sconf"]) == (None, 0.7)


def test_speakers_are_numbered_when_told_apart_and_unknown_on_channels(office: Office, mp3: bytes) -> None:
    key = office.key()
    two = (said(("Hello", 0, 1, 0.9), speaker=0), said(("Hi", 0.5, 1, 0.9), speaker=1, channel=1))
    outcome = Outcome(Transcript("en", 2.0, two))
    apart = result(office, key, done(office, key, mp3, outcome, diarization=True), "/result")["results"]
    assert [(one["speaker"], one["channel"]) for one in apart] == [("Speaker 1", 0), ("Speaker 2", 1)]
    channels = result(office, key, done(office, key, mp3, outcome, multichannel=True), "/result")["results"]
    assert [(one["speaker"], one["channel"]) for one in channels] == [("unk", 0), ("unk", 1)]


def test_a_transcript_that_should_not_be_trusted_says_so(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    office.finish(session_id, OUTCOME, warnings=("A stand-in model heard this.",))
    assert look(office, key, session_id, "/result").headers["x-khosq-warning"] == "A stand-in model heard this"


def test_a_recording_that_is_kept_can_be_fetched_whole_and_in_part(office: Office, mp3: bytes) -> None:
    key = office.key()
    kept = result(office, key, done(office, key, mp3, keep_source=True))["media_url"]
    assert office.client.get(kept).content == mp3
    part = office.client.get(kept, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, mp3[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(mp3)}"
    assert office.client.get(kept, headers={"Range": "bytes=-5"}).content == mp3[-5:]
    assert office.client.get(kept, headers={"Range": "bytes=999999-"}).content == mp3
    assert_refused(office.client.get(kept + "0"), 403, "link_refused")
    office.clock.turn(3602)
    assert_refused(office.client.get(kept), 403, "link_refused")
    assert result(office, key, done(office, key, mp3))["media_url"] is None


def test_a_video_is_called_one_once_it_is_decoded(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    recording = office.job(session_id).recording
    office.core.recording_rows.describe(recording.id, kind="video", duration=3.0)
    assert result(office, key, session_id)["media_type"] == "video"


def test_a_session_made_elsewhere_reads_here(office: Office) -> None:
    key = office.key()
    tenant_id = office.job(create(office, key)["session_id"]).tenant_id
    job = office.core.submissions.open(
        Submission(tenant_id, "k", "xosum", Wishes("hy-AM", 2), {"a": [1]}, "https://asr.example.org")
    )
    shown = result(office, key, job.id)
    assert (shown["session_id"], shown["language"], shown["meta_data"]) == (job.id, "hy-AM", {"a": [1]})


# --- list ----------------------------------------------------------------------


def test_sessions_are_listed_newest_first_page_by_page(office: Office) -> None:
    key = office.key()
    made: list[str] = []
    for _ in range(27):
        made.insert(0, create(office, key)["session_id"])
        office.clock.turn(1)
    create(office, office.key("umbrella"))
    first = office.client.get(SESSIONS, headers=keyed(key)).json()
    assert (first["count"], first["total_results"]) == (25, 27)
    assert [one["session_id"] for one in first["result"]] == made[:25]
    rest = office.client.get(f"{SESSIONS}?offset=25&limit=100", headers=keyed(key)).json()
    assert [one["session_id"] for one in rest["result"]] == made[25:]
    assert set(rest["result"][0]) == FIELDS
    beyond = office.client.get(f"{SESSIONS}?offset=100", headers=keyed(key)).json()
    assert (beyond["count"], beyond["total_results"], beyond["result"]) == (0, 27, [])


def test_a_page_that_cannot_be_is_a_422(office: Office) -> None:
    for query in ("offset=-1", "offset=a", "offset=", "offset=1e9", "limit=0", "limit=101", "limit=x", "limit=%00"):
        answer = office.client.get(f"{SESSIONS}?{query}", headers=keyed(office.key()))
        assert_refused(answer, 422, "invalid_body", naming=query.partition("=")[0])


# --- delete and what is not there ----------------------------------------------


def test_a_removed_session_is_gone_with_all_that_was_made_of_it(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, keep_source=True, document={"document_type": "caption"}, **hook())
    assert told(office, session_id)
    address = f"{SESSIONS}/{session_id}"
    assert office.client.delete(address, headers=keyed(key)).status_code == 200
    assert told(office, session_id) == []
    for more in ("", "/result", "/document/"):
        assert_refused(look(office, key, session_id, more), 404, "not_found")
    assert_refused(office.client.delete(address, headers=keyed(key)), 400, "already_removed")
    assert_refused(office.client.delete(address, headers=keyed(office.key("umbrella"))), 404, "not_found")
    office.core.recordings.sweep()
    assert office.stored() == []


def test_a_session_can_be_removed_at_any_time(office: Office, mp3: bytes) -> None:
    key = office.key()
    for state in ("new", "uploaded", "processing"):
        session_id = create(office, key)["session_id"]
        if state != "new":
            office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
        if state == "processing":
            office.begin(session_id)
        assert result(office, key, session_id)["status"] == state
        assert office.client.delete(f"{SESSIONS}/{session_id}", headers=keyed(key)).status_code == 200
        assert_refused(look(office, key, session_id), 404, "not_found")


def test_foreign_and_unknown_are_the_same_404(office: Office, mp3: bytes) -> None:
    mine, stranger = create(office, office.key())["session_id"], office.key("umbrella")
    for method, more in (
        ("GET", ""),
        ("GET", "/result"),
        ("PUT", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("POST", "/upload-url"),
        ("GET", "/document"),
        ("GET", "/document/12780b54-5575-44e4-bbca-0a410b432183"),
    ):
        foreign = office.client.request(method, f"{SESSIONS}/{mine}{more}", headers=keyed(stranger))
        unknown = office.client.request(method, f"{SESSIONS}/{'0' * 26}{more}", headers=keyed(stranger))
        assert_refused(foreign, 404, "not_found")
        assert foreign.content == unknown.content


def test_odd_ids_are_a_404(office: Office) -> None:
    for session_id in ("%00", "%ff", "a%0d%0ab", "'%20or%201=1", "A" * 5000, "Բարև", "-", "_"):
        assert_refused(look(office, office.key(), session_id), 404, "not_found")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(["language", "webhook_url", "webhook_headers", "media_source", "document", "meta_data"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("en"),
            lambda one: st.lists(one) | st.dictionaries(st.text() | st.just("document_type"), one),
        ),
    )
)
def test_no_body_breaks_creation(office: Office, body: Any) -> None:
    headers = keyed(office.core.keys.create("acme", "write")[0]) | {"content-type": "application/json"}
    answer = office.client.post(SESSIONS, headers=headers, content=json.dumps(body).encode())
    assert answer.status_code in {200, 400, 422}, answer.text
