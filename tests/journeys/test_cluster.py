"""The same road on PostgreSQL, with the API and two workers apart."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from tests.journeys.harness import Program, Receiver, Site, wait_until

from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard

DEAD_AFTER = 4


class Cluster(Site):
    """``khosq api`` and two ``khosq worker``."""

    def start(self) -> None:
        self.api = self.program("api", "--data-dir", str(self.data_dir), "--port", str(self.port))
        self.workers = {name: self.program("worker", "--name", name) for name in ("left", "right")}
        for name in self.workers:
            self.await_line(action="worker_started", worker=name)
        wait_until("the API", self._answers, within=60)

    def programs(self) -> list[Program]:
        return [self.api, *self.workers.values()]

    def owner(self, job: str) -> str:
        """The worker that a job is with."""
        with self.core() as core:
            client = core.queue._client  # noqa: SLF001 - the queue tells nobody who works at what
            (found,) = client.list_workflows(workflow_ids=[job])
        return str(found.executor_id)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.address}/healthz", timeout=10).ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def cluster(postgres_url: str, receiver: Receiver, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(
        tmp_path,
        KHOSQ_DATABASE_URL=postgres_url, KHOSQ_LOG_LEVEL="debug", KHOSQ_SLOTS="1",
        KHOSQ_HEARTBEAT="0.5", KHOSQ_DEAD_AFTER=str(DEAD_AFTER),
        KHOSQ_OUTBOUND_ALLOW=receiver.authority, KHOSQ_OUTBOUND_HTTP="true",
    )  # fmt: skip
    cluster.public_url = cluster.environment["KHOSQ_PUBLIC_URL"] = cluster.address  # type: ignore[attr-defined]
    cluster.start()
    yield cluster
    for program in cluster.programs():
        if program.process.poll() is None:
            program.stop()


def test_another_worker_finishes_what_a_killed_one_began(
    cluster: Cluster, receiver: Receiver, recording: Heard, mp3: Callable[[str], bytes]
) -> None:
    known, _ = recording("en-leisure")
    client = cluster.client("clustered")
    cluster.give_seconds(client, 100)
    cluster.set_webhook("clustered", f"{receiver.address}/ok")
    job = client.send(mp3("en-leisure"), metadata={"n": 1})
    cluster.await_line(action="stage_begun", stage="recognize 0", job_id=job)
    victim = cluster.owner(job)
    os.kill(cluster.workers[victim].pid, signal.SIGKILL)
    finished = cluster.steps(job)

    (other,) = set(cluster.workers) - {victim}
    cluster.await_line(action="took_over", workers=[victim])
    done = client.wait(job)
    assert cluster.owner(job) == other
    assert done["status"] == "transcribed", done
    assert word_errors(known.reference, done["transcription"], language="en").rate <= (known.wer_at_most or 0)
    assert finished.items() <= cluster.steps(job).items()
    assert {"decode", "detect"} <= set(finished)
    told = receiver.await_call(job).json
    assert (told["transcription"], told["metadata"]) == (done["transcription"], {"n": 1})
    assert len(receiver.about(job)) == 1
    assert cluster.seconds_left(client) == pytest.approx(100 - done["duration"], abs=0.01)
    assert cluster.history(job) == ["created", "media_received", "started", "completed"]
