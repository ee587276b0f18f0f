from __future__ import annotations

import re
from typing import Any

import pytest
from tests.stores import summarised

from khosq.jobs.job import JobEvent, JobState
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Lobby = Any  # the fixture's type lies in a conftest, which cannot be imported


def said(text: str, speaker: int, start: float) -> Utterance:
    return Utterance(text, (Word(text, Timespan(start, start + 1)),), speaker)


CALL = summarised(
    Transcript("hy-AM", 31.4, (said("Բարև <ձեզ>", 0, 0.4), said("Բարև", 1, 75.0), said("լսում եմ", 1, 77.0))),
    title="Հարց հաշվի մասին",
    summary="Հաճախորդը հարցրեց հաշվի մասին",
)


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_a_stranger_is_asked_for_a_key(lobby: Lobby) -> None:
    page = lobby.visit().get("/")
    assert page.status_code == 200
    assert 'type="password"' in page.text


def test_a_key_opens_a_session_that_is_not_the_key(lobby: Lobby) -> None:
    secret, _ = lobby.core.keys.create("acme", "read")
    answer = lobby.visit().post("/login", data={"key": f" {secret} "})
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "Secure", "SameSite=strict"} <= set(cookie.split("; "))
    assert secret not in cookie


@pytest.mark.parametrize("key", ["", "kq_wrong", "\x00", "ключ", "x" * 10_000])
def test_a_wrong_key_is_told_so(lobby: Lobby, key: str) -> None:
    answer = lobby.visit().post("/login", data={"key": key})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


def test_one_tenant_sees_its_recordings_only(lobby: Lobby) -> None:
    mine, theirs = lobby.job("acme"), lobby.job("umbrella")
    browser = lobby.logged_in("acme", "read")
    for path in ("/", "/fragments/recordings"):
        page = browser.get(path).text
        assert mine.id in page
        assert theirs.id not in page


def test_foreign_and_unknown_recordings_are_the_same_page(lobby: Lobby) -> None:
    foreign = lobby.job("umbrella")
    browser = lobby.logged_in("acme")
    for path in ("/recordings/{}", "/fragments/recordings/{}"):
        known, unknown = browser.get(path.format(foreign.id)), browser.get(path.format("A" * 20))
        assert (known.status_code, unknown.status_code) == (404, 404)
        assert known.text == unknown.text


def test_a_finished_call_shows_who_said_what_and_when(lobby: Lobby) -> None:
    job = lobby.job()
    lobby.finish(job, CALL, warnings=["Made by a starter model."])
    page = lobby.logged_in().get(f"/recordings/{job.id}")
    assert page.status_code == 200
    for part in ("Հարց հաշվի մասին", "Հաճախորդը հարցրեց", "Made by a starter model.", "0:31", "<time>1:15</time>"):
        assert part in page.text
    assert re.search(r"Speaker 2</span>Բարև լսում եմ</span>", page.text)
    assert "data-live" not in page.text


def test_nothing_that_was_said_or_sent_becomes_markup(lobby: Lobby) -> None:
    job = lobby.job()
    lobby.finish(job, CALL)
    page = lobby.logged_in().get(f"/recordings/{job.id}").text
    assert "&lt;ձեզ&gt;" in page
    assert "<b>" not in page


def test_a_failed_recording_says_why(lobby: Lobby) -> None:
    job = lobby.job()
    lobby.move(job, JobEvent.GIVEN_UP, error="The uploaded file is not readable audio.")
    assert "The uploaded file is not readable audio." in lobby.logged_in().get(f"/recordings/{job.id}").text


def test_a_fragment_says_when_nothing_more_will_change(lobby: Lobby) -> None:
    job, browser = lobby.job(), lobby.logged_in()
    path = f"/fragments/recordings/{job.id}"
    assert "x-khosq-final" not in browser.get(path).headers
    lobby.finish(job, CALL)
    assert browser.get(path).headers["x-khosq-final"] == "true"


