"""A worker of its own, for tests: ``python one_worker.py URL NAME FILE``; its steps write to FILE."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from dbos import DBOS

from khosq.jobs.queue import Queue
from khosq.jobs.store import NodeStore
from khosq.jobs.worker import Pace, Worker
from khosq.storage.database import Database

url, name, file = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def write(text: str) -> None:
    with file.open("a") as diary:
        diary.write(f"{name} {text}\n")


async def note(text: str) -> None:
    await asyncio.to_thread(write, text)


async def wait(seconds: float) -> None:
    await note("waits")
    await asyncio.sleep(seconds)


async def process(job_id: str, seconds: float) -> None:
    await DBOS.run_step_async({"name": "first"}, note, f"begins {job_id}")
    await DBOS.run_step_async({"name": "second"}, wait, seconds if name == "first" else 0.0)
    await DBOS.run_step_async({"name": "third"}, note, f"ends {job_id}")


database = Database(url)
database.migrate()
Queue(database.engine)
worker = Worker(
    database.url,
    database.engine,
    NodeStore(database),
    {"process": process},
    pace=Pace(slots=2, heartbeat=0.2, dead_after=1.0),
    name=name,
)
signal.signal(signal.SIGTERM, lambda *_: worker.ask_to_stop())
worker.start()
worker.wait()
worker.close()
