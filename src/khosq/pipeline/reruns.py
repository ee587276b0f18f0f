"""Analyses of old calls: one durable step a job, so that a part goes on where its last worker stopped."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog
from dbos import DBOS

from khosq.analyses.analyses import Analyses
from khosq.analyses.run import AnalysisRun
from khosq.errors import may_help
from khosq.jobs.job import JobState
from khosq.jobs.store import JobStore
from khosq.pipeline.findings import Findings

_TRIES = 7
_FIRST_PAUSE = 2.0
"""Seconds before the second try; each further one waits twice as long."""

log = structlog.get_logger()


class Reruns:
    """Analyses one part of a run after the other."""

    def __init__(self, analyses: Analyses, jobs: JobStore, findings: Findings) -> None:
        self._analyses = analyses
        self._jobs = jobs
        self._findings = findings

    async def analyse(self, run_id: str, part: int) -> None:
        """Find what a run asks for in the jobs of one part."""
        run, job_ids = await _step("choose", partial(asyncio.to_thread, self._analyses.part, run_id, part))
        for job_id in job_ids:
            await _step(f"job {job_id}", partial(self._analyse, run, job_id))
        log.info("part of a run analysed", action="part_analysed", run_id=run_id, part=part, jobs=len(job_ids))

    async def _analyse(self, run: AnalysisRun, job_id: str) -> None:
        job = await asyncio.to_thread(self._jobs.find, job_id)
        if job is None or job.state is not JobState.SUCCEEDED:
            return  # deleted meanwhile: it has left the run
        went_well = [await self._findings.find(job, name) for name in run.findings]
        await asyncio.to_thread(self._analyses.finish, run, job, has_failed=not all(went_well))


async def _step(name: str, work: Any) -> Any:
    options: Any = {
        "name": name,
        "retries_allowed": True,
        "max_attempts": _TRIES,
        "interval_seconds": _FIRST_PAUSE,
        "should_retry": may_help,
    }
    return await DBOS.run_step_async(options, work)
