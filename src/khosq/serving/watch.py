"""Waiting for jobs to change: one look into the database for all who wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import structlog
from starlette.concurrency import run_in_threadpool

from khosq.errors import RateLimited, Unavailable
from khosq.jobs.job import Job, Mark

FASTEST, SLOWEST = 0.25, 2.0
"""Seconds between two looks: soon after something changed, and when nothing does."""
_SLOWER = 1.25
MOST_WAITING = 1000
"""Requests of one tenant that may wait at the same time, in one process."""
_COME_AGAIN = 5

log = structlog.get_logger("khosq.serving")


class Watch:
    """Tells those who wait when their jobs have changed; they hold no thread and ask the database nothing."""

    def __init__(self, look: Callable[[Sequence[str]], Mapping[str, Mark]]) -> None:
        """Keep how to look.

        Args:
            look: returns how far jobs have come; those that are gone are missing.

        """
        self._look = look
        self._waiting: dict[str, dict[asyncio.Future[None], Mark]] = {}
        self._seats: Counter[str] = Counter()
        self._news = asyncio.Event()
        """Set when somebody has begun to wait."""
        self._looking: asyncio.Task[None] | None = None
        self.is_closed = False
        """The server stops: nobody may wait any more."""

    def close(self) -> None:
        """Let everybody go who waits, and nobody wait from now on."""
        self.is_closed = True
        self._wake(
            {waiter: TimeoutError("the server stops") for waiters in self._waiting.values() for waiter in waiters}
        )

    def require_seat(self, tenant_id: str) -> None:
        """Refuse a tenant of whom too many wait already.

        Raises:
            RateLimited: ``MOST_WAITING`` of its requests do.

        """
        if self._seats[tenant_id] >= MOST_WAITING:
            raise RateLimited(f"{MOST_WAITING} requests wait for jobs already.", retry_after=_COME_AGAIN)

    @contextmanager
    def seat(self, tenant_id: str) -> Iterator[None]:
        """Count one who waits."""
        self._seats[tenant_id] += 1
        try:
            yield
        finally:
            self._seats[tenant_id] -= 1
            self._seats += Counter()  # drops those who have none

    async def change(self, job: Job, *, within: float) -> bool:
        """Return True once a job is not as it was seen, False after ``within`` seconds or when the server stops."""
        if self.is_closed:
            return False
        changed = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(job.id, {})
        waiting[changed] = job.mark
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again_and_again())
        self._news.set()
        try:
            await asyncio.wait_for(changed, within)
        except TimeoutError:
            return False
        finally:
            waiting.pop(changed, None)
            if not waiting and self._waiting.get(job.id) is waiting:
                del self._waiting[job.id]
        return True

    async def _look_again_and_again(self) -> None:
        pause = FASTEST
        try:
            while self._waiting:
                await asyncio.sleep(FASTEST)  # however many come and go, no look follows sooner
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), pause - FASTEST)
                pause = FASTEST if self._news.is_set() else min(pause * _SLOWER, SLOWEST)
                self._news.clear()
                if await self._tell():
                    pause = FASTEST
        finally:
            self._looking = None

    async def _tell(self) -> bool:
        """Look once, and wake those whose jobs have changed; tell whether there were any."""
        job_ids = list(self._waiting)
        try:
            marks = await run_in_threadpool(self._look, job_ids)
        except Unavailable as error:
            log.warning("jobs cannot be watched now", action="watch_failed", error=error.message)
            return False
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, each of whom raises it
            self._wake({changed: error for job_id in job_ids for changed in self._waiting.get(job_id, {})})
            return False
        changed = [
            waiter
            for job_id in job_ids
            for waiter, mark in self._waiting.get(job_id, {}).items()
            if marks.get(job_id) != mark
        ]
        self._wake(dict.fromkeys(changed))
        return bool(changed)

    def _wake(self, waiters: Mapping[asyncio.Future[None], Exception | None]) -> None:
        for waiter, error in waiters.items():
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
