"""What an account may use: seconds of sound, and polls a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.journeys.harness import Client, Server

MINUTE = 60


def test_a_recording_longer_than_the_seconds_left_fails_and_costs_nothing(
    server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    shown = server.khosq("tenants", "quota", "--tenant", client.tenant, "--seconds", "5")
    assert shown["seconds_left"] == 5

    refused = client.wait(client.send(mp3("en-leisure")))
    assert refused["status"] == "failed"
    assert "seconds left" in refused["error"]
    assert "transcription" not in refused
    assert server.seconds_left(client) == 5

    done = client.wait(client.send(mp3("en-young-man")))
    assert done["status"] == "transcribed"
    assert server.seconds_left(client) == pytest.approx(5 - done["duration"], abs=0.01)
    assert server.seconds_left(client) == pytest.approx(2, abs=0.2)


def test_the_sixty_first_poll_in_a_clock_minute_has_to_wait_for_the_next(server: Server, client: Client) -> None:
    other = server.client("another key")
    job, others = client.create()["docId"], other.create()["docId"]
    while time.time() % MINUTE > MINUTE - 20:  # not so late in a minute that the polls would not fit in it
        time.sleep(0.2)
    minute = time.time() // MINUTE
    statuses = [client.get(job if number % 2 else "A" * 20).status_code for number in range(60)]
    refused = client.get(job)
    left = MINUTE - time.time() % MINUTE
    assert time.time() // MINUTE == minute, "the machine is too slow for this test"
    assert statuses == [404, 200] * 30
    assert refused.status_code == 429
    assert set(refused.json()) == {"error"}
    assert left - 1 <= int(refused.headers["Retry-After"]) <= left + 2
    assert other.get(others).status_code == 200
    assert client.create()["docId"]
