"""A customer's server that does not listen costs one try and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.journeys.harness import Client, Receiver, Server, wait_until


@pytest.mark.parametrize(
    ("path", "status"),
    [("/broken", 500), ("/moved", 302), ("/slow", None)],
    ids=["answers 500", "redirects", "hangs"],
)
def test_a_receiver_that_does_not_accept_is_tried_once(  # noqa: PLR0913, PLR0917 - one case's facts
    path: str, status: int | None, server: Server, client: Client, receiver: Receiver, mp3: Callable[[str], bytes]
) -> None:
    server.set_webhook(client.tenant, receiver.address + path)
    job = client.send(mp3("en-young-man"))
    assert client.wait(job)["status"] == "transcribed"
    (tried,) = wait_until("its one try", lambda: server.attempts(job), within=60, pause=0.5)
    noted = server.await_line(action="webhook_tried", job_id=job)
    assert (tried.status, noted["status"], noted["number"]) == (status, status, 1)
    assert status or "in time" in noted["error"]
    assert len(receiver.about(job)) == 1
    assert not [call for call in receiver.calls if call.path == "/inner"]
    assert client.poll(job)["status"] == "transcribed"
    assert [delivery.state for delivery in deliveries(server, job)] == ["failed"]


def test_a_receiver_at_an_inner_address_is_never_called(
    server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    server.set_webhook(client.tenant, f"http://127.0.0.1:{server.port}/api/createTranscription")
    job = client.send(mp3("en-young-man"))
    assert client.wait(job)["status"] == "transcribed"
    noted = server.await_line(action="webhook_tried", job_id=job)
    assert noted["status"] is None
    assert noted["error"]


def deliveries(server: Server, job: str) -> list:  # type: ignore[type-arg]
    with server.core() as core:
        return core.deliveries.of_job(job)
