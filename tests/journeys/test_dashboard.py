"""A tenant watches its recordings in a browser."""

from __future__ import annotations

from collections.abc import Callable

import requests
from tests.journeys.harness import Client, Server


def log_in(server: Server, key: str) -> requests.Session:
    browser = requests.Session()
    answer = browser.post(f"{server.address}/login", data={"key": key}, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert key not in cookie
    return browser


def test_the_list_follows_a_recording_and_shows_no_one_elses(
    server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    stranger = server.client("someone else")
    theirs = stranger.create()["docId"]
    browser = log_in(server, client.key)
    job = client.create()
    shown = browser.get(f"{server.address}/", timeout=60).text
    assert job["docId"] in shown
    assert "Waiting for its recording" in shown
    assert theirs not in shown

    requests.put(job["uploadUrl"], data=mp3("en-young-man"), timeout=60)
    done = client.wait(job["docId"])
    part = browser.get(f"{server.address}/fragments/recordings", timeout=60).text
    assert "Waiting for its recording" not in part
    assert "Done" in part
    page = browser.get(f"{server.address}/recordings/{job['docId']}", timeout=60)
    assert page.headers["x-khosq-final"] == "true"
    assert done["transcription"].split()[-1] in page.text

    foreign, unknown = (browser.get(f"{server.address}/recordings/{name}", timeout=60) for name in (theirs, "A" * 20))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


def test_a_revoked_key_ends_its_session(server: Server) -> None:
    made = server.khosq("keys", "create", "--tenant", "leaver", "--scope", "read")
    browser = log_in(server, made["key"])
    assert "Recordings" in browser.get(f"{server.address}/", timeout=60).text
    (listed,) = server.khosq("keys", "list", "--tenant", "leaver")
    assert "key" not in listed
    server.khosq("keys", "revoke", listed["id"])
    assert browser.get(f"{server.address}/fragments/recordings", timeout=60).status_code == 401
    assert 'name="key"' in browser.get(f"{server.address}/", timeout=60).text
    poll = requests.get(
        f"{server.address}/api/getTranscription",
        params={"docId": "A" * 20}, headers={"Authorization": f"Bearer {made['key']}"}, timeout=60,
    )  # fmt: skip
    assert poll.status_code == 401


def test_a_wrong_key_opens_nothing(server: Server) -> None:
    answer = requests.post(f"{server.address}/login", data={"key": "kq_wrong"}, timeout=60)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
