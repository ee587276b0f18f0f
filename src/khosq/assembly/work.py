"""The worker process."""

from __future__ import annotations

import os
import signal
from functools import partial

import structlog

from khosq.assembly.core import Core, open_core
from khosq.assembly.models import open_workshop
from khosq.delivery.dialect import Letter
from khosq.delivery.sender import DELIVER, Outbox, Sender
from khosq.errors import UploadExpired, WorkerLost
from khosq.jobs.job import JobEvent
from khosq.jobs.store import InTransaction
from khosq.jobs.submission import PROCESS
from khosq.jobs.worker import Pace, Worker, forget_workflow, lost_workflows
from khosq.outbound.address import read_allow
from khosq.outbound.client import OutboundClient
from khosq.pipeline.process import Road
from khosq.pipeline.stages import Stages
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings

SUPERVISOR = "KHOSQ_SUPERVISOR"
"""Process id of the server that started this worker; it does not outlive it."""

log = structlog.get_logger()


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
        chores=[
            partial(_expire_uploads, core),
            partial(_bury_lost_jobs, core, telling(JobEvent.GIVEN_UP)),
            stages.tidy_ended,
            _leave_with_supervisor,
        ],
        name=name,
    )


def _sender(core: Core) -> Sender:
    settings = core.settings
    client = OutboundClient(
        allow=read_allow(settings.outbound_allow), allow_http=settings.outbound_http, clock=core.clock
    )

    async def post(url: str, letter: Letter, within: float) -> int:
        return (await client.post(url, letter.body, letter.headers, deadline=within)).status

    return Sender(
        core.deliveries,
        core.lookup,
        core.queue,
        core.dialects,
        post,
        offsets=settings.hook_retries,
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        clock=core.clock,
    )


def _expire_uploads(core: Core) -> None:
    """End the jobs whose recording did not come in time."""
    error = UploadExpired()
    for job in core.jobs.move_overdue(core.clock(), error_code=error.code, error=error.message):
        log.info("upload expired", action="upload_expired", job_id=job.id)


def _bury_lost_jobs(core: Core, tell: InTransaction) -> None:
    """End the jobs at which worker after worker died."""
    for job_id in lost_workflows():
        error, now = WorkerLost(), core.clock()
        changes = {"error_code": error.code, "error": error.message, "stage": None, "ended_at": now}
        core.jobs.move(job_id, JobEvent.GIVEN_UP, now, changes=changes, also=[tell])
        forget_workflow(job_id)
        log.error("job given up: its workers died", action="job_lost", job_id=job_id)


def _leave_with_supervisor() -> None:
    """Stop when the server that started this worker is gone."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor and os.getppid() != int(supervisor):
        log.warning("the server is gone; leaving", action="orphaned")
        os.kill(os.getpid(), signal.SIGTERM)
