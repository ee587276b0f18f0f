"""Find, list and cancel jobs, always of one tenant."""

from __future__ import annotations

from datetime import datetime

from khosq.clock import Clock
from khosq.errors import Conflict, NotFound
from khosq.identifiers import is_id
from khosq.jobs.job import FINAL, Job, JobEvent, JobState, ended, given_up, is_overdue
from khosq.jobs.queue import Queue
from khosq.jobs.results import Outcome, Results
from khosq.jobs.store import JobStore


class Lookup:
    """What a door may ask about jobs."""

    def __init__(self, store: JobStore, results: Results, queue: Queue, *, clock: Clock) -> None:
        self._store = store
        self._results = results
        self._queue = queue
        self._clock = clock

    def job(self, tenant_id: str, job_id: str) -> Job:
        """Return a tenant's job.

        Raises:
            NotFound: unknown, or another tenant's: the same answer, after the same work.

        """
        job = self._store.find(job_id) if is_id(job_id) else None
        if job is None or job.tenant_id != tenant_id:
            raise NotFound
        return self._seen(job)

    def jobs(self, tenant_id: str, *, limit: int = 50, before: datetime | None = None) -> list[Job]:
        """Return a tenant's jobs, newest first."""
        return [self._seen(job) for job in self._store.of_tenant(tenant_id, limit=limit, before=before)]

    def outcome(self, job: Job) -> Outcome:
        """Return what a succeeded job made."""
        return self._results.read(job.id)

    def cancel(self, tenant_id: str, job_id: str) -> Job:
        """Stop a job in whatever state it is; what it had reserved is given back.

        Raises:
            Conflict: it has ended already.

        """
        job = self.job(tenant_id, job_id)
        now = self._clock()
        cancelled = None
        if job.state not in FINAL:
            cancelled = self._store.move(job.id, JobEvent.CANCELLED, now, changes=ended(now))
        if cancelled is None:
            raise Conflict("This job has ended already.")
        if job.state is not JobState.AWAITING_MEDIA:
            self._queue.cancel(job.id)
        return cancelled

    def _seen(self, job: Job) -> Job:
        """Return a job as it is now: looking changes nothing, and waits for nobody."""
        return given_up(job) if is_overdue(job, self._clock()) else job
