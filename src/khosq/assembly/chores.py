"""What a worker does besides the work: deadlines, what broke, what was left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import structlog

from khosq.assembly.core import Core
from khosq.delivery.outbox import DELIVER
from khosq.delivery.sender import Sender
from khosq.errors import UploadExpired, WorkerLost
from khosq.jobs.job import JobEvent, ended
from khosq.jobs.submission import PROCESS, REMEMBERED
from khosq.jobs.worker import broken_workflows, forget_old_workflows, forget_workflow
from khosq.pipeline.stages import Stages

_HOUR = 3600.0

log = structlog.get_logger()


def all_chores(core: Core, stages: Stages, sender: Sender) -> list[Callable[[], object]]:
    """Return the chores, in the order in which they are done at each heartbeat.

    Args:
        core: what they work on.
        stages: knows what a dead worker may have left.
        sender: goes on with deliveries.

    """
    return [
        partial(_expire_uploads, core),
        partial(_bury_broken_jobs, core),
        partial(_mend_broken_deliveries, sender),
        stages.tidy_ended,
        core.recordings.sweep,
        _Hourly(core.blobs.sweep_unfinished),
        _Hourly(core.insights.fold),
        _Hourly(lambda: core.jobs.forget_idempotency_keys(core.clock() - REMEMBERED)),
        _Hourly(lambda: forget_old_workflows(core.clock())),
    ]


class _Hourly:
    def __init__(self, chore: Callable[[], object]) -> None:
        self._chore = chore
        self._next = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._chore()
            self._next = time.monotonic() + _HOUR


def _expire_uploads(core: Core) -> None:
    """End the jobs whose recording did not come in time."""
    for job in core.jobs.move_overdue(core.clock(), UploadExpired(), also=[core.telling(JobEvent.EXPIRED)]):
        log.info("upload expired", action="upload_expired", job_id=job.id)


def _bury_broken_jobs(core: Core) -> None:
    """End the jobs at which worker after worker died, or whose end could not be written down."""
    tell = core.telling(JobEvent.GIVEN_UP)
    for job_id in broken_workflows(PROCESS):
        now = core.clock()
        if core.jobs.move(job_id, JobEvent.GIVEN_UP, now, changes=ended(now, WorkerLost()), also=[tell]):
            log.error("job given up: its work broke", action="job_lost", job_id=job_id)
        forget_workflow(job_id)


def _mend_broken_deliveries(sender: Sender) -> None:
    """Go on with the deliveries whose try could not be brought to an end."""
    for workflow_id in broken_workflows(DELIVER):
        delivery_id, _, number = workflow_id.partition(":")
        sender.mend(delivery_id, int(number))
        forget_workflow(workflow_id)
        log.error("a delivery's try broke off", action="delivery_mended", delivery=delivery_id)
