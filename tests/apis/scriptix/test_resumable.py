"""Resumable uploads as this door takes them; the protocol's own rules are tested where it is spoken."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from starlette.testclient import TestClient
from tests.apis.scriptix.calls import (
    FILES,
    PIECE,
    SESSIONS,
    TUS,
    Office,
    assert_refused,
    begin,
    create,
    events,
    finish,
    keyed,
    metadata,
    patch,
    result,
)

from khosq.apis.scriptix.clerk import Clerk
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.resumable import Resumable
from khosq.assembly.server import build_desk
from khosq.jobs.job import JobState, Keep
from khosq.media.recording import MediaType, StoredRecording

BASE = "https://asr.example.org"


def begun(office: Office, key: str, length: int, **values: str) -> str:
    answer = begin(office, key, length, language="en", **values)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].startswith(f"{BASE}/api/v3/files/")
    assert " " not in answer.headers["location"]
    return str(answer.headers["location"])


def shown(office: Office, key: str, url: str) -> dict[str, Any]:
    answer = office.client.get(url, headers=keyed(key))
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["result"])


def test_an_upload_makes_its_session_and_starts_it_when_it_is_whole(office: Office, mp3: bytes) -> None:
    key = office.key()
    url = begun(office, key, len(mp3), document_type="caption", filename="5.mp3", filetype="audio/mpeg", folder_id="7")
    answer = shown(office, key, url)
    assert answer["metadata"] == {
        "language": "en",
        "document_type": "caption",
        "filename": "5.mp3",
        "filetype": "audio/mpeg",
        "folder_id": "7",
    }
    session_id = answer["session_id"]
    assert result(office, key, session_id)["status"] == "uploading"
    half = len(mp3) // 2
    assert patch(office, key, url, 0, mp3[:half]).headers["upload-offset"] == str(half)
    assert result(office, key, session_id)["status"] == "uploading"
    assert patch(office, key, url, half, mp3[half:]).status_code == 204
    session = result(office, key, session_id)
    assert (session["status"], session["filename"], session["document"]["type"]) == ("uploaded", "5.mp3", "caption")
    assert [path.read_bytes() for path in office.stored()] == [mp3]
    assert shown(office, key, url)["session_id"] == session_id


def test_both_spellings_of_the_address_work(office: Office, mp3: bytes) -> None:
    key = office.key()
    headers = TUS | keyed(key) | {"Upload-Length": str(len(mp3))} | metadata(language="en")
    for address in (FILES, FILES.rstrip("/")):
        assert office.client.post(address, headers=headers).status_code == 201


def test_metadata_holds_the_wishes(office: Office, mp3: bytes) -> None:
    key = office.key()
    document = {"filename": "Call", "max_line_length": 30, "webhook_url": "https://hooks.example.org/d"}
    url = begun(
        office, key, len(mp3),
        punctuation="TRUE", keep_source="true", multichannel="False", media_source="upload",
        document=json.dumps(document), webhook_url="https://hooks.example.org/s",
    )  # fmt: skip
    session_id = shown(office, key, url)["session_id"]
    wishes = office.job(session_id).wishes
    assert (wishes.punctuation, wishes.multichannel, wishes.keep) == (True, False, Keep.SMALL)
    assert result(office, key, session_id)["document"] | {"name": "Call", "type": "document"}
    patch(office, key, url, 0, mp3)
    finish(office, session_id)
    assert sorted(events(office, session_id)) == [
        ("document.created", "https://hooks.example.org/d"),
        ("session.done", "https://hooks.example.org/s"),
    ]


def test_wrong_metadata_is_a_400_and_makes_nothing(office: Office) -> None:
    key = office.key()
    good = {"language": "en"}
    rows: list[tuple[dict[str, str], str, str]] = [
        ({}, "invalid_language", "language"),
        ({"language": ""}, "invalid_language", "language"),
        ({"language": "xx"}, "invalid_language", "language"),
        (good | {"document_type": "essay"}, "bad_request", "document.document_type"),
        (good | {"punctuation": "yes"}, "bad_request", "punctuation"),
        (good | {"keep_source": "1"}, "bad_request", "keep_source"),
        (good | {"document": "{"}, "bad_request", "document"),
        (good | {"document": "[]"}, "bad_request", "document"),
        (good | {"document": '{"max_line_length": 0}'}, "bad_request", "document.max_line_length"),
        (good | {"document": '{"webhook_url": "http://10.0.0.1/"}'}, "bad_request", "document.webhook_url"),
        (good | {"webhook_url": "ftp://x"}, "bad_request", "webhook_url"),
    ]
    for values, word, field in rows:
        answer = begin(office, key, 5000, **values)
        assert_refused(answer, 400, word, naming=field)
        assert "location" not in answer.headers
        assert answer.headers["tus-resumable"] == "1.0.0"
    for header in ("language !", "language ZW4=,language ZW4=", "language ZW4=,,"):
        headers = TUS | keyed(key) | {"Upload-Length": "9", "Upload-Metadata": header}
        assert_refused(office.client.post(FILES, headers=headers), 400, "bad_request", naming="Upload-Metadata")
    assert office.client.get(SESSIONS, headers=keyed(key)).json()["total_results"] == 0


def test_an_upload_may_serve_a_session_that_waits(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key, punctuation=True)["session_id"]
    answer = begin(office, key, len(mp3), session_id=session_id)
    url = answer.headers["location"]
    assert shown(office, key, url)["session_id"] == session_id
    assert result(office, key, session_id)["status"] == "uploading"
    assert patch(office, key, url, 0, mp3).status_code == 204
    assert office.job(session_id).state is JobState.QUEUED
    assert_refused(begin(office, key, len(mp3), session_id=session_id), 409, "conflict")
    assert_refused(begin(office, key, 9, session_id="0" * 26), 404, "not_found")
    assert_refused(begin(office, office.key("umbrella"), 9, session_id=session_id), 404, "not_found")


def test_of_two_uploads_for_one_session_the_first_whole_one_counts(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    first, second = (begin(office, key, len(mp3), session_id=session_id).headers["location"] for _ in range(2))
    assert first != second
    assert patch(office, key, second, 0, mp3).status_code == 204
    assert_refused(patch(office, key, first, 0, mp3), 409, "conflict")
    assert len(office.stored()) == 1
    assert office.job(session_id).state is JobState.QUEUED


def test_a_withdrawn_upload_ends_its_own_session_only(office: Office, mp3: bytes) -> None:
    key = office.key()
    url = begun(office, key, len(mp3))
    session_id = shown(office, key, url)["session_id"]
    assert office.client.delete(url, headers=TUS | keyed(key)).status_code == 204
    assert office.client.get(url, headers=keyed(key)).status_code == 404
    session = result(office, key, session_id)
    assert (session["status"], "withdrawn" in session["error"]) == ("failed", True)
    waiting = create(office, key)["session_id"]
    joined = begin(office, key, len(mp3), session_id=waiting).headers["location"]
    office.client.delete(joined, headers=TUS | keyed(key))
    assert office.client.put(f"{SESSIONS}/{waiting}", headers=keyed(key), content=mp3).status_code == 200


def test_an_upload_goes_with_its_session(office: Office, mp3: bytes) -> None:
    key = office.key()
    waiting = create(office, key)["session_id"]
    for url in (
        begun(office, key, len(mp3)),
        begin(office, key, len(mp3), session_id=waiting).headers["location"],
        begun(office, key, 5000),  # whole after the piece below
    ):
        session_id = shown(office, key, url)["session_id"]
        assert patch(office, key, url, 0, mp3[:5000]).status_code == 204
        assert office.client.delete(f"{SESSIONS}/{session_id}", headers=keyed(key)).status_code == 200
        assert_refused(office.client.get(url, headers=keyed(key)), 404, "not_found")
        assert_refused(patch(office, key, url, 5000, mp3[5000:]), 404, "not_found")
        assert office.client.head(url, headers=TUS | keyed(key)).status_code == 404
        assert_refused(office.client.get(f"{SESSIONS}/{session_id}", headers=keyed(key)), 404, "not_found")
        assert_refused(begin(office, key, 9, session_id=session_id), 404, "not_found")
    (left,) = (office.blobs / ".partial").iterdir()
    assert left.name.startswith(waiting)  # it was sent for a session that others made: it expires


def test_an_upload_whose_session_is_removed_under_it_is_taken_by_nobody(
    office: Office, live_port: int, mp3: bytes
) -> None:
    key = office.key()
    url = begun(office, key, len(mp3))
    session_id = shown(office, key, url)["session_id"]

    def pieces() -> Iterator[bytes]:
        yield mp3[:5000]
        assert office.client.delete(f"{SESSIONS}/{session_id}", headers=keyed(key)).status_code == 200
        yield mp3[5000:]

    address = f"http://127.0.0.1:{live_port}{urlsplit(url).path}"
    refused = requests.patch(address, data=pieces(), headers=PIECE | keyed(key) | {"Upload-Offset": "0"}, timeout=30)
    assert_refused(refused, 404, "not_found")
    assert [path for path in office.blobs.rglob("*") if path.is_file()] == []


def test_bytes_that_are_no_recording_end_the_session_with_a_reason(office: Office) -> None:
    key = office.key()
    url = begun(office, key, 6000)
    session_id = shown(office, key, url)["session_id"]
    assert_refused(patch(office, key, url, 0, b"<html>" + b" " * 5994), 415, "unsupported_media")
    session = result(office, key, session_id)
    assert session["status"] == "failed"
    assert session["error"]
    assert office.stored() == []


def test_an_upload_nobody_goes_on_with_ends_after_a_day(office: Office, mp3: bytes) -> None:
    key = office.key()
    url = begun(office, key, len(mp3))
    session_id = shown(office, key, url)["session_id"]
    office.clock.turn(24 * 3600 + 60)
    assert office.client.head(url, headers=TUS | keyed(key)).status_code in {404, 410}
    with TestClient(office.client.app):  # a server looks for such uploads when it starts, and from then on
        deadline = time.monotonic() + 30
        while result(office, key, session_id)["status"] != "failed" and time.monotonic() < deadline:
            time.sleep(0.02)
    assert result(office, key, session_id)["status"] == "failed"


def test_a_recording_that_was_handed_over_before_a_kill_is_not_handed_over_twice(office: Office, mp3: bytes) -> None:

    key = office.key()
    url = begun(office, key, len(mp3))
    patch(office, key, url, 0, mp3)
    job = office.job(shown(office, key, url)["session_id"])
    clerk = Clerk(build_desk(office.core))
    hooks = Resumable(clerk, Opening(clerk.desk))
    upload = office.core.uploads.look(url.rpartition("/")[2])
    again = StoredRecording(job.recording.key, MediaType.MP3, len(mp3), job.recording.sha256)
    asyncio.run(hooks.on_finished(upload, again))
    assert office.job(job.id) == job
    assert [path.read_bytes() for path in office.stored()] == [mp3]


def test_another_tenants_upload_is_not_there(office: Office, mp3: bytes) -> None:
    url = begun(office, office.key(), len(mp3))
    stranger = office.key("umbrella")
    assert_refused(office.client.get(url, headers=keyed(stranger)), 404, "not_found")
    assert_refused(patch(office, stranger, url, 0, mp3), 404, "not_found")
    assert office.client.delete(url, headers=TUS | keyed(stranger)).status_code == 404


def test_a_reading_key_looks_and_does_no_more(office: Office, mp3: bytes) -> None:
    url = begun(office, office.key(), len(mp3))
    reader = office.key("acme", "read")
    assert office.client.head(url, headers=TUS | keyed(reader)).status_code == 200
    disguised = TUS | keyed(reader) | {"X-HTTP-Method-Override": "DELETE"}
    assert_refused(office.client.get(url, headers=disguised), 403, "forbidden")
    assert_refused(begin(office, reader, 9, language="en"), 403, "forbidden")


def test_only_beginning_counts_against_the_minute(office: Office, mp3: bytes) -> None:
    key = office.key()
    urls = [begun(office, key, len(mp3)) for _ in range(60)]
    refused = begin(office, key, len(mp3), language="en")
    assert_refused(refused, 429, "rate_limit_exceeded")
    assert int(refused.headers["retry-after"]) >= 1
    assert patch(office, key, urls[0], 0, mp3).status_code == 204
    assert office.client.head(urls[1], headers=TUS | keyed(key)).status_code == 200


def test_the_server_says_what_it_speaks(office: Office) -> None:
    answer = office.client.options(FILES, headers={"Origin": "https://page.example"})
    assert answer.status_code == 204
    assert answer.headers["tus-max-size"] == str(10 * 1024**3)
    assert "x-zoom-s2t-key" in answer.headers["access-control-allow-headers"].lower()
