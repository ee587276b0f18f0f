"""The road itself: every stage is a durable step, so a job goes on where its last worker stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import structlog
from dbos import DBOS
from dbos._error import DBOSMaxStepRetriesExceeded, DBOSWorkflowCancelledError

from khosq.errors import Failed, KhosqError, may_help
from khosq.pipeline.stages import JobEnded, Stages

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Retry:
    """How a stage is tried again."""

    tries: int
    first_pause: float
    """Seconds before the second try; each further one waits twice as long."""


_RETRY = Retry(7, 2.0)


class Road:
    """Takes one recording from its bytes to its transcript."""

    def __init__(self, stages: Stages, *, retry_fetch: Retry, retry: Retry = _RETRY) -> None:
        """Prepare the road.

        Args:
            stages: what is done.
            retry_fetch: how often a recording is fetched from elsewhere.
            retry: how often any other stage is tried whose error may pass: two minutes long.

        """
        self._stages = stages
        self._retry = retry
        self._retry_fetch = retry_fetch

    async def process(self, job_id: str) -> None:
        """Run the job's stages; whatever happens, the job ends in a final state that says why."""
        with structlog.contextvars.bound_contextvars(job_id=job_id):
            try:
                await self._travel(job_id)
            except JobEnded:
                log.info("job ended while at work", action="job_left")
            except DBOSWorkflowCancelledError:
                await asyncio.to_thread(self._stages.tidy, job_id)
                raise
            except Exception as error:  # noqa: BLE001 - a job must end whatever broke; _told logs what nobody foresaw
                await self._step("give up", self._stages.give_up, job_id, _told(error))
            await asyncio.to_thread(self._stages.tidy, job_id)  # not when the worker hands over: the next goes on here

    async def _travel(self, job_id: str) -> None:
        stages = self._stages
        await self._step("fetch", stages.fetch, job_id)
        sound = await self._step("decode", stages.decode, job_id)
        plan = await self._step("detect", stages.detect, job_id, sound)
        voices = self._step("diarize", stages.diarize, job_id, sound, plan)
        recognitions = [
            self._step(f"recognize {number}", stages.recognize, job_id, sound, plan, piece)
            for number, piece in enumerate(plan.pieces)
        ]
        turns, *heard = await _together([voices, *recognitions])
        holes = await self._step("find holes", stages.find_holes, job_id, sound, plan, heard)
        for number, hole in enumerate(holes):
            heard.append(await self._step(f"recognize hole {number}", stages.recognize, job_id, sound, plan, hole))
        made = await self._step("analyse", stages.analyse, job_id, sound, plan, turns, heard)
        await _together([self._step(f"find {name}", stages.find, job_id, name) for name in made.findings])
        await self._step("finish", stages.finish, job_id, made)

    async def _step(
        self, name: str, stage: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a stage once; a later run of the same job gets its kept result."""

        async def timed() -> T:
            began = time.monotonic()
            log.debug("stage begun", action="stage_begun", stage=name)
            result = await stage(*args, **kwargs)
            log.info("stage done", action="stage_done", stage=name, seconds=round(time.monotonic() - began, 2))
            return result

        retry = self._retry_fetch if name == "fetch" else self._retry
        options: Any = {
            "name": name,
            "preemptible": True,
            "retries_allowed": True,
            "max_attempts": retry.tries,
            "interval_seconds": retry.first_pause,
            "should_retry": may_help,
        }
        result: T = await DBOS.run_step_async(options, timed)
        return result


async def _together(steps: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Run steps side by side; when one breaks, or the job is cancelled, stop the others."""
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _told(error: BaseException) -> KhosqError:
    """Return the error that the job's owner reads."""
    if isinstance(error, DBOSMaxStepRetriesExceeded):
        return _told(error.errors[-1])
    if isinstance(error, KhosqError):
        return error
    log.error("stage broke", action="stage_broke", exc_info=error)
    return Failed("Something broke on our side while working at this recording; the log has the details.")
