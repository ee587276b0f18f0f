"""The tables of jobs and their history, and every statement about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from khosq.errors import KhosqError, QuotaExceeded
from khosq.jobs.job import Job, JobEvent, JobState, Stage, Wishes, ended, sources, target
from khosq.storage.database import Database, ForeignText, JsonText, UtcDateTime, metadata

_AT_ONCE = 100
"""Jobs given up in one transaction."""

InTransaction = Callable[[sa.Connection, Job], None]
"""What else must be true the moment a job's change is: it runs inside that transaction."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("door", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("speakers", sa.Integer),
    sa.Column("metadata", JsonText, nullable=False),
    sa.Column("base_url", sa.String(500), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("stage", sa.String(20)),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("upload_deadline", UtcDateTime),
    sa.Column("recording_key", sa.String(200)),
    sa.Column("media_type", sa.String(40)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("sha256", sa.String(64)),
    sa.Column("duration", sa.Float),
    sa.Column("reserved_seconds", sa.Float),
    sa.Column("error_code", sa.String(40)),
    sa.Column("error", ForeignText),
    sa.Column("warnings", JsonText, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint(
        "state in (" + ", ".join(f"'{state}'" for state in JobState) + ")",
        name="ck_jobs_state",
    ),
    sa.Index("ix_jobs_tenant_created", "tenant_id", "created_at"),
    sa.Index("ix_jobs_state_deadline", "state", "upload_deadline"),
)

job_events = sa.Table(
    "job_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(20), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)

_tenants = sa.table("tenants", sa.column("id"), sa.column("seconds_left"))


class JobStore:
    """All SQL about jobs. Every change of state is one transaction with its event."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Job, *, key_id: str) -> None:
        """Keep a new job and its first event."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(jobs).values(
                    id=job.id,
                    tenant_id=job.tenant_id,
                    key_id=key_id,
                    door=job.door,
                    state=job.state,
                    language=job.wishes.language,
                    speakers=job.wishes.speakers,
                    metadata=job.metadata,
                    base_url=job.base_url,
                    created_at=job.created_at,
                    progress=job.progress,
                    upload_deadline=job.upload_deadline,
                    warnings=[],
                )
            )
            _note(connection, job.id, JobEvent.CREATED, job.created_at)

    def find(self, job_id: str) -> Job | None:
        """Return the job called ``job_id``, whosever it is."""
        with self._database.glance() as connection:
            return _find(connection, job_id)

    def of_tenant(self, tenant_id: str, *, limit: int, before: datetime | None) -> list[Job]:
        """Return a tenant's jobs, newest first."""
        statement = sa.select(jobs).where(jobs.c.tenant_id == tenant_id)
        if before is not None:
            statement = statement.where(jobs.c.created_at < before)
        statement = statement.order_by(jobs.c.created_at.desc()).limit(limit)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(statement).mappings()]

    def move(
        self,
        job_id: str,
        event: JobEvent,
        at: datetime,
        *,
        changes: dict[str, Any] | None = None,
        also: Sequence[InTransaction] = (),
    ) -> Job | None:
        """Let ``event`` happen to a job; return the job after it, or None where the table forbids it.

        A job that ends otherwise than well gives back, in the same transaction, the seconds it had reserved.

        Args:
            job_id: which job.
            event: what happened.
            at: when.
            changes: other columns that change with it.
            also: what must happen in the same transaction.

        """
        with self._database.write() as connection:
            return _move(connection, job_id, event, at, changes=changes, also=also)

    def set_upload_deadline(self, job_id: str, deadline: datetime) -> None:
        """Set when a job that awaits its recording is given up."""
        awaiting = jobs.c.state == JobState.AWAITING_MEDIA
        with self._database.write() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id, awaiting).values(upload_deadline=deadline))

    def move_overdue(self, now: datetime, error: KhosqError) -> list[Job]:
        """Give up every job whose upload did not come in time; return them."""
        with self._database.write() as connection:
            late = sa.select(jobs.c.id).where(jobs.c.state == JobState.AWAITING_MEDIA, jobs.c.upload_deadline <= now)
            moved = [
                _move(connection, job_id, JobEvent.EXPIRED, now, changes=ended(now, error))
                for job_id in connection.execute(late.limit(_AT_ONCE)).scalars().all()
            ]
        return [job for job in moved if job is not None]

    def reserve(self, job_id: str, seconds: float) -> None:
        """Take a running job's seconds from its tenant's quota, once however often it is called.

        Raises:
            QuotaExceeded: the tenant has fewer seconds left; nothing was taken.

        """
        with self._database.write() as connection:
            mine = jobs.c.id == job_id
            fresh = connection.execute(
                sa.update(jobs)
                .where(mine, jobs.c.reserved_seconds.is_(None), jobs.c.state == JobState.RUNNING)
                .values(reserved_seconds=seconds, duration=seconds)
            )
            if fresh.rowcount and not _take(connection, job_id, seconds):
                raise QuotaExceeded

    def note_progress(self, job_id: str, stage: Stage, progress: float) -> None:
        """Note how far a running job has come; progress never steps back."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING, jobs.c.progress <= progress)
                .values(stage=stage, progress=progress)
            )

    def seconds_allowed(self, job_id: str) -> float | None:
        """Return how many seconds this job may decode by its tenant's quota; None is without limit."""
        statement = (
            sa.select(_tenants.c.seconds_left, jobs.c.reserved_seconds)
            .join(jobs, jobs.c.tenant_id == _tenants.c.id)
            .where(jobs.c.id == job_id)
        )
        with self._database.read() as connection:
            left, reserved = connection.execute(statement).one()
        return None if left is None else left + (reserved or 0.0)

    def count_by_state(self) -> dict[str, int]:
        """Return how many jobs stand in each state."""
        statement = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def history(self, job_id: str) -> list[tuple[str, datetime]]:
        """Return what happened to a job, in order."""
        statement = sa.select(job_events.c.name, job_events.c.at).where(job_events.c.job_id == job_id)
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(statement.order_by(job_events.c.id))]


