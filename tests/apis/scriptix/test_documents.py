"""Documents: made with a session or after it, exported, changed, removed, and told of."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import urlsplit

from tests.apis.scriptix.calls import (
    OUTCOME,
    SESSIONS,
    Office,
    assert_refused,
    create,
    done,
    events,
    finish,
    keyed,
    result,
    told,
)

from khosq.jobs.results import Outcome

CAPTION = {"document_type": "caption", "filename": "Morning call"}
HOOK = "https://hooks.example.org/d"


def make(office: Office, key: str, session_id: str, **fields: Any) -> dict[str, Any]:
    answer = office.client.post(f"{SESSIONS}/{session_id}/document/", headers=keyed(key), json=CAPTION | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["result"]
    return made


def fetch(office: Office, key: str, session_id: str, document_id: str, **query: str) -> Any:
    address = f"{SESSIONS}/{session_id}/document/{document_id}"
    return office.client.get(address, headers=keyed(key), params=query)


def test_a_document_wished_at_creation_is_there_with_the_session_and_told_of_once_made(
    office: Office, mp3: bytes
) -> None:
    key = office.key()
    wished = CAPTION | {"webhook_url": HOOK}
    session = create(office, key, document=wished, webhook_url="https://hooks.example.org/s")
    assert session["document"] | {"name": "Morning call", "type": "caption"} == session["document"]
    session_id, document_id = session["session_id"], session["document"]["id"]
    assert fetch(office, key, session_id, document_id).json()["result"]["document"] == []
    assert_refused(fetch(office, key, session_id, document_id, format="srt"), 409, "conflict")
    assert told(office, session_id) == []
    office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    finish(office, session_id)
    assert sorted(events(office, session_id)) == [
        ("document.created", HOOK),
        ("session.done", "https://hooks.example.org/s"),
    ]
    shown = fetch(office, key, session_id, document_id).json()["result"]
    assert [set(part) for part in shown["document"]] == [{"start", "stop", "speaker", "text"}] * 2
    assert shown["document"][0]["text"] == "Good morning."
    assert result(office, key, session_id)["document"]["id"] == document_id


def test_a_document_of_a_finished_session_is_made_at_once(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, punctuation=True)
    before = office.client.post(
        f"{SESSIONS}/{create(office, key)['session_id']}/document", headers=keyed(key), json=CAPTION
    )
    assert_refused(before, 409, "conflict")
    made = make(office, key, session_id, webhook_url=HOOK, webhook_method="PUT", webhook_headers=["X-T: 1"])
    assert (len(made["id"]), made["filename"], made["type"]) == (36, "Morning call", "caption")
    assert made["created"] == made["last_modified"] == "2030-01-01T09:00:00.250+00:00"
    (delivery,) = told(office, session_id)
    assert (delivery.event, delivery.subject) == ("document.created", {"id": made["id"]})
    assert (delivery.endpoint.method, delivery.endpoint.headers) == ("PUT", {"X-T": "1"})
    other = make(office, key, session_id, document_type="document")
    listed = office.client.get(f"{SESSIONS}/{session_id}/document", headers=keyed(key)).json()
    assert {one["id"] for one in listed["result"]} == {made["id"], other["id"]}
    text = fetch(office, key, session_id, other["id"]).json()["result"]["document"]
    assert [part["text"] for part in text] == ["Good morning. It's 10:30, sir!"]


def test_captions_are_cut_as_wished(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3)
    made = make(office, key, session_id, max_segment_words=1, min_segment_gap=100, max_line_length=None)
    assert (made["max_segment_words"], made["min_segment_gap"]) == (1, 100)
    srt = fetch(office, key, session_id, made["id"], format="srt").text
    assert [line for line in srt.splitlines() if line[:1].isalpha()] == ["Good", "morning.", "It's", "sir!"]
    starts = [part["start"] for part in fetch(office, key, session_id, made["id"]).json()["result"]["document"]]
    assert starts == [120, 400, 2000, 2300, 3100]


def test_a_document_is_exported_in_every_format(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, punctuation=True, keep_source=True)
    document_id = make(office, key, session_id)["id"]
    begins = {
        "srt": b"1\n00:00:00,120 --> ",
        "vtt": b"WEBVTT",
        "sbv": b"0:00:00.120,",
        "ttml": b"<?xml",
        "stl": b"850STL25.01",
        "txt": b"",
        "docx": b"PK",
        "pdf": b"%PDF",
        "html": b"<!doctype html>",
        "template": b"A good morning\n\nGood morning.",
        "media": mp3[:10],
    }
    for name, beginning in begins.items():
        answer = fetch(office, key, session_id, document_id, format=name)
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(beginning), (name, answer.content[:60])
        assert answer.headers["content-disposition"].startswith("attachment;")
        extension = {"template": "txt"}.get(name, name)
        assert name == "media" or f'filename="Morning call.{extension}"' in answer.headers["content-disposition"]
    word = zipfile.ZipFile(io.BytesIO(fetch(office, key, session_id, document_id, format="docx").content))
    assert b"Good morning." in word.read("word/document.xml")


def test_times_and_speakers_can_be_left_out(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, punctuation=True)
    document_id = make(office, key, session_id)["id"]
    full = fetch(office, key, session_id, document_id, format="txt").text
    bare = fetch(office, key, session_id, document_id, format="txt", without_timestamps="true").text
    assert "00:00:00" in full
    assert "00:00" not in bare


def test_a_link_downloads_for_an_hour_without_a_key(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, keep_source=True)
    document_id = make(office, key, session_id)["id"]
    for name in ("json", "srt", "media"):
        answer = fetch(office, key, session_id, document_id, format=name, direct_download="true").json()["result"]
        assert set(answer) == {"download_url", "expires_in", "filename", "content_type", "size_bytes"}
        file = office.client.get(answer["download_url"])
        assert (file.status_code, len(file.content)) == (200, answer["size_bytes"])
        assert file.headers["content-type"] == answer["content_type"]
    link = urlsplit(answer["download_url"])
    assert_refused(office.client.get(f"{link.path.replace('media', document_id)}?{link.query}"), 403, "link_refused")
    office.clock.turn(3602)
    assert_refused(office.client.get(answer["download_url"]), 403, "link_refused")


def test_what_cannot_be_exported_is_told_apart(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3, outcome=Outcome(OUTCOME.transcript))
    document_id = make(office, key, session_id)["id"]
    assert_refused(fetch(office, key, session_id, document_id, format="rtf"), 400, "bad_request", naming="format")
    wrong = fetch(office, key, session_id, document_id, format="srt", direct_download="yes")
    assert_refused(wrong, 400, "bad_request", naming="direct_download")
    for name in ("template", "media"):  # there is no summary, and nothing was kept
        assert_refused(fetch(office, key, session_id, document_id, format=name), 404, "not_found")
    for odd in ("x", "0" * 36, "%00", "Բ" * 36, document_id.upper()):
        assert_refused(fetch(office, key, session_id, odd), 404, "not_found")


def test_a_document_is_changed_and_removed_and_its_receiver_hears_of_it(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3)
    document_id = make(office, key, session_id, webhook_url=HOOK, max_line_length=30)["id"]
    make(office, key, session_id, webhook_url="https://hooks.example.org/other")
    office.clock.turn(60)
    address = f"{SESSIONS}/{session_id}/document/{document_id}"
    changed = office.client.put(address, headers=keyed(key), json={"filename": "Renamed", "max_segment_words": 2})
    shown = changed.json()["result"]
    assert (shown["filename"], shown["max_line_length"], shown["max_segment_words"]) == ("Renamed", 30, 2)
    assert (shown["created"][:16], shown["last_modified"][:16]) == ("2030-01-01T09:00", "2030-01-01T09:01")
    edited = office.client.put(address, headers=keyed(key), json={"document": [{"text": "mine"}]})
    assert_refused(edited, 422, "invalid_body", naming="document")
    office.clock.turn(1)
    assert office.client.delete(address, headers=keyed(key)).status_code == 204
    assert_refused(office.client.get(address, headers=keyed(key)), 404, "not_found")
    assert_refused(office.client.delete(address, headers=keyed(key)), 404, "not_found")
    heard = [event for event, url in events(office, session_id) if url == HOOK]
    assert heard == ["document.created", "document.updated", "document.deleted"]


def test_a_document_that_cannot_be_is_a_422(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = done(office, key, mp3)
    for body, field in (
        ({}, "document_type"),
        ({"document_type": "text"}, "document_type"),
        ({"document_type": "caption", "max_line_words": 0}, "max_line_words"),
        ({"document_type": "caption", "webhook_url": "http://127.0.0.1/"}, "webhook_url"),
        ({"document_type": "caption", "webhook_headers": ["A: b"]}, "webhook_headers"),
    ):
        answer = office.client.post(f"{SESSIONS}/{session_id}/document/", headers=keyed(key), json=body)
        assert_refused(answer, 422, "invalid_body", naming=field)
