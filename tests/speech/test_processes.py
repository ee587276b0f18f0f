from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from khosq.errors import EngineFailed
from khosq.speech.processes import ModelProcesses


def prepare() -> None:
    """Load nothing."""


@pytest.fixture
def processes() -> Iterator[ModelProcesses]:
    processes = ModelProcesses(1, prepare=prepare)
    yield processes
    processes.close()


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().split()[2] != "Z"


async def until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_processes_killed_while_idle_are_replaced(processes: ModelProcesses) -> None:
    async def story() -> None:
        first = await processes.run(os.getpid, within=60)
        os.kill(first, signal.SIGKILL)
        await until_gone(first)
        await asyncio.sleep(0.5)  # the pool notices; whether before or after the next task is its own affair
        assert await processes.run(os.getpid, within=60) != first

    asyncio.run(story())


def test_a_process_killed_at_work_fails_its_task_and_no_other(processes: ModelProcesses) -> None:
    async def story() -> None:
        first = await processes.run(os.getpid, within=60)
        task = asyncio.create_task(processes.run(time.sleep, 60, within=60))
        await asyncio.sleep(0.5)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(EngineFailed) as failed:
            await task
        assert failed.value.retryable
        assert await processes.run(os.getpid, within=60) != first

    asyncio.run(story())


def test_a_cancelled_task_ends_its_process(processes: ModelProcesses) -> None:
    async def story() -> None:
        first = await processes.run(os.getpid, within=60)
        task = asyncio.create_task(processes.run(time.sleep, 60, within=60))
        await asyncio.sleep(0.5)
        task.cancel()
        await until_gone(first)
        assert await processes.run(os.getpid, within=60) != first

    asyncio.run(story())


def test_a_task_that_takes_too_long_is_ended(processes: ModelProcesses) -> None:
    async def story() -> None:
        with pytest.raises(EngineFailed, match="no answer in 1 s"):
            await processes.run(time.sleep, 60, within=1)

    asyncio.run(story())
