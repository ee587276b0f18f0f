"""An accepted recording comes to its end, once, whatever is killed on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.journeys.harness import Client, Receiver, Server, is_alive, model_processes, wait_until

from khosq.evaluation.mp3 import read_samples, to_mp3

if TYPE_CHECKING:
    from tests.conftest import Heard
    from tests.journeys.conftest import NewServer

SECONDS = 1000.0


@pytest.fixture(scope="module")
def crashing(new_server: NewServer) -> Iterator[Server]:
    """A server that says when each stage begins, with one model process, so that pieces come one after another."""
    server = new_server(
        KHOSQ_LOG_LEVEL="debug", KHOSQ_SLOTS="1", KHOSQ_HEARTBEAT="0.5", KHOSQ_DEAD_AFTER="4"
    ).await_ready()
    yield server
    server.stop()


@pytest.fixture
def client(crashing: Server, receiver: Receiver, request: pytest.FixtureRequest) -> Client:
    client = crashing.client(request.node.name)
    crashing.set_webhook(client.tenant, f"{receiver.address}/ok")
    crashing.give_seconds(client, SECONDS)
    return client


@pytest.fixture(scope="session")
def long_mp3(recording: Heard) -> bytes:
    """Speech enough for more than one piece of recognition."""
    names = ("en-leisure", "en-selfish", "en-respectable", "en-amiable", "en-young-man")
    read = [read_samples(recording(name)[1]) for name in names]
    once = np.concatenate([samples for samples, _ in read], axis=1)
    return to_mp3(np.tile(once, 3), read[0][1])


@pytest.fixture(scope="session")
def short_call(recording: Heard) -> bytes:
    """Some seconds of two people."""
    samples, sample_rate = read_samples(recording("en-call")[1])
    return to_mp3(samples[:, 6 * sample_rate : 16 * sample_rate], sample_rate)


def arrives_once(server: Server, client: Client, receiver: Receiver, job: str) -> None:
    """Check that a job ended well, was told once and charged once."""
    done = client.wait(job)
    assert done["status"] == "transcribed", done
    assert len(done["transcription"].split()) >= 3
    receiver.await_call(job)
    assert len(receiver.about(job)) == 1
    assert server.history(job).count("completed") == 1
    left = server.seconds_left(client)
    assert left is not None
    assert SECONDS - left == pytest.approx(done["duration"], abs=0.01)


@pytest.mark.parametrize(
    ("stage", "name", "kind"),
    [
        ("decode", "en-cards", "single_voice"),
        ("detect", "en-cards", "single_voice"),
        ("diarize", "call", "phone_call"),
        ("recognize 1", "long", "single_voice"),
        ("analyse", "en-cards", "single_voice"),
    ],
)
def test_a_job_goes_on_in_the_next_worker_when_its_worker_is_killed(  # noqa: PLR0913, PLR0917 - one case's facts
    stage: str, name: str, kind: str, crashing: Server, client: Client, receiver: Receiver,
    mp3: Callable[[str], bytes], long_mp3: bytes, short_call: bytes,
) -> None:  # fmt: skip
    recorded = {"long": long_mp3, "call": short_call}.get(name) or mp3(name)
    for _ in range(5):  # a loaded machine may let the job end before the kill
        worker = crashing.worker_pid()
        job = client.send(recorded, kind)
        begun = {"action": "job_started"} if stage == "decode" else {"action": "stage_begun", "stage": stage}
        crashing.await_line(job_id=job, **begun)
        if stage == "recognize 1":  # the pieces wait for one model process, in order
            wait_until("its first piece", partial(_has_first_piece, crashing, job), pause=0.2)
        os.kill(worker, signal.SIGKILL)
        wait_until("the worker to be gone", partial(_is_gone, worker))
        finished = crashing.steps(job)
        if (stage if stage != "analyse" else "finish") not in finished:
            break
        client.wait(job)
        crashing.give_seconds(client, SECONDS)

    arrives_once(crashing, client, receiver, job)

    assert crashing.worker_pid() != worker
    assert len(finished) >= {"decode": 0, "detect": 1, "diarize": 2, "recognize 1": 4, "analyse": 4}[stage]
    assert finished.items() <= crashing.steps(job).items()
    done = crashing.stages_done(job)
    assert [done[step] for step in finished] == [1] * len(finished)
    # killed before the stage that starts it was noted, a job starts once more
    assert crashing.history(job).count("started") in ({1, 2} if stage == "decode" else {1})


def _has_first_piece(server: Server, job: str) -> bool:
    return "recognize 0" in server.steps(job)


def _is_gone(process: int) -> bool:
    return not is_alive(process)


def test_a_killed_model_process_costs_one_more_try(
    crashing: Server, client: Client, receiver: Receiver, mp3: Callable[[str], bytes]
) -> None:
    worker = crashing.worker_pid()
    job = client.send(mp3("en-leisure"))
    crashing.await_line(action="stage_begun", stage="recognize 0", job_id=job)
    for process in model_processes(worker):
        os.kill(process, signal.SIGKILL)
    arrives_once(crashing, client, receiver, job)
    assert crashing.worker_pid() == worker
    assert crashing.history(job) == ["created", "media_received", "started", "completed"]


@pytest.mark.parametrize("everything", [False, True], ids=["the server process alone", "every process at once"])
def test_a_job_survives_the_end_of_the_whole_server(
    *, everything: bool, crashing: Server, client: Client, receiver: Receiver, mp3: Callable[[str], bytes]
) -> None:
    waiting = client.create()
    job = client.send(mp3("en-leisure"))
    crashing.await_line(action="stage_begun", stage="recognize 0", job_id=job)
    worker = crashing.worker_pid()
    if everything:
        crashing.close()
    else:
        crashing.kill()
    crashing.start()
    crashing.await_ready()
    arrives_once(crashing, client, receiver, job)
    wait_until("the old worker to leave", lambda: not is_alive(worker), within=30)
    assert client.poll(waiting["docId"])["status"] == "uploading"
