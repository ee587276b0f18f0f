"""Versions 1 and 2, called as the vendor's old client does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.apis.scriptix.calls import Office, create, finish, keyed, look, told

from khosq.jobs.job import JobState

PATH = "/api/v{}/speech-to-text/session"


def open_session(office: Office, key: str, version: int = 2, **fields: Any) -> Any:
    body = {"language": "en-us", **fields}
    return office.client.post(f"{PATH.format(version)}/", headers={"X-Zoom-S2T-Key": key}, json=body)


@pytest.mark.parametrize("version", [1, 2])
def test_a_session_is_opened_filled_and_read(office: Office, mp3: bytes, version: int) -> None:
    key = office.key()
    opened = open_session(office, key, version).json()
    session_id = opened["zoom_id"]
    assert opened == {"sessionId": session_id, "zoom_id": session_id, "language": "en-US"}
    address = f"{PATH.format(version)}/{session_id}"
    assert office.client.get(address, headers=keyed(key)).json() == {"done": False, "results": []}
    sent = office.client.post(address, headers=keyed(key), files={"upload": ("news.mp3", mp3)})
    assert sent.json() == {"sessionId": session_id, "zoom_id": session_id}
    finish(office, session_id)
    shown = office.client.get(address, headers=keyed(key) | {"Accept": "application/json"}).json()
    assert shown["done"] is True
    assert shown["results"][0] == {
        "result": [["Good", 120, 380, 0.97], ["morning.", 400, 930, 0.95]],
        "speaker": "unk",
        "text": "Good morning.",
        "sconf": 0.96,
        "channel": 0,
    }
    subtitle = office.client.get(address, headers=keyed(key) | {"Accept": "text/vtt"})
    assert subtitle.headers["content-type"].startswith("text/vtt")
    assert subtitle.text.startswith("WEBVTT")
    assert "Good morning" in subtitle.text
    assert look(office, key, session_id).json()["result"]["status"] == "done"


def test_a_recording_may_be_named_by_its_url(office: Office, mp3: bytes) -> None:
    key = office.key()
    session_id = open_session(office, key).json()["zoom_id"]
    address = f"{PATH.format(1)}/{session_id}"
    for body in ({}, {"video_url": 5}, {"video_url": "http://127.0.0.1/7.mp4"}):
        assert office.client.post(address, headers=keyed(key), json=body).status_code == 422
    sent = office.client.post(address, headers=keyed(key), json={"video_url": "https://media.example.org/7.mp4"})
    assert sent.status_code == 200
    job = office.job(session_id)
    assert (job.state, job.source_url) == (JobState.QUEUED, "https://media.example.org/7.mp4")
    again = office.client.post(address, headers=keyed(key), files={"upload": ("a.mp3", mp3)})
    assert again.status_code == 409


def test_callbacks_are_webhooks(office: Office, mp3: bytes) -> None:
    key = office.key()
    fields: dict[str, Any] = {
        "callback_url": "https://hooks.example.org/s",
        "callback_method": "put",
        "callback_format": "Text/VTT",
        "callback_headers": {"X-T": "1"},
        "punctuation": True,
    }
    session_id = open_session(office, key, **fields).json()["zoom_id"]
    assert office.job(session_id).wishes.punctuation
    office.client.post(f"{PATH.format(2)}/{session_id}", headers=keyed(key), files={"upload": ("a.mp3", mp3)})
    finish(office, session_id)
    (delivery,) = told(office, session_id)
    endpoint = delivery.endpoint
    assert (endpoint.url, endpoint.method, endpoint.headers) == ("https://hooks.example.org/s", "PUT", {"X-T": "1"})


def test_refusals_are_worded_as_the_old_client_reads_them(office: Office) -> None:
    key = office.key()
    late = open_session(office, key).json()["zoom_id"]
    office.clock.turn(24 * 3600 + 1)
    by_url = {"video_url": "https://media.example.org/7.mp4"}
    for answer, status in (
        (open_session(office, key, language="xx"), 400),
        (open_session(office, key, callback_format="text/plain"), 422),
        (open_session(office, key, callback_format=["text/vtt"]), 422),
        (open_session(office, key, callback_format={}), 422),
        (office.client.post(f"{PATH.format(2)}/{late}", headers=keyed(key), json=by_url), 409),
        (open_session(office, key, callback_method="PUT"), 422),
        (open_session(office, "wrong"), 401),
        (office.client.get(f"{PATH.format(2)}/unknown", headers=keyed(key)), 404),
        (office.client.post(f"{PATH.format(2)}/unknown", headers=keyed(key), files={"upload": b"x"}), 404),
    ):
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error", "error_message"}
        assert "webhook" not in answer.json()["error_message"]


def test_a_session_that_failed_is_done_and_says_why(office: Office) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    office.clock.turn(24 * 3600)
    shown = office.client.get(f"{PATH.format(2)}/{session_id}", headers=keyed(key)).json()
    assert (shown["done"], shown["results"], bool(shown["error"])) == (True, [], True)
