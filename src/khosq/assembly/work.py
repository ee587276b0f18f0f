"""The worker process."""

from __future__ import annotations

import os
import signal

from khosq.assembly.chores import all_chores
from khosq.assembly.core import SUPERVISOR, Core, open_core
from khosq.assembly.models import open_workshop
from khosq.delivery.dialect import Letter
from khosq.delivery.sender import DELIVER, Outbox, Sender
from khosq.jobs.job import JobEvent
from khosq.jobs.store import InTransaction
from khosq.jobs.submission import PROCESS
from khosq.jobs.worker import Pace, Worker
from khosq.outbound.address import read_allow
from khosq.outbound.client import OutboundClient
from khosq.pipeline.process import Road
from khosq.pipeline.stages import Stages
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings


def run_worker(settings: Settings, *, name: str | None = None) -> None:
    """Work until told to stop."""
    with open_core(settings) as core, open_workshop(settings) as workshop:
        worker = _build(core, workshop, name=name)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.ask_to_stop())
        worker.start()
        worker.wait()
        worker.close()


def _build(core: Core, workshop: Workshop, *, name: str | None) -> Worker:
    settings = core.settings
    outbox = Outbox(core.deliveries, core.queue, core.dialects, clock=core.clock)

    def telling(event: JobEvent) -> InTransaction:
        return lambda connection, job: outbox.tell(connection, job, event)

    stages = Stages(
        core.jobs,
        core.results,
        core.blobs,
        workshop,
        work_dir=settings.data_dir / "work",
        max_duration=settings.max_duration,
        outbox=telling,
        clock=core.clock,
    )
    return Worker(
        core.database.url,
        core.database.engine,
        core.nodes,
        {PROCESS: Road(stages).process, DELIVER: _sender(core).deliver},
        pace=Pace(settings.slots, settings.heartbeat, settings.dead_after),
        chores=all_chores(core, stages, telling(JobEvent.GIVEN_UP)),
        name=name,
        supervisor=int(os.environ[SUPERVISOR]) if SUPERVISOR in os.environ else None,
    )


def _sender(core: Core) -> Sender:
    settings = core.settings
    client = OutboundClient(
        allow=read_allow(settings.outbound_allow), allow_http=settings.outbound_http, clock=core.clock
    )

    async def post(url: str, letter: Letter, within: float) -> int:
        return (await client.send("POST", url, letter.body, letter.headers, deadline=within)).status

    return Sender(
        core.deliveries,
        core.lookup,
        core.queue,
        core.dialects,
        post,
        offsets=settings.hook_retries,
        clock=core.clock,
    )
