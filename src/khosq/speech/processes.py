"""Warm model processes, one per slot: the only places where inference runs."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from khosq.errors import EngineFailed
from khosq.telemetry import set_up_logs

T = TypeVar("T")

_TASKS_BEFORE_RENEWAL = 500
"""A process is renewed after so many tasks, so that no leak of a runtime can grow for ever."""
_PR_SET_PDEATHSIG = 1
_NICENESS = 5
"""Recognition yields the processor to the API."""


class ModelProcesses:
    """A pool of processes that keep their models loaded; a cancelled or stuck task kills its process."""

    def __init__(self, slots: int, *, prepare: Callable[[], None]) -> None:
        """Start ``slots`` processes; each calls ``prepare`` before its first task."""
        self.slots = slots
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # inherited; a process that sets it for itself has loaded numpy already
        self._prepare = prepare
        self._is_closed = False
        self._pool = self._open()

    async def run(self, function: Callable[..., T], *args: Any, within: float) -> T:
        """Run ``function`` in a free process.

        Raises:
            EngineFailed: the process died or took longer than ``within`` seconds.

        """
        future = await self._schedule(function, *args, within=within)
        try:
            return await asyncio.wrap_future(future)
        except (ProcessExpired, BrokenProcessPool) as error:
            raise EngineFailed("The process of the speech engine died; it may be out of memory.") from error
        except TimeoutError as error:
            raise EngineFailed(f"The speech engine gave no answer in {within:.0f} s.") from error

    def close(self) -> None:
        """End every process now."""
        self._is_closed = True
        _end(self._pool)

    def _open(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=self.slots,
            max_tasks=_TASKS_BEFORE_RENEWAL,
            initializer=_settle,
            initargs=(os.getpid(), logging.getLevelName(logging.getLogger().level), self._prepare),
            context=multiprocessing.get_context("spawn"),
        )
        for _ in range(self.slots):
            pool.schedule(_nothing)  # the pool starts its processes at the first task: do not let a job wait
        return pool

    async def _schedule(self, function: Callable[..., T], *args: Any, within: float) -> Future[T]:
        """Hand a task to the pool; one that broke for good, as when an idle process was killed, is replaced."""
        pool = self._pool
        try:
            future: Future[T] = pool.schedule(function, args=args, timeout=within)
        except RuntimeError as error:
            if self._is_closed:
                raise EngineFailed("The speech engines are being stopped.") from error
            if self._pool is pool:
                self._pool = self._open()
                await asyncio.to_thread(_end, pool)
            future = self._pool.schedule(function, args=args, timeout=within)
        return future


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves this one unannotated
    pool.join()


def _nothing() -> None:
    """Do nothing."""


def _settle(parent: int, log_level: str, prepare: Callable[[], None]) -> None:
    """Prepare a process: it stays below the API's priority, logs alike and does not outlive its worker."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.nice(_NICENESS)
    set_up_logs(log_level)
    prepare()
