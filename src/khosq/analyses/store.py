"""The tables of analysis runs, and every statement about them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from khosq.analyses.run import PART, AnalysisRun
from khosq.storage.database import Database, JsonText, UtcDateTime, metadata, older

runs = sa.Table(
    "analysis_runs",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("findings", JsonText, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_analysis_runs_tenant_created", "tenant_id", "created_at", "id"),
)

tasks = sa.Table(
    "analysis_tasks",
    metadata,
    sa.Column("run_id", sa.String(20), sa.ForeignKey("analysis_runs.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), primary_key=True, index=True),
    sa.Column("is_done", sa.Boolean, nullable=False),
    sa.Column("has_failed", sa.Boolean, nullable=False),
)
"""A job of a run; it goes with its job."""


class AnalysisStore:
    """All SQL about analysis runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for what must be noted together."""
        return self._database.write()

    def add(self, connection: sa.Connection, run: AnalysisRun, job_ids: Sequence[str]) -> int:
        """Keep a new run; return in how many parts."""
        row = {name: getattr(run, name) for name in ("id", "tenant_id", "findings", "created_at")}
        connection.execute(sa.insert(runs).values(**row))
        waiting = {"run_id": run.id, "is_done": False, "has_failed": False}
        rows = [waiting | {"part": number // PART, "job_id": job_id} for number, job_id in enumerate(job_ids)]
        connection.execute(sa.insert(tasks), rows)
        return (len(rows) - 1) // PART + 1

    def find(self, run_id: str) -> AnalysisRun | None:
        """Return a run as it is now."""
        with self._database.read() as connection:
            row = connection.execute(_RUNS.where(runs.c.id == run_id)).mappings().one_or_none()
            return _run(row) if row else None

    def find_in(self, connection: sa.Connection, run_id: str) -> AnalysisRun:
        """Return a run that is there, as a transaction sees it."""
        return _run(connection.execute(_RUNS.where(runs.c.id == run_id)).mappings().one())

    def search(self, tenant_id: str, *, limit: int, after: tuple[datetime, str] | None = None) -> list[AnalysisRun]:
        """Return a tenant's runs, newest first."""
        statement = _RUNS.where(runs.c.tenant_id == tenant_id).order_by(runs.c.created_at.desc(), runs.c.id.desc())
        if after is not None:
            statement = statement.where(older(runs.c.created_at, runs.c.id, than=after))
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(statement.limit(limit)).mappings()]

    def waiting(self, run_id: str, part: int) -> list[str]:
        """Return the jobs of a part that are still to be analysed."""
        mine = tasks.c.run_id == run_id, tasks.c.part == part, sa.not_(tasks.c.is_done)
        with self._database.read() as connection:
            return list(connection.execute(sa.select(tasks.c.job_id).where(*mine).order_by(tasks.c.job_id)).scalars())

    def finish(self, connection: sa.Connection, run_id: str, job_id: str, at: datetime, *, has_failed: bool) -> None:
        """Note that a job of a run is done, once; the run ends with its last one."""
        mine = tasks.c.run_id == run_id, tasks.c.job_id == job_id
        connection.execute(sa.update(tasks).where(*mine).values(is_done=True, has_failed=has_failed))
        self._end(connection, run_id, at)

    def remove_of_job(self, connection: sa.Connection, job_id: str, at: datetime) -> None:
        """Let a job that is deleted go from its runs, in its transaction."""
        of_job = sa.select(tasks.c.run_id).where(tasks.c.job_id == job_id)
        run_ids = connection.execute(of_job).scalars().all()
        connection.execute(sa.delete(tasks).where(tasks.c.job_id == job_id))
        for run_id in run_ids:
            self._end(connection, run_id, at)

    def _end(self, connection: sa.Connection, run_id: str, at: datetime) -> None:
        # Held first: of the last two jobs, done at the same moment, one must see the other.
        mine = runs.c.id == run_id
        connection.execute(sa.select(runs.c.id).where(mine).with_for_update())
        waits = sa.exists().where(tasks.c.run_id == run_id, sa.not_(tasks.c.is_done))
        connection.execute(sa.update(runs).where(mine, runs.c.ended_at.is_(None), ~waits).values(ended_at=at))


def _counted(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    counted = sa.select(sa.func.count()).select_from(tasks)
    return counted.where(tasks.c.run_id == runs.c.id, *where).scalar_subquery()


_RUNS = sa.select(
    runs,
    _counted().label("jobs"),
    _counted(tasks.c.is_done).label("done"),
    _counted(tasks.c.has_failed).label("failed"),
)


def _run(row: sa.RowMapping) -> AnalysisRun:
    return AnalysisRun(**dict(row) | {"findings": tuple(row["findings"])})