def test_a_recording_can_be_cancelled_on_its_page(lobby: Lobby) -> None:
    job, browser = lobby.job(), lobby.logged_in()
    token = token_of(browser.get(f"/recordings/{job.id}").text)
    answer = browser.post(f"/recordings/{job.id}/cancel", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/recordings/{job.id}")
    assert lobby.core.jobs.find(job.id).state is JobState.CANCELLED
    assert browser.post(f"/recordings/{job.id}/cancel", data={"token": token}).status_code == 409


def test_nobody_cancels_without_the_right(lobby: Lobby) -> None:
    job = lobby.job()
    writer, reader, stranger = lobby.logged_in(), lobby.logged_in(scope="read"), lobby.logged_in("umbrella")
    token = token_of(writer.get(f"/recordings/{job.id}").text)
    path = f"/recordings/{job.id}/cancel"
    assert 'id="cancel"' not in reader.get(f"/recordings/{job.id}").text
    assert lobby.visit().post(path, data={"token": token}).status_code == 401
    assert reader.post(path, data={"token": token}).status_code == 403
    assert writer.post(path, data={}).status_code == 403
    assert writer.post(path, data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert writer.post(path, data={"token": token}, headers={"Origin": "https://evil.example"}).status_code == 403
    theirs = lobby.job("umbrella")
    own_token = token_of(stranger.get(f"/recordings/{theirs.id}").text)
    assert stranger.post(path, data={"token": own_token}).status_code == 404
    assert lobby.core.jobs.find(job.id).state is JobState.AWAITING_MEDIA


def test_a_session_ends_when_its_key_is_revoked(lobby: Lobby) -> None:
    secret, key = lobby.core.keys.create("acme", "read")
    browser = lobby.visit()
    browser.post("/login", data={"key": secret})
    assert "Log out" in browser.get("/").text
    lobby.core.keys.revoke(key.id)
    assert 'type="password"' in browser.get("/").text
    assert browser.get("/fragments/recordings").status_code == 401


def test_a_session_ends_by_itself_and_by_hand(lobby: Lobby) -> None:
    sleeper, leaver = lobby.logged_in(), lobby.logged_in()
    leaver.post("/logout")
    assert leaver.get("/fragments/recordings").status_code == 401
    lobby.clock.turn(12 * 3600)
    assert sleeper.get("/fragments/recordings").status_code == 401


def test_a_link_to_a_recording_leads_there_through_the_login(lobby: Lobby) -> None:
    job, browser = lobby.job(), lobby.visit()
    secret, _ = lobby.core.keys.create("acme", "read")
    turned = browser.get(f"/recordings/{job.id}")
    assert (turned.status_code, turned.headers["location"]) == (303, f"/login?next=/recordings/{job.id}")
    assert f'value="/recordings/{job.id}"' in browser.get(turned.headers["location"]).text
    answer = browser.post("/login", data={"key": secret, "next": f"/recordings/{job.id}"})
    assert answer.headers["location"] == f"/recordings/{job.id}"


@pytest.mark.parametrize("goal", ["https://evil.example", "//evil.example", "/recordings/../login", "/logout", "\\x"])
def test_a_login_leads_to_our_own_pages_only(lobby: Lobby, goal: str) -> None:
    secret, _ = lobby.core.keys.create("acme", "read")
    assert lobby.visit().post("/login", data={"key": secret, "next": goal}).headers["location"] == "/"


def test_older_recordings_are_a_page_further(lobby: Lobby) -> None:
    ids = []
    for _ in range(51):
        ids.append(lobby.job().id)
        lobby.clock.turn(1)
    browser = lobby.logged_in()
    first = browser.get("/").text
    older = re.search(r'href="(/\?before=[^"]+)"', first)
    assert older
    assert ids[0] not in first
    assert ids[1] in first
    assert ids[0] in browser.get(older[1]).text
    assert browser.get("/?before=yesterday").status_code == 400


@pytest.mark.parametrize("path", ["/none", "/recordings", "/recordings/a/b", "/assets/none.js", "/docs/none"])
def test_unknown_pages_are_a_page(lobby: Lobby, path: str) -> None:
    answer = lobby.visit().get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_pages_forbid_everything_foreign_and_carry_no_inline_script(lobby: Lobby) -> None:
    job, browser = lobby.job(), lobby.logged_in()
    for path in ("/", f"/recordings/{job.id}", "/none"):
        answer = browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<script(?! src=\"/assets/)|style=| on[a-z]+=\"|https?://", answer.text)


def test_assets_are_served_and_not_sent_twice(lobby: Lobby) -> None:
    browser = lobby.visit()
    for name, kind in (("khosq.css", "text/css"), ("live.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = browser.get(f"/assets/{name}")
        assert answer.headers["content-type"].startswith(kind)
        again = browser.get(f"/assets/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