def _move(  # noqa: PLR0913 - one statement's parts
    connection: sa.Connection,
    job_id: str,
    event: JobEvent,
    at: datetime,
    *,
    changes: dict[str, Any] | None = None,
    also: Sequence[InTransaction] = (),
) -> Job | None:
    allowed = [jobs.c.id == job_id, jobs.c.state.in_(sources(event))]
    if event is JobEvent.MEDIA_RECEIVED:
        allowed.append(jobs.c.upload_deadline > at)
    moved = connection.execute(sa.update(jobs).where(*allowed).values(state=target(event), **(changes or {})))
    if not moved.rowcount:
        return None
    _note(connection, job_id, event, at)
    if event in (JobEvent.GIVEN_UP, JobEvent.CANCELLED):
        _give_back(connection, job_id)
    job = _find(connection, job_id)
    assert job is not None  # noqa: S101 - it was changed a statement ago
    for act in also:
        act(connection, job)
    return job


def _find(connection: sa.Connection, job_id: str) -> Job | None:
    row = connection.execute(_BY_ID, {"id": job_id}).mappings().one_or_none()
    return _job(row) if row else None


_BY_ID = sa.select(jobs).where(jobs.c.id == sa.bindparam("id"))


def _note(connection: sa.Connection, job_id: str, event: JobEvent, at: datetime) -> None:
    connection.execute(sa.insert(job_events).values(job_id=job_id, name=event, at=at))


def _take(connection: sa.Connection, job_id: str, seconds: float) -> bool:
    owner = sa.select(jobs.c.tenant_id).where(jobs.c.id == job_id).scalar_subquery()
    unlimited = _tenants.c.seconds_left.is_(None)
    taken = connection.execute(
        sa.update(_tenants)
        .where(_tenants.c.id == owner, unlimited | (_tenants.c.seconds_left >= seconds))
        .values(seconds_left=_tenants.c.seconds_left - seconds)
    )
    return bool(taken.rowcount)


def _give_back(connection: sa.Connection, job_id: str) -> None:
    seconds, owner = connection.execute(
        sa.select(jobs.c.reserved_seconds, jobs.c.tenant_id).where(jobs.c.id == job_id)
    ).one()
    if seconds:
        connection.execute(
            sa.update(_tenants).where(_tenants.c.id == owner).values(seconds_left=_tenants.c.seconds_left + seconds)
        )
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(reserved_seconds=0.0))


def _job(row: sa.RowMapping) -> Job:
    return Job(
        id=row["id"],
        tenant_id=row["tenant_id"],
        door=row["door"],
        state=JobState(row["state"]),
        wishes=Wishes(language=row["language"], speakers=row["speakers"]),
        metadata=row["metadata"],
        base_url=row["base_url"],
        created_at=row["created_at"],
        stage=Stage(row["stage"]) if row["stage"] else None,
        progress=row["progress"],
        upload_deadline=row["upload_deadline"],
        recording_key=row["recording_key"],
        media_type=row["media_type"],
        duration=row["duration"],
        error_code=row["error_code"],
        error=row["error"],
        warnings=tuple(row["warnings"]),
        ended_at=row["ended_at"],
    )


class NodeStore:
    """All SQL about which workers live, by the database's own clock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        epoch = "(julianday('now') - 2440587.5) * 86400.0" if database.is_sqlite else _POSTGRES_EPOCH
        self._now: sa.TextClause = sa.text(epoch)

    def appear(self, name: str) -> None:
        """Note a new worker."""
        with self._database.write() as connection:
            connection.execute(sa.insert(nodes).values(name=name, seen=self._now))

    def beat(self, name: str) -> bool:
        """Note that a worker lives; tell whether it still counted as alive."""
        with self._database.write() as connection:
            statement = sa.update(nodes).where(nodes.c.name == name).values(seen=self._now)
            return bool(connection.execute(statement).rowcount)

    def remove(self, name: str) -> None:
        """Forget a worker that left or died: its work is free for others."""
        with self._database.write() as connection:
            connection.execute(sa.delete(nodes).where(nodes.c.name == name))

    def silences(self) -> dict[str, float]:
        """Return, for each known worker, for how many seconds it has been silent."""
        with self._database.read() as connection:
            now: float = connection.execute(sa.select(sa.cast(self._now, sa.Float))).scalar_one()
            return {row.name: now - row.seen for row in connection.execute(sa.select(nodes))}


_POSTGRES_EPOCH = "extract(epoch from clock_timestamp())"
