"""The tables of jobs and their history, and every statement about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.errors import Conflict, KhosqError, QuotaExceeded
from khosq.jobs.job import (
    FINAL,
    Chosen,
    Deletion,
    Job,
    JobEvent,
    JobState,
    Keep,
    Mark,
    Stage,
    Tally,
    Wishes,
    ended,
    sources,
    target,
)
from khosq.jobs.results import results_key
from khosq.recordings.recording import Recording
from khosq.recordings.store import RecordingStore, add_recording, read_recording, recordings
from khosq.storage.database import Database, ForeignText, JsonText, UtcDateTime, metadata, older
from khosq.tenants.store import UsageStore

_LATE = timedelta(minutes=1)
"""What a job makes may still be written for so long after the job was deleted at work."""
_AT_ONCE = 100
"""Jobs given up in one transaction."""

InTransaction = Callable[[sa.Connection, Job], None]
"""What else must be true the moment a job's change is: it runs inside that transaction."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("door", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("wishes", JsonText, nullable=False),
    sa.Column("metadata", JsonText, nullable=False),
    sa.Column("base_url", sa.String(500), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("filename", ForeignText, nullable=False),
    sa.Column("source_url", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("stage", sa.String(20)),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("upload_deadline", UtcDateTime),
    sa.Column("receiving_until", UtcDateTime),
    sa.Column("recording_id", sa.String(20), sa.ForeignKey("recordings.id"), index=True),
    sa.Column("duration", sa.Float),
    sa.Column("reserved_seconds", sa.Float),
    sa.Column("error_code", sa.String(40)),
    sa.Column("error", ForeignText),
    sa.Column("warnings", JsonText, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint(
        "state in (" + ", ".join(f"'{state}'" for state in JobState) + ")",
        name="ck_jobs_state",
    ),
    sa.Index("ix_jobs_tenant_created", "tenant_id", "created_at", "id"),
    sa.Index("ix_jobs_state_deadline", "state", "upload_deadline"),
    sa.Index(
        "ix_jobs_in_flight",
        "tenant_id",
        "created_at",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

job_events = sa.Table(
    "job_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), primary_key=True),
    sa.Column("door", sa.String(20), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("request_digest", sa.String(64), nullable=False),
    sa.Column("job_ids", JsonText, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)

deletions = sa.Table(
    "deletions",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("door", sa.String(20), nullable=False),
    sa.Column("deleted_by", sa.String(20)),
    sa.Column("sha256", sa.String(64)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime, nullable=False),
)
"""What is left of a deleted job: the proof that it was deleted."""

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)

_tenants = sa.table("tenants", sa.column("id"), sa.column("seconds_left"))
_JOBS = sa.select(jobs, *(column.label(f"recording__{column.name}") for column in recordings.c)).outerjoin(
    recordings, jobs.c.recording_id == recordings.c.id
)


@dataclass(frozen=True, slots=True)
class Once:
    """A caller's word that a request sent again is the same request."""

    tenant_id: str
    door: str
    digest: str
    """Of the key that the caller chose; in hex."""
    request_digest: str
    """Of what was asked for; in hex."""
    valid_since: datetime
    """Keys used before are forgotten."""


class JobStore:
    """All SQL about jobs. Every change of state is one transaction with its event."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._usage = UsageStore(database)
        self._recordings = RecordingStore(database)

    def add(
        self, opened: Sequence[Job], *, key_id: str, also: Mapping[str, Sequence[InTransaction]], once: Once | None
    ) -> list[str]:
        """Keep new jobs, all or none; return the ids of those that stand: other ones where the request came before.

        Args:
            opened: the jobs.
            key_id: the API key that made them.
            also: by job, what must happen in the same transaction.
            once: makes the request one that is done once.

        Raises:
            Conflict: the same idempotency key came with another request.
            NotFound: a recording's bytes are gone.

        """
        with self._database.write() as connection:
            ids = [job.id for job in opened]
            if once is not None and (before := claim(connection, once, ids, opened[0].created_at)) is not None:
                return before
            for recording_id in sorted({job.recording.id for job in opened if job.recording is not None}):
                self._recordings.hold(connection, recording_id)
            for job in opened:
                connection.execute(sa.insert(jobs).values(**_row(job), key_id=key_id))
                _note(connection, job.id, JobEvent.CREATED, job.created_at)
                for act in also.get(job.id, ()):
                    act(connection, job)
        return ids

    def forget_idempotency_keys(self, before: datetime) -> None:
        """Remove idempotency keys that count no more."""
        with self._database.write() as connection:
            connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.created_at < before))

    def find(self, job_id: str) -> Job | None:
        """Return the job called ``job_id``, whosever it is."""
        with self._database.glance() as connection:
            return _find(connection, job_id)

    def find_all(self, job_ids: Sequence[str]) -> list[Job]:
        """Return the jobs of these ids that are there, in this order."""
        with self._database.read() as connection:
            rows = connection.execute(_JOBS.where(jobs.c.id.in_(job_ids))).mappings()
            found = {row["id"]: _job(row) for row in rows}
        return [found[job_id] for job_id in job_ids if job_id in found]

    def marks(self, job_ids: Sequence[str]) -> dict[str, Mark]:
        """Return how far the jobs of these ids have come; those that are gone are missing."""
        statement = sa.select(jobs.c.id, jobs.c.state, jobs.c.stage, jobs.c.progress, jobs.c.duration)
        with self._database.glance() as connection:
            rows = connection.execute(statement.where(jobs.c.id.in_(job_ids)))
            return {
                row.id: (JobState(row.state), Stage(row.stage) if row.stage else None, row.progress, row.duration)
                for row in rows
            }

    def search(
        self, chosen: Chosen, *, limit: int, offset: int = 0, after: tuple[datetime, str] | None = None
    ) -> list[Job]:
        """Return jobs, newest first; ``after`` is the creation time and id of the last one seen."""
        statement = _JOBS.where(*_conditions(chosen))
        if after is not None:
            statement = statement.where(older(jobs.c.created_at, jobs.c.id, than=after))
        statement = statement.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit).offset(offset)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(statement).mappings()]

    def count(self, chosen: Chosen) -> int:
        """Return how many jobs there are of the chosen kind."""
        statement = sa.select(sa.func.count()).select_from(jobs).where(*_conditions(chosen))
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def tally(self, chosen: Chosen) -> list[Tally]:
        """Count the chosen jobs and their seconds by the day on which they were opened (UTC) and by state."""
        day = sa.func.date(jobs.c.created_at, type_=sa.Date).label("day")
        seconds = sa.func.coalesce(sa.func.sum(jobs.c.duration), 0.0).label("seconds")
        statement = sa.select(day, jobs.c.state, sa.func.count().label("jobs"), seconds)
        statement = statement.where(*_conditions(chosen)).group_by(day, jobs.c.state).order_by(day, jobs.c.state)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [Tally(row.day, JobState(row.state), row.jobs, row.seconds) for row in rows]

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

        A job that ends otherwise than well gives back, in the same transaction, the seconds it had reserved; one that
        ends well is counted as used.

        Args:
            job_id: which job.
            event: what happened.
            at: when.
            changes: other columns that change with it.
            also: what must happen in the same transaction.

        """
        with self._database.write() as connection:
            return self._move(connection, job_id, event, at, changes=changes, also=also)

    def attach(
        self,
        job_id: str,
        recording: Recording,
        at: datetime,
        *,
        also: Sequence[InTransaction] = (),
    ) -> Job | None:
        """Give a job that waits for it its recording, in one transaction; None where it waits for none."""
        with self._database.write() as connection:
            add_recording(connection, recording)
            changes: dict[str, Any] = {"recording_id": recording.id, "receiving_until": None}
            if recording.filename:
                changes["filename"] = recording.filename
            job = self._move(connection, job_id, JobEvent.MEDIA_RECEIVED, at, changes=changes, also=also)
            if job is None:
                connection.rollback()
            return job

    def keep_fetched(self, job_id: str, recording: Recording) -> bool:
        """Give a running job the recording that was fetched for it; tell whether it still wants one."""
        mine = (jobs.c.id == job_id, jobs.c.state == JobState.RUNNING, jobs.c.recording_id.is_(None))
        with self._database.write() as connection:
            add_recording(connection, recording)
            taken = connection.execute(sa.update(jobs).where(*mine).values(recording_id=recording.id)).rowcount
            if not taken:
                connection.rollback()
            return bool(taken)

    def set_upload_times(self, job_id: str, *, begun: datetime | None = None, **times: datetime | None) -> bool:
        """Set until when a job that awaits its recording waits for it; tell whether it still awaits it.

        Args:
            job_id: which job.
            begun: only if ``receiving_until`` is still this.
            times: ``upload_deadline`` and ``receiving_until``, or one of them.

        """
        awaiting = [jobs.c.id == job_id, jobs.c.state == JobState.AWAITING_MEDIA]
        if begun is not None:
            awaiting.append(jobs.c.receiving_until == begun)
        with self._database.write() as connection:
            return bool(connection.execute(sa.update(jobs).where(*awaiting).values(**times)).rowcount)

    def move_overdue(self, now: datetime, error: KhosqError, *, also: Sequence[InTransaction] = ()) -> list[Job]:
        """Give up every job whose upload did not come in time; return them."""
        with self._database.write() as connection:
            deadline = sa.func.coalesce(jobs.c.receiving_until, jobs.c.upload_deadline)
            late = sa.select(jobs.c.id).where(jobs.c.state == JobState.AWAITING_MEDIA, deadline <= now)
            moved = [
                self._move(connection, job_id, JobEvent.EXPIRED, now, changes=ended(now, error), also=also)
                for job_id in connection.execute(late.limit(_AT_ONCE)).scalars().all()
            ]
        return [job for job in moved if job is not None]

    def delete(self, job: Job, at: datetime, *, key_id: str | None, also: Sequence[InTransaction]) -> bool:
        """Delete a job, all that hangs on it and its own recording; leave the proof. Tell whether it was there."""
        with self._database.write() as connection:
            # What others do to the job at this moment comes before this, and so is seen here.
            connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job.id).with_for_update())
            found = _find(connection, job.id)
            if found is None:
                return False
            for act in also:
                act(connection, found)
            if found.state not in FINAL:
                _give_back(connection, job.id)
            connection.execute(sa.delete(jobs).where(jobs.c.id == job.id))
            self._remove_own(connection, found, at)
            late = _LATE if found.state is JobState.RUNNING else timedelta()
            self._recordings.discard(connection, [results_key(job.id)], at + late)
            proof = {name: getattr(found, name) for name in ("tenant_id", "door", "created_at")}
            sha256 = None if found.recording is None else found.recording.sha256
            connection.execute(
                sa.insert(deletions).values(**proof, job_id=job.id, deleted_by=key_id, sha256=sha256, deleted_at=at)
            )
        return True

    def deletion(self, tenant_id: str, job_id: str) -> Deletion | None:
        """Return the proof that a tenant's job was deleted."""
        columns = [deletions.c[name] for name in Deletion.__dataclass_fields__]
        mine = (deletions.c.tenant_id == tenant_id, deletions.c.job_id == job_id)
        with self._database.read() as connection:
            row = connection.execute(sa.select(*columns).where(*mine)).mappings().one_or_none()
        return Deletion(**row) if row else None

    def erase_recording(self, recording: Recording, at: datetime) -> bool:
        """Let the bytes of a recording go unless a job still needs them; tell whether they went."""
        needing = sa.select(sa.literal(1)).where(
            jobs.c.recording_id == recording.id, jobs.c.state.in_([state for state in JobState if state not in FINAL])
        )
        return self._recordings.erase_unused(recording, at, in_use=needing)

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
            row = connection.execute(statement).one_or_none()
        if row is None:  # deleted meanwhile: nothing of it is wanted
            return 0.0
        return None if row.seconds_left is None else row.seconds_left + (row.reserved_seconds or 0.0)

    def count_by_state(self) -> dict[str, int]:
        """Return how many jobs stand in each state."""
        statement = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def _move(  # noqa: PLR0913 - one statement's parts
        self,
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
            allowed.append(sa.func.coalesce(jobs.c.receiving_until, jobs.c.upload_deadline) > at)
        changes = {"state": target(event), **(changes or {})}
        if event is JobEvent.STARTED:
            changes["started_at"] = sa.func.coalesce(jobs.c.started_at, sa.bindparam("at", at, type_=UtcDateTime))
        if not connection.execute(sa.update(jobs).where(*allowed).values(**changes)).rowcount:
            return None
        _note(connection, job_id, event, at)
        if event in (JobEvent.GIVEN_UP, JobEvent.CANCELLED):
            _give_back(connection, job_id)
        job = _find(connection, job_id)
        assert job is not None  # noqa: S101 - it was changed a statement ago
        if _goes(job) and all(_goes(other) for other in others_of(connection, job)):
            self._recordings.erase(connection, cast("Recording", job.recording), at)
        if event is JobEvent.COMPLETED:
            self._usage.add(connection, job.tenant_id, at.date(), job.door, job.duration or 0.0)
        for act in also:
            act(connection, job)
        return job

    def _remove_own(self, connection: sa.Connection, job: Job, at: datetime) -> None:
        """Remove the recording that came with a deleted job; where another job was made of it, it goes with that."""
        if job.recording is not None and job.recording.is_of_job and not others_of(connection, job):
            self._recordings.remove(connection, job.recording, at)

    def history(self, job_id: str) -> list[tuple[str, datetime]]:
        """Return what happened to a job, in order."""
        statement = sa.select(job_events.c.name, job_events.c.at).where(job_events.c.job_id == job_id)
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(statement.order_by(job_events.c.id))]


def claim(connection: sa.Connection, once: Once, ids: Sequence[str], at: datetime) -> list[str] | None:
    """Take the idempotency key for new things; return the ids of those that took it before, if any did.

    Raises:
        Conflict: the same idempotency key came with another request.

    """
    mine = sa.and_(*(idempotency_keys.c[name] == getattr(once, name) for name in ("tenant_id", "door", "digest")))
    too_old = idempotency_keys.c.created_at < once.valid_since
    connection.execute(sa.delete(idempotency_keys).where(mine, too_old))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = insert(idempotency_keys).values(
        tenant_id=once.tenant_id,
        door=once.door,
        digest=once.digest,
        request_digest=once.request_digest,
        job_ids=list(ids),
        created_at=at,
    )
    taken = row.on_conflict_do_nothing().returning(idempotency_keys.c.digest)
    if connection.execute(taken).first() is not None:
        return None
    columns = idempotency_keys.c["request_digest", "job_ids"]
    found = connection.execute(sa.select(*columns).where(mine)).one()
    if found.request_digest != once.request_digest:
        raise Conflict("This idempotency key was used for another request.")
    return list(found.job_ids)


def hold_job(connection: sa.Connection, job_id: str) -> Job | None:
    """Let nobody delete a job until this transaction ends; return it if it is still there."""
    mine = sa.select(jobs.c.id).where(jobs.c.id == job_id)
    connection.execute(mine.with_for_update(read=True, key_share=True))
    return _find(connection, job_id)


def _find(connection: sa.Connection, job_id: str) -> Job | None:
    row = connection.execute(_BY_ID, {"id": job_id}).mappings().one_or_none()
    return _job(row) if row else None


_BY_ID = _JOBS.where(jobs.c.id == sa.bindparam("id"))


def _goes(job: Job) -> bool:
    """Tell whether a job has ended and leaves no recording."""
    if job.recording is None or not job.recording.is_of_job or job.state not in FINAL:
        return False
    is_kept = job.wishes.keep is Keep.ORIGINAL or (job.wishes.keep is Keep.SMALL and job.state is JobState.SUCCEEDED)
    return not is_kept


def others_of(connection: sa.Connection, job: Job) -> list[Job]:
    """Return the other jobs that were made of a job's recording; nobody makes a further one meanwhile."""
    if job.recording is None:
        return []
    connection.execute(sa.select(recordings.c.id).where(recordings.c.id == job.recording.id).with_for_update())
    others = _JOBS.where(jobs.c.recording_id == job.recording.id, jobs.c.id != job.id)
    return [_job(row) for row in connection.execute(others).mappings()]


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


def _conditions(chosen: Chosen) -> list[sa.ColumnElement[bool]]:
    conditions = [jobs.c.tenant_id == chosen.tenant_id]
    if chosen.door is not None:
        conditions.append(jobs.c.door == chosen.door)
    if chosen.states:
        conditions.append(jobs.c.state.in_(chosen.states))
        if FINAL.isdisjoint(chosen.states):  # few of many: they have an index of their own
            conditions.append(jobs.c.ended_at.is_(None))
    if chosen.begun_from is not None:
        conditions.append(jobs.c.created_at >= chosen.begun_from)
    if chosen.begun_before is not None:
        conditions.append(jobs.c.created_at < chosen.begun_before)
    return conditions


def _row(job: Job) -> dict[str, Any]:
    row = {column.name: getattr(job, column.name) for column in jobs.c if hasattr(job, column.name)}
    recording_id = None if job.recording is None else job.recording.id
    return row | {"wishes": asdict(job.wishes), "warnings": list(job.warnings), "recording_id": recording_id}


def _wishes(stored: dict[str, Any]) -> Wishes:
    lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
    return Wishes(**stored | lists | {"keep": Keep(stored["keep"])})


def _job(row: sa.RowMapping) -> Job:
    return Job(
        id=row["id"],
        tenant_id=row["tenant_id"],
        door=row["door"],
        state=JobState(row["state"]),
        wishes=_wishes(row["wishes"]),
        metadata=row["metadata"],
        base_url=row["base_url"],
        created_at=row["created_at"],
        filename=row["filename"],
        source_url=row["source_url"],
        priority=row["priority"],
        stage=Stage(row["stage"]) if row["stage"] else None,
        progress=row["progress"],
        upload_deadline=row["upload_deadline"],
        receiving_until=row["receiving_until"],
        recording=read_recording(row, "recording__") if row["recording_id"] else None,
        duration=row["duration"],
        error_code=row["error_code"],
        error=row["error"],
        warnings=tuple(row["warnings"]),
        started_at=row["started_at"],
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
