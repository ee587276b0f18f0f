"""Waiting for jobs: few looks, however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from khosq.errors import RateLimited, Unavailable
from khosq.jobs.job import Job, JobState, Mark, Wishes
from khosq.serving.watch import MOST_WAITING, Watch

BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
JOB = Job("job1", "tenant", "native", JobState.QUEUED, Wishes("en"), {}, "https://asr.example.org", BEGUN)


class Table:
    """Jobs' marks, and how often somebody looked."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}
        self.looks = 0
        self.is_away = False

    def look(self, job_ids: Sequence[str]) -> Mapping[str, Mark]:
        self.looks += 1
        if self.is_away:
            self.is_away = False
            raise Unavailable
        return {job_id: self.marks[job_id] for job_id in job_ids if job_id in self.marks}


def jobs(count: int) -> list[Job]:
    return [replace(JOB, id=f"job{number}") for number in range(count)]


def test_two_hundred_who_wait_cost_one_look_at_a_time() -> None:
    async def wait() -> tuple[list[bool], int]:
        table, many = Table(), jobs(200)
        table.marks = {job.id: job.mark for job in many}
        watch = Watch(table.look)
        waiting = [asyncio.create_task(watch.change(job, within=60)) for job in many]
        await asyncio.sleep(0.6)
        assert not any(one.done() for one in waiting)
        table.marks = dict.fromkeys(table.marks, (JobState.RUNNING, None, 0.0, None))
        return await asyncio.gather(*waiting), table.looks

    told, looks = asyncio.run(wait())
    assert all(told)
    assert looks <= 5


def test_only_those_are_woken_whose_job_has_changed() -> None:
    async def wait() -> tuple[bool, bool]:
        table, (one, two) = Table(), jobs(2)
        table.marks = {one.id: (JobState.RUNNING, None, 0.0, None), two.id: two.mark}
        watch = Watch(table.look)
        first, second = await asyncio.gather(watch.change(one, within=60), watch.change(two, within=1))
        return first, second

    assert asyncio.run(wait()) == (True, False)


def test_a_job_that_is_gone_has_changed() -> None:
    assert asyncio.run(Watch(Table().look).change(JOB, within=60))


def test_nobody_looks_when_nobody_waits() -> None:
    async def wait() -> int:
        table = Table()
        table.marks = {JOB.id: JOB.mark}
        watch = Watch(table.look)
        leaving = asyncio.create_task(watch.change(JOB, within=60))
        await asyncio.sleep(0.1)
        leaving.cancel()
        await asyncio.wait({leaving})
        await asyncio.sleep(0.5)
        before = table.looks
        await asyncio.sleep(0.6)
        assert table.looks == before
        table.marks = {}
        assert await watch.change(JOB, within=60)  # and it begins again
        return before

    assert asyncio.run(wait()) <= 1


def test_who_waits_goes_on_waiting_while_the_database_is_away() -> None:
    async def wait() -> bool:
        table = Table()
        table.is_away = True
        return await Watch(table.look).change(JOB, within=60)

    assert asyncio.run(wait())


def test_what_breaks_is_told_to_those_who_wait() -> None:
    def broken(_: Sequence[str]) -> Mapping[str, Mark]:
        raise LookupError("a fault of ours")

    async def wait() -> None:
        await Watch(broken).change(JOB, within=60)

    with pytest.raises(LookupError):
        asyncio.run(wait())


def test_nobody_waits_for_a_server_that_stops() -> None:
    async def wait() -> tuple[bool, bool]:
        table = Table()
        table.marks = {JOB.id: JOB.mark}
        watch = Watch(table.look)
        waiting = asyncio.create_task(watch.change(JOB, within=60))
        await asyncio.sleep(0.1)
        watch.close()
        return await waiting, await watch.change(JOB, within=60)

    assert asyncio.run(wait()) == (False, False)


def test_one_tenant_cannot_take_every_seat() -> None:
    watch = Watch(Table().look)
    seats = [watch.seat("greedy") for _ in range(MOST_WAITING)]
    for seat in seats:
        seat.__enter__()
    with pytest.raises(RateLimited):
        watch.require_seat("greedy")
    watch.require_seat("modest")
    seats[0].__exit__(None, None, None)
    watch.require_seat("greedy")
