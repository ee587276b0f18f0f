"""What a door may ask about analyses of old calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from khosq.analyses.run import MOST_JOBS, AnalysisRun
from khosq.analyses.store import AnalysisStore
from khosq.clock import Clock
from khosq.errors import Invalid, NotFound
from khosq.identifiers import is_id, new_id
from khosq.jobs.job import Job, JobState
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.store import InTransaction, claim, hold_job
from khosq.jobs.submission import IdempotencyKey, as_once

ANALYSE = "analyse"
"""Name of the workflow that analyses one part of a run."""
LAST = 1000
"""Priority: whoever waits for a transcript is served first."""


class Analyses:
    """Opens runs and tells how far they have come; workers do the work."""

    def __init__(
        self, store: AnalysisStore, queue: Queue, *, told: Callable[[Sequence[str]], InTransaction], clock: Clock
    ) -> None:
        """Keep what it works with.

        Args:
            store: the runs.
            queue: where their parts wait.
            told: returns what else must be true the moment these were found in a job.
            clock: the time.

        """
        self._store = store
        self._queue = queue
        self._told = told
        self._clock = clock

    def open(
        self, tenant_id: str, jobs: Sequence[Job], findings: Sequence[str], *, once: IdempotencyKey | None = None
    ) -> AnalysisRun:
        """Have something found in jobs that have their transcript.

        Args:
            tenant_id: whose they are.
            jobs: of this tenant.
            findings: names of features that are known, and ``scorecard:ID`` of scorecards that may be used.
            once: a request that came before with this key gets the run of that time, as it is now.

        Raises:
            Invalid: there is nothing to do, or too much, or a job has no transcript.
            Conflict: the idempotency key came with another request.

        """
        chosen = {job.id: job for job in jobs}
        if not chosen or not findings:
            raise Invalid("There is nothing to analyse: no job that has a transcript, or nothing to be found in it.")
        if len(chosen) > MOST_JOBS:
            raise Invalid(f"One run analyses at most {MOST_JOBS} jobs; narrow the choice.")
        for job in chosen.values():
            if job.state is not JobState.SUCCEEDED:
                raise Invalid(f"The job {job.id} has no transcript.")
        names = tuple(dict.fromkeys(findings))
        run = AnalysisRun(new_id(), tenant_id, names, self._clock(), len(chosen))
        remembered = as_once(once, tenant_id, ANALYSE, run.created_at)
        with self._store.write() as connection:
            if remembered is not None:
                before = claim(connection, remembered, [run.id], run.created_at)
                if before is not None:
                    return self._store.find_in(connection, before[0])
            for part in range(self._store.add(connection, run, list(chosen))):
                workflow_id = f"{run.id}:{part}"
                self._queue.enqueue(
                    connection, ANALYSE, workflow_id, run.id, part, queue=JOBS, partition=tenant_id, priority=LAST
                )
        return run

    def find(self, tenant_id: str, run_id: str) -> AnalysisRun:
        """Return a tenant's run.

        Raises:
            NotFound: unknown, or another tenant's.

        """
        found = self._store.find(run_id) if is_id(run_id) else None
        if found is None or found.tenant_id != tenant_id:
            raise NotFound
        return found

    def all(self, tenant_id: str, *, limit: int = 100, after: tuple[datetime, str] | None = None) -> list[AnalysisRun]:
        """Return a tenant's runs, newest first; ``after`` is the creation time and id of the last one seen."""
        return self._store.search(tenant_id, limit=limit, after=after)

    def part(self, run_id: str, part: int) -> tuple[AnalysisRun, list[str]]:
        """Return a run, and the jobs of one part that are still to be analysed."""
        run = self._store.find(run_id)
        if run is None:
            raise NotFound
        return run, self._store.waiting(run_id, part)

    def finish(self, run: AnalysisRun, job: Job, *, has_failed: bool) -> None:
        """Note that a job has been analysed again, and have it told."""
        with self._store.write() as connection:
            if hold_job(connection, job.id):  # else it was deleted just now, and has left the run
                self._told(run.findings)(connection, job)
                self._store.finish(connection, run.id, job.id, self._clock(), has_failed=has_failed)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Let a job that is deleted go from its runs, in its transaction."""
        self._store.remove_of_job(connection, job_id, self._clock())
