"""Recordings in one request: the session's own address, forms, and signed links."""

from __future__ import annotations

import socket
from typing import Any

import requests
from tests.apis.scriptix.calls import SESSIONS, Office, assert_refused, create, keyed, result

from khosq.jobs.job import JobState

MIME = {"content-type": "audio/mpeg"}


def send(office: Office, key: str, session_id: str, content: bytes, method: str = "PUT") -> Any:
    address = f"{SESSIONS}/{session_id}"
    return office.client.request(method, address, headers=keyed(key) | MIME, content=content)


def test_the_recording_is_the_body_of_a_put_or_a_post(office: Office, mp3: bytes) -> None:
    key = office.key()
    for method in ("PUT", "POST"):
        session_id = create(office, key)["session_id"]
        answer = send(office, key, session_id, mp3, method)
        assert answer.json()["result"]["status"] == "uploaded"
        assert_refused(send(office, key, session_id, mp3, method), 409, "conflict")
    assert [path.read_bytes() for path in office.stored()] == [mp3, mp3]


def test_the_recording_is_the_file_upload_of_a_form(office: Office, mp3: bytes) -> None:
    key = office.key()
    for method in ("PUT", "POST"):
        session_id = create(office, key)["session_id"]
        address = f"{SESSIONS}/{session_id}/"
        form = {"upload": ("Բարև.mp3", mp3, "audio/mpeg"), "other": ("x", b"x")}
        answer = office.client.request(method, address, headers=keyed(key), files=form)
        assert answer.json()["result"] | {"status": "uploaded", "filename": "Բարև.mp3"} == answer.json()["result"]


def test_a_form_without_the_file_leaves_the_session_waiting(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    address = f"{SESSIONS}/{session_id}"
    for form in ({"file": ("a.mp3", mp3)}, {"upload": ("a.txt", b"no sound")}):
        refused = office.client.put(address, headers=keyed(key), files=form)
        assert refused.status_code in {400, 415}, refused.text
    broken = office.client.put(
        address, headers=keyed(key) | {"content-type": "multipart/form-data; boundary=x"}, content=b"--y"
    )
    assert_refused(broken, 400, "bad_request")
    assert office.job(session_id).state is JobState.AWAITING_MEDIA
    assert office.stored() == []
    assert send(office, key, session_id, mp3).status_code == 200


def test_bytes_that_are_no_recording_are_a_415_and_too_many_a_413(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    assert_refused(send(office, key, session_id, b"<html>" + b" " * 5000), 415, "unsupported_media")
    assert_refused(send(office, key, session_id, b""), 400, "bad_request")
    assert_refused(send(office, key, session_id, mp3 * 20), 413, "too_large")
    assert office.stored() == []
    assert result(office, key, session_id)["status"] == "uploading"
    assert send(office, key, session_id, mp3).status_code == 200


def test_a_session_with_a_source_or_that_has_ended_takes_no_upload(office: Office, mp3: bytes) -> None:
    key = office.key()
    fetching = create(office, key, media_source="https://media.example.org/7.mp3")["session_id"]
    assert_refused(send(office, key, fetching, mp3), 409, "conflict")
    late = create(office, key)["session_id"]
    office.clock.turn(24 * 3600 + 1)
    assert_refused(send(office, key, late, mp3), 409, "conflict")
    assert_refused(office.client.post(f"{SESSIONS}/{late}/upload-url", headers=keyed(key)), 409, "conflict")


def test_a_full_disk_is_a_503_that_says_when_to_come_back(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.disk.is_full = True
    refused = send(office, key, session_id, mp3)
    assert_refused(refused, 503, "unavailable")
    assert refused.headers["retry-after"] == "60"


def test_a_link_takes_one_recording_without_a_key_within_a_day(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.clock.turn(23 * 3600)
    answer = office.client.post(f"{SESSIONS}/{session_id}/upload-url", headers=keyed(key))
    assert answer.status_code == 200
    told = answer.json()["result"]
    assert set(told) == {"upload_url", "expires_at", "session_id", "max_file_size"}
    assert (told["session_id"], told["expires_at"]) == (session_id, "2030-01-03T08:00:00.250+00:00")
    assert_refused(office.client.put(told["upload_url"].replace("sig=", "sig=0"), content=mp3), 403, "link_refused")
    assert_refused(office.client.get(told["upload_url"]), 405, "method_refused")
    office.clock.turn(23 * 3600)
    headers = {"x-ms-blob-type": "BlockBlob", "content-type": "multipart/form-data; boundary=x"}
    sent = office.client.put(told["upload_url"], headers=headers, content=mp3)
    assert (sent.status_code, sent.content) == (201, b"")
    assert office.job(session_id).state is JobState.QUEUED
    assert_refused(office.client.put(told["upload_url"], content=mp3), 409, "conflict")
    assert_refused(office.client.post(f"{SESSIONS}/{session_id}/upload-url", headers=keyed(key)), 409, "conflict")


def test_a_link_is_worth_nothing_after_a_day(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    link = office.client.post(f"{SESSIONS}/{session_id}/upload-url", headers=keyed(key)).json()["result"]["upload_url"]
    office.clock.turn(24 * 3600 + 2)
    assert_refused(office.client.put(link, content=mp3), 403, "link_refused")


def test_a_recording_of_a_removed_session_is_taken_by_nobody(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    link = office.client.post(f"{SESSIONS}/{session_id}/upload-url", headers=keyed(key)).json()["result"]["upload_url"]
    office.client.delete(f"{SESSIONS}/{session_id}", headers=keyed(key))
    assert_refused(office.client.put(link, content=mp3), 404, "not_found")
    assert office.stored() == []


def test_a_stalled_upload_is_cut_and_may_be_repeated(office: Office, live_port: int, mp3: bytes) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    address = f"http://127.0.0.1:{live_port}{SESSIONS}/{session_id}"
    with socket.create_connection(("127.0.0.1", live_port), timeout=30) as line:
        head = (
            f"PUT {SESSIONS}/{session_id} HTTP/1.1\r\nHost: a\r\nx-zoom-s2t-key: {key}\r\nContent-Length: 9999\r\n\r\n"
        )
        line.sendall(head.encode() + mp3[:500])
        assert b" 408 " in line.recv(4096)
    assert requests.put(address, data=mp3, headers=keyed(key), timeout=30).status_code == 200
