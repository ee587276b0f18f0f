"""Webhooks to a fast receiver while thousands wait for a slow one of the same tenant."""

from __future__ import annotations

import asyncio
import math
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from databases import chosen_database
from harness import Client, MeasurementFailed, client_of, running_server
from report import Bound, Report, options

from khosq.assembly.core import Core, open_core
from khosq.delivery.endpoint import Endpoint
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.results import Outcome
from khosq.transcript.transcript import Transcript

LANGUAGE = "en-US"
MOST = 1.0
"""Seconds by which the slow receiver may delay the fast one's webhooks in the 99th percentile."""
HOLDS = 10.0
"""Seconds for which the slow receiver keeps each webhook waiting: as long as we wait."""
_AT_ONCE = 500
_PATIENCE = 120.0


@dataclass
class Receivers:
    """Two receivers on one event loop, in a thread of their own."""

    slow_port: int = 0
    fast_port: int = 0
    held: int = 0
    """Webhooks that the slow one keeps waiting now."""
    came: dict[str, float] = field(default_factory=dict)
    """When the fast one got the webhook sent to a path, by the monotonic clock."""

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep the caller waiting; it gives up at its deadline."""
        self.held += 1
        await asyncio.wait([asyncio.ensure_future(reader.read())], timeout=HOLDS)
        self.held -= 1
        writer.close()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note when the webhook came, and accept it."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.came.setdefault(head.split(maxsplit=2)[1].decode(), time.monotonic())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def run(self, is_up: threading.Event) -> None:
        """Listen until cancelled."""
        slow = await asyncio.start_server(self.hold, "127.0.0.1", 0)
        fast = await asyncio.start_server(self.take, "127.0.0.1", 0)
        self.slow_port, self.fast_port = (one.sockets[0].getsockname()[1] for one in (slow, fast))
        is_up.set()
        await asyncio.Event().wait()


@contextmanager
def running_receivers() -> Iterator[Receivers]:
    """Start both receivers, for as long as the process lasts."""
    receivers, is_up = Receivers(), threading.Event()
    threading.Thread(target=lambda: asyncio.run(receivers.run(is_up)), daemon=True).start()
    is_up.wait()
    yield receivers


def main() -> int:
    """Measure with no other webhooks too, to tell what those to the slow receiver cost."""
    parser = options(__doc__)
    parser.add_argument("--queued", type=int, default=10_000, help="webhooks that wait for the slow receiver")
    parser.add_argument("--fast", type=int, default=300, help="webhooks to the fast receiver, each time")
    parser.add_argument("--rate", type=float, default=5.0, help="of those, a second")
    parser.add_argument("--postgres", action="store_true", help="on a Postgres that is started for it")
    given = parser.parse_args()
    if given.quick:
        given.queued, given.fast = 500, 25
    kind = "Postgres" if given.postgres else "SQLite"
    report = Report(f"{given.fast} webhooks with {given.queued} waiting for a slow receiver, {kind}", given.json)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="khosq-bench-"))
        stack.enter_context(chosen_database(is_postgres=given.postgres))
        receivers = stack.enter_context(running_receivers())
        allow = f"127.0.0.1:{receivers.slow_port},127.0.0.1:{receivers.fast_port}"
        opened = {"KHOSQ_OUTBOUND_ALLOW": allow, "KHOSQ_OUTBOUND_HTTP": "true"}
        server = stack.enter_context(running_server(Path(folder) / "server", **opened))
        client = stack.enter_context(client_of(server))
        core = stack.enter_context(open_core(server.settings))
        job = _ended_job(core, client)
        report.say(f"Telling the fast receiver {given.fast} times …")
        told = _tell_fast(core, receivers, job, count=given.fast, rate=given.rate)
        alone = _measure("alone", told, receivers, report)
        report.say(f"Queueing {given.queued} webhooks …")
        _queue_slow(core, receivers, job, given.queued)
        _wait_until_held(receivers)
        report.say(f"Telling the fast receiver {given.fast} times …")
        told = _tell_fast(core, receivers, job, count=given.fast, rate=given.rate)
        beside = _measure("beside the slow one", told, receivers, report)
    report.bounds.append(Bound("delay by the slow receiver, 99 of 100", beside - alone, MOST, "s"))
    return report.end()


def _ended_job(core: Core, client: Client) -> Job:
    """Return a job of which something can be told; no recording is needed for that."""
    job_id, _ = client.create(language=LANGUAGE)
    _ = core.outbox  # made before anything is written: it brings the queue's own tables up to date
    core.results.keep(job_id, Outcome(Transcript(LANGUAGE, 1.0, ())))
    job = core.jobs.find(job_id)
    if job is None:
        raise MeasurementFailed("The job that was made is not there.")
    return job


def _queue_slow(core: Core, receivers: Receivers, job: Job, count: int) -> None:
    """Tell the slow receiver ``count`` times."""
    with core.database.write() as connection:
        slow = _put(core, connection, job, receivers.slow_port, new_id())
    for done in range(0, count, _AT_ONCE):
        with core.database.write() as connection:
            for _ in range(min(_AT_ONCE, count - done)):
                core.outbox.tell(connection, job, JobEvent.COMPLETED, subject={"id": slow})


def _put(core: Core, connection: sa.Connection, job: Job, port: int, subject_id: str) -> str:
    """Add an endpoint that hears of one thing alone; return the thing's id."""
    url = f"http://127.0.0.1:{port}/{subject_id}"
    endpoint = Endpoint(
        new_id(), job.tenant_id, job.door, url, "secret", core.clock(), job_id=job.id, subject_id=subject_id
    )
    core.endpoints.put(connection, endpoint)
    return subject_id


def _tell_fast(core: Core, receivers: Receivers, job: Job, *, count: int, rate: float) -> dict[str, float]:
    """Tell the fast receiver again and again; return when, by path."""
    began, told = time.monotonic(), dict[str, float]()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        with core.database.write() as connection:
            name = _put(core, connection, job, receivers.fast_port, new_id())
            core.outbox.tell(connection, job, JobEvent.COMPLETED, subject={"id": name})
        told[f"/{name}"] = time.monotonic()
    return told


def _wait_until_held(receivers: Receivers) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not receivers.held:
        if time.monotonic() > deadline:
            raise MeasurementFailed("The slow receiver was not called.")
        time.sleep(0.1)


def _measure(what: str, told: dict[str, float], receivers: Receivers, report: Report) -> float:
    """Wait for the fast receiver; return the 99th percentile of the seconds until it knew."""
    deadline = time.monotonic() + _PATIENCE
    while not told.keys() <= receivers.came.keys():
        if time.monotonic() > deadline:
            raise MeasurementFailed(f"{len(told.keys() - receivers.came.keys())} webhooks did not come.")
        time.sleep(0.1)
    seconds = sorted(receivers.came[path] - at for path, at in told.items())
    last = seconds[math.ceil(0.99 * len(seconds)) - 1]
    report.rows.append(
        {
            "fast receiver": what,
            "webhooks": len(seconds),
            "p50, s": statistics.median(seconds),
            "p99, s": last,
            "most, s": seconds[-1],
            "held by the slow one": receivers.held,
        }
    )
    return last


if __name__ == "__main__":
    sys.exit(main())
