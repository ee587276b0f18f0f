"""Jobs that end before their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import requests
from tests.journeys.harness import Client, Server, is_alive, model_processes, wait_until

if TYPE_CHECKING:
    from tests.journeys.conftest import NewServer

SECONDS = 500.0


@pytest.fixture(scope="module")
def narrow(new_server: NewServer) -> Iterator[Server]:
    """A server with one model process and little patience for uploads."""
    server = new_server(KHOSQ_LOG_LEVEL="debug", KHOSQ_SLOTS="1", KHOSQ_UPLOAD_TTL="8").await_ready()
    yield server
    server.stop()


@pytest.fixture
def client(narrow: Server, request: pytest.FixtureRequest) -> Client:
    client = narrow.client(request.node.name)
    narrow.give_seconds(client, SECONDS)
    return client


def test_nothing_goes_up_after_the_link_has_expired(
    narrow: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    created = client.create()
    (late,) = wait_until("the link to expire", lambda: _late(created["uploadUrl"]), within=60, pause=0.3)
    assert late.headers["content-type"].startswith("application/json")
    assert "expired" in late.json()["error"]
    done = client.wait(created["docId"])  # a link says whole seconds: the job may have part of one left
    assert done["status"] == "failed"
    assert "expired" in done["error"]
    assert "transcription" not in done
    expired = ["created", "expired"]  # shown at once, written when the worker next looks
    wait_until("the row to follow", lambda: narrow.history(created["docId"]) == expired, within=30)
    assert requests.put(created["uploadUrl"], data=mp3("en-cards"), timeout=60).status_code == 403


def _late(link: str) -> list[requests.Response]:
    """An upload of nothing: it is refused, and changes nothing, whether the link is good or not."""
    answer = requests.put(link, data=b"", timeout=60)
    assert answer.status_code in {400, 403}
    return [answer] if answer.status_code == 403 else []


def test_a_job_is_cancelled_before_its_upload(narrow: Server, client: Client, mp3: Callable[[str], bytes]) -> None:
    created = client.create()
    job = created["docId"]
    with narrow.core() as core:
        core.lookup.cancel(client.tenant_id, job)
    done = client.poll(job)
    assert (done["status"], done["error"]) == ("failed", "The transcription was cancelled.")
    refused = requests.put(created["uploadUrl"], data=mp3("en-cards"), timeout=60)
    assert refused.status_code == 409
    assert set(refused.json()) == {"error"}


def test_cancelling_stops_what_is_waiting_and_what_is_at_work(
    narrow: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    worker = narrow.worker_pid()
    at_work = client.send(mp3("en-call"))
    narrow.await_line(action="stage_begun", stage="recognize 0", job_id=at_work)
    others = [client.send(mp3("en-young-man")) for _ in range(3)]
    models = wait_until("its model process", lambda: model_processes(worker))
    waiting = others.pop()
    assert narrow.await_state(waiting, "queued", "running", "succeeded") == "queued"

    stopped = narrow.khosq("jobs", "cancel", waiting, "--tenant", client.tenant)
    assert stopped["state"] == "cancelled"
    with narrow.core() as core:
        core.lookup.cancel(client.tenant_id, at_work)
        wait_until("its recognition to stop", lambda: not any(map(is_alive, models)), within=10)

    assert [client.wait(job)["status"] for job in others] == ["transcribed", "transcribed"]
    for job in (waiting, at_work):
        done = client.poll(job)
        assert (done["status"], done["error"]) == ("failed", "The transcription was cancelled.")
        assert narrow.history(job)[-1] == "cancelled"
    charged = sum(client.poll(job)["duration"] for job in others)
    assert narrow.seconds_left(client) == pytest.approx(SECONDS - charged, abs=0.02)
    assert is_alive(worker)
    again = narrow.khosq("jobs", "cancel", at_work, "--tenant", client.tenant, expect=1)
    assert "ended already" in again
    wait_until("its folder to go", lambda: not list((narrow.data_dir / "work").glob("*")))
