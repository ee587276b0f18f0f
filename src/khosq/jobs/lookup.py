"""Find, list, cancel and delete jobs, always of one tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from khosq.clock import Clock
from khosq.errors import Conflict, KhosqError, NotFound
from khosq.findings.finding import KeptFinding
from khosq.findings.store import FindingStore
from khosq.identifiers import is_name
from khosq.jobs.job import FINAL, Chosen, Deletion, Job, JobEvent, JobState, Mark, Tally, ended, given_up, is_overdue
from khosq.jobs.queue import Queue
from khosq.jobs.results import Outcome, Results
from khosq.jobs.store import InTransaction, JobStore


class Lookup:
    """What a door may ask about jobs."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: JobStore,
        results: Results,
        findings: FindingStore,
        queue: Queue,
        *,
        tell: Callable[[JobEvent], InTransaction],
        forget: Sequence[InTransaction],
        clock: Clock,
    ) -> None:
        """Keep what it works with.

        Args:
            store: the jobs.
            results: what they made.
            findings: what was found in it.
            queue: where they wait.
            tell: writes the webhooks of an event into its transaction.
            forget: removes what others keep of a job, in the transaction that deletes it.
            clock: the time.

        """
        self._store = store
        self._results = results
        self._findings = findings
        self._queue = queue
        self._tell = tell
        self._forget = forget
        self._clock = clock

    def job(self, tenant_id: str, job_id: str) -> Job:
        """Return a tenant's job.

        Raises:
            NotFound: unknown, or another tenant's: the same answer, after the same work.

        """
        job = self._store.find(job_id) if is_name(job_id) else None
        if job is None or job.tenant_id != tenant_id:
            raise NotFound
        return self._seen(job)

    def jobs_named(self, tenant_id: str, job_ids: Sequence[str]) -> list[Job]:
        """Return several of a tenant's jobs, in this order.

        Raises:
            NotFound: one is unknown, or another tenant's.

        """
        found = self._store.find_all(job_ids) if all(map(is_name, job_ids)) else []
        if len(found) < len(job_ids) or any(job.tenant_id != tenant_id for job in found):
            raise NotFound
        return [self._seen(job) for job in found]

    def jobs(
        self, chosen: Chosen, *, limit: int, offset: int = 0, after: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """Return a tenant's jobs, newest first; ``after`` is the creation time and id of the last one seen."""
        return [self._seen(job) for job in self._store.search(chosen, limit=limit, offset=offset, after=after)]

    def marks(self, job_ids: Sequence[str]) -> dict[str, Mark]:
        """Return how far jobs have come that somebody was allowed to see; those deleted since are missing."""
        return self._store.marks(job_ids)

    def count(self, chosen: Chosen) -> int:
        """Return how many jobs there are of the chosen kind."""
        return self._store.count(chosen)

    def tally(self, chosen: Chosen) -> list[Tally]:
        """Count jobs of the chosen kind and their seconds, by day and state."""
        return self._store.tally(chosen)

    def outcome(self, job: Job) -> Outcome:
        """Return what a succeeded job made, with what was found in it."""
        return replace(self._results.read(job.id), findings=self.findings(job))

    def findings(self, job: Job) -> Mapping[str, KeptFinding]:
        """Return what was found in a job, by name."""
        return self._findings.of_jobs([job.id])[job.id]

    def history(self, job: Job) -> Sequence[tuple[str, datetime]]:
        """Return what happened to a job, in order."""
        return self._store.history(job.id)

    def cancel(self, tenant_id: str, job_id: str) -> Job:
        """Stop a job in whatever state it is; what it had reserved is given back.

        Raises:
            Conflict: it has ended already.

        """
        job = self.job(tenant_id, job_id)
        now = self._clock()
        cancelled = None
        if job.state not in FINAL:
            also = [self._tell(JobEvent.CANCELLED)]
            cancelled = self._store.move(job.id, JobEvent.CANCELLED, now, changes=ended(now), also=also)
        if cancelled is None:
            raise Conflict("This job has ended already.")
        self._stop(job)
        return cancelled

    def give_up_waiting(self, job_id: str, error: KhosqError) -> None:
        """End a job whose recording will not come; one that awaits none goes on."""
        now, also = self._clock(), [self._tell(JobEvent.EXPIRED)]
        self._store.move(job_id, JobEvent.EXPIRED, now, changes=ended(now, error), also=also)

    def delete(self, tenant_id: str, job_id: str, *, key_id: str | None = None) -> None:
        """Delete a job, at work or not, with its recording and all that was made of it; a proof of it stays.

        Raises:
            NotFound: as ``job``; a deleted job is not there any more.

        """
        job = self.job(tenant_id, job_id)
        if not self._store.delete(job, self._clock(), key_id=key_id, also=self._forget):
            raise NotFound
        self._stop(job)

    def deletion(self, tenant_id: str, job_id: str) -> Deletion | None:
        """Return the proof that a tenant's job was deleted, if it was."""
        return self._store.deletion(tenant_id, job_id) if is_name(job_id) else None

    def _stop(self, job: Job) -> None:
        if job.state in {JobState.QUEUED, JobState.RUNNING}:
            self._queue.cancel(job.id)

    def _seen(self, job: Job) -> Job:
        """Return a job as it is now: looking changes nothing, and waits for nobody."""
        return given_up(job) if is_overdue(job, self._clock()) else job
