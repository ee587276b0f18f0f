"""Waiting for a job at the desk's watch."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from starlette.concurrency import run_in_threadpool

from khosq.apis.face import Desk
from khosq.apis.openai.errors import failure_of
from khosq.errors import Conflict, NotFound, Unavailable
from khosq.jobs.job import FINAL, Job, JobState
from khosq.transcript.transcript import Transcript

_COME_AGAIN = 1.0
"""Seconds after which a database that is away is asked again."""


async def await_end(desk: Desk, job: Job, *, within: float) -> Job:
    """Return a job as soon as it has ended, or as it was last seen when ``within`` seconds have passed.

    Raises:
        NotFound: it was deleted.

    """
    now = asyncio.get_running_loop().time
    until = now() + within
    while job.state not in FINAL and (left := until - now()) > 0 and await desk.watch.change(job, within=left):
        try:
            job = await desk.briefly(partial(desk.lookup.job, job.tenant_id, job.id))
        except Unavailable:  # the job goes on without the database's help, and so does waiting for it
            await asyncio.sleep(_COME_AGAIN)
    return job


async def read_transcript(desk: Desk, job: Job) -> Transcript:
    """Return what a job that has ended made.

    Raises:
        TranscriptionFailed: it made none.

    """
    if job.state is not JobState.SUCCEEDED:
        raise failure_of(job)
    return (await run_in_threadpool(desk.lookup.outcome, job)).transcript


async def stop(desk: Desk, job: Job) -> None:
    """Cancel a job for which nobody waits any more, unless it has ended."""
    with suppress(Conflict, NotFound):
        await run_in_threadpool(desk.lookup.cancel, job.tenant_id, job.id)
