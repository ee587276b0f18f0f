"""A worker: runs durable workflows, says that it lives, takes over from those that no longer do."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS

from khosq.identifiers import new_id
from khosq.jobs.queue import HOOKS, JOBS
from khosq.jobs.store import NodeStore

Workflow = Callable[..., Awaitable[Any]]

APPLICATION = "khosq"
VERSION = "1"
"""Names the shape of the workflows; it changes only when a job begun by the old code cannot go on in the new."""
MOST_RECOVERIES = 20
"""A job that was at work when so many workers died is given up. Those beside a deadly one are counted too."""
_STALLED = 70
"""Exit status of a worker that was declared dead: it must not go on, another has its work."""
_POLL = 0.2
"""Seconds between two looks into a queue: 5 % of a core when idle, 0.1 s of waiting on average."""
_HOOKS_AT_ONCE, _HOOKS_OF_ONE_LANE = 128, 4
"""A try mostly waits, and costs little while it does: dozens of slow receivers leave room for all others."""
_KEPT = timedelta(days=1)
"""The queue remembers finished work for so long; rows of jobs and deliveries stay."""
_FORGOTTEN_AT_ONCE = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker shares itself out."""

    slots: int
    heartbeat: float = 2.0
    """Seconds between signs of life."""
    dead_after: float = 8.0
    """Seconds of silence after which a worker counts as dead."""


class Worker:
    """One process that runs workflows. There is one per process: DBOS is a process-wide singleton."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        database_url: str,
        engine: Any,
        nodes: NodeStore,
        workflows: Mapping[str, Workflow],
        *,
        pace: Pace,
        chores: Sequence[Callable[[], object]] = (),
        name: str | None = None,
        supervisor: int | None = None,
    ) -> None:
        """Prepare a worker.

        Args:
            database_url: of the database that holds jobs and queue.
            engine: connections to it.
            nodes: who lives.
            workflows: what can be run, by name.
            pace: how much at once, and how often to say that it lives.
            chores: done again and again while it lives.
            name: among the workers; it must be new.
            supervisor: process id of the server that it must not outlive.

        """
        self.name = name or f"{socket.gethostname()}-{new_id(8)}"
        self._url = database_url
        self._engine = engine
        self._nodes = nodes
        self._pace = pace
        self._chores = chores
        self._supervisor = supervisor
        self._stop = threading.Event()
        for workflow_name, workflow in workflows.items():
            DBOS.workflow(name=workflow_name, max_recovery_attempts=MOST_RECOVERIES)(_as_function(workflow))

    def start(self) -> None:
        """Begin to work. The worker is seen alive before it can claim anything."""
        self._nodes.appear(self.name)
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._url,
                "system_database_engine": self._engine,
                "run_migrations": False,
                "executor_id": self.name,
                "application_version": VERSION,
                "log_level": "CRITICAL",
            }
        )
        DBOS.listen_queues([JOBS, HOOKS])
        DBOS.launch()
        slots = self._pace.slots
        DBOS.register_queue(
            JOBS,
            worker_concurrency=2 * slots + 1,  # some decode and tell voices apart while others are recognised
            partition_worker_concurrency=slots + 1,  # one tenant's thousand jobs leave room for another's one
            polling_interval_sec=_POLL,
        )
        DBOS.register_queue(
            HOOKS,
            worker_concurrency=_HOOKS_AT_ONCE,
            partition_worker_concurrency=_HOOKS_OF_ONE_LANE,
            polling_interval_sec=_POLL,
        )
        for task in (self._live, self._do_chores):
            threading.Thread(target=task, name=task.__name__, daemon=True).start()
        log.info("worker started", action="worker_started", worker=self.name)

    def wait(self) -> None:
        """Return when the worker was told to stop."""
        self._stop.wait()

    def ask_to_stop(self) -> None:
        """Make ``wait`` return."""
        self._stop.set()

    def close(self) -> None:
        """Hand over at once: what is unfinished goes on in another worker from its last finished stage."""
        self._stop.set()
        DBOS.destroy(workflow_completion_timeout_sec=1)
        self._nodes.remove(self.name)
        log.info("worker stopped", action="worker_stopped", worker=self.name)

    def _live(self) -> None:
        trusted = 0.0
        while not self._stop.wait(self._pace.heartbeat):
            if self._supervisor is not None and os.getppid() != self._supervisor:
                log.warning("the server is gone; leaving", action="orphaned")
                self.ask_to_stop()
            try:
                trusted += self._pace.heartbeat
                self._look_after_others(grace_is_over=trusted > self._pace.dead_after)
            except Exception:
                # A database outage silences everyone: afterwards each gets the full time to be heard again.
                trusted = 0.0
                log.exception("liveness failed; trying again", action="liveness_failed")

    def _do_chores(self) -> None:
        """Do what is due besides the work, in a thread of its own: a long chore must not silence the worker."""
        while not self._stop.wait(self._pace.heartbeat):
            for chore in self._chores:
                try:
                    chore()
                except Exception:
                    log.exception("chore failed; trying again", action="chore_failed")

    def _look_after_others(self, *, grace_is_over: bool) -> None:
        if not self._nodes.beat(self.name):
            log.error("declared dead after a stall; leaving", action="worker_fenced", worker=self.name)
            os._exit(_STALLED)
        owners = {
            found.executor_id
            for found in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
            if found.executor_id
        }
        silences = self._nodes.silences()
        gone = owners - set(silences)
        silent = {name for name in owners & set(silences) if silences[name] > self._pace.dead_after}
        dead = sorted(gone | silent if grace_is_over else gone)
        if dead:
            for name in dead:
                self._nodes.remove(name)
            DBOS._recover_pending_workflows(dead)  # noqa: SLF001 - the only call that keeps queue, tenant and attempts
            log.warning("took over from dead workers", action="took_over", workers=dead)


def _as_function(workflow: Workflow) -> Workflow:
    """Wrap a method: DBOS writes attributes on what it is given."""

    async def run(*args: Any) -> Any:
        return await workflow(*args)

    return run


def broken_workflows(name: str) -> list[str]:
    """Return the ids of workflows called ``name`` that ended without having noted so: they broke, or were given up."""
    broken = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
    found = DBOS.list_workflows(status=broken, name=name, load_input=False, load_output=False)
    return [one.workflow_id for one in found]


def forget_workflow(workflow_id: str) -> None:
    """Remove a workflow whose end was noted elsewhere."""
    DBOS.delete_workflow(workflow_id)


def forget_old_workflows(now: datetime) -> None:
    """Remove what the queue remembers of work that ended long ago; every recognised word is in it."""
    ended, before = ["SUCCESS", "CANCELLED"], (now - _KEPT).isoformat()
    while found := DBOS.list_workflows(
        status=ended, end_time=before, limit=_FORGOTTEN_AT_ONCE, load_input=False, load_output=False
    ):
        DBOS.delete_workflows([one.workflow_id for one in found])
