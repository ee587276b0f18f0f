from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.store import NodeStore
from khosq.storage.database import Database

SCRIPT = Path(__file__).with_name("one_worker.py")
STALLED = 70


@dataclass
class Shift:
    """Workers on one database, and what they wrote into their diary."""

    database: Database
    queue: Queue
    diary: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, str(SCRIPT), self.database.url, name, str(self.diary)]
        self.processes.append(subprocess.Popen(words))
        return self.processes[-1]

    def enqueue(self, job_id: str, *, seconds: float) -> None:
        self.queue.enqueue(None, "process", job_id, job_id, seconds, queue=JOBS, partition="acme")

    def wrote(self) -> list[str]:
        return self.diary.read_text().splitlines() if self.diary.exists() else []

    def until(self, fact: Callable[[], bool], *, within: float = 60) -> None:
        deadline = time.monotonic() + within
        while not fact():
            assert time.monotonic() < deadline, self.wrote()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.queue.close()
        self.database.close()


@pytest.fixture
def shift(database_url: str, tmp_path: Path) -> Iterator[Shift]:
    database = Database(database_url)
    database.migrate()
    shift = Shift(database, Queue(database.engine), tmp_path / "diary")
    yield shift
    shift.stop()


def test_a_killed_workers_job_goes_on_in_another_from_its_last_finished_step(shift: Shift) -> None:
    first = shift.start("first")
    shift.enqueue("one", seconds=600)
    shift.until(lambda: "first waits" in shift.wrote())
    first.kill()
    first.wait()
    second = shift.start("second")
    shift.until(lambda: "second ends one" in shift.wrote())
    assert shift.wrote() == ["first begins one", "first waits", "second waits", "second ends one"]
    assert set(NodeStore(shift.database).silences()) == {"second"}
    second.terminate()
    assert second.wait(60) == 0
    assert NodeStore(shift.database).silences() == {}


def test_a_worker_that_was_declared_dead_leaves_before_it_does_more(shift: Shift) -> None:
    first = shift.start("first")
    shift.enqueue("one", seconds=600)
    shift.until(lambda: "first waits" in shift.wrote())
    NodeStore(shift.database).remove("first")
    assert first.wait(60) == STALLED
