"""The tables behind aggregates, and every statement about them.

Each ended job is one row of facts. A day that has passed is folded into sums, one for each state, API, agent and
intent, so that a year of calls is read from its days. A day whose facts change is open from that transaction on, and
read from its facts until it is folded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.insights.insight import CallFact, Dimension
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata

facts = sa.Table(
    "call_facts",
    metadata,
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("api", sa.String(20), nullable=False),
    sa.Column("agent", ForeignText),
    sa.Column("intent", ForeignText),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("sentiment", sa.Float),
    sa.Column("score", sa.Float),
    sa.Column("silence", sa.Float),
    sa.Index("ix_call_facts_tenant_day", "tenant_id", "day"),
)

_COUNTS = ("calls", "scored", "moody")
_AMOUNTS = ("seconds", "score", "sentiment", "measured", "silence")

sums = sa.Table(
    "call_days",
    metadata,
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("dimension", sa.String(10), primary_key=True),
    sa.Column("name", ForeignText, primary_key=True),
    *(sa.Column(name, sa.Integer, nullable=False) for name in _COUNTS),
    *(sa.Column(name, sa.Float, nullable=False) for name in _AMOUNTS),
    sqlite_with_rowid=False,  # its rows lie in the order in which they are read
)
"""Sums over the calls of a folded day; see ``Sums``."""

open_days = sa.Table(
    "call_open_days",
    metadata,
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
)
"""Days whose sums are not there, or not right."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What adds up over calls."""

    calls: int = 0
    scored: int = 0
    """Calls with a score."""
    moody: int = 0
    """Calls with a sentiment."""
    seconds: float = 0.0
    score: float = 0.0
    sentiment: float = 0.0
    measured: float = 0.0
    """Seconds of the calls whose silence was measured."""
    silence: float = 0.0

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over both."""
        return Sums(*(mine + others for mine, others in zip(astuple(self), astuple(other), strict=True)))


class InsightStore:
    """All SQL about aggregates."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def put(self, connection: sa.Connection, fact: CallFact) -> None:
        """Count a job, in the place of what was known of it, in the transaction that changes it."""
        row = asdict(fact) | {"day": fact.day}
        put = self._insert(facts).values(**row).on_conflict_do_update(index_elements=["job_id"], set_=row)
        connection.execute(put)  # at once: a run and a person may change the same job
        self._open(connection, fact.tenant_id, fact.day)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Count a job no more, in the transaction that deletes it."""
        mine = facts.c.job_id == job_id
        row = connection.execute(sa.select(facts.c.tenant_id, facts.c.day).where(mine)).one_or_none()
        if row is not None:
            connection.execute(sa.delete(facts).where(mine))
            self._open(connection, row.tenant_id, row.day)

    def sums(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> tuple[dict[date, dict[str, Sums]], dict[Dimension, dict[str, Sums]]]:
        """Return the sums over a tenant's jobs that were opened from ``since`` on and before ``until``.

        Returns:
            By day and state, and by dimension and name.

        """
        first, last = _whole_days(since, until)
        by_day: dict[date, dict[str, Sums]] = {}
        by_part: dict[Dimension, dict[str, Sums]] = {dimension: {} for dimension in Dimension}
        with self._database.read() as connection:
            counted = {*_edges(since, until), *self._open_days(connection, tenant_id, first, last)}
            folded = sums.c.tenant_id == tenant_id, sums.c.day.between(first, last), sums.c.day.not_in(counted)
            added = [sa.func.sum(sums.c[name]).label(name) for name in (*_COUNTS, *_AMOUNTS)]
            states = sa.select(sums).where(*folded, sums.c.dimension == Dimension.STATE)
            parts = sa.select(sums.c.dimension, sums.c.name, *added).where(*folded)
            in_span = (
                facts.c.tenant_id == tenant_id,
                facts.c.day.in_(counted),
                facts.c.begun_at >= sa.literal(since, UtcDateTime),
                facts.c.begun_at < sa.literal(until, UtcDateTime),
            )
            for row in connection.execute(states):
                _add(by_day.setdefault(row.day, {}), row)
            for row in connection.execute(parts.group_by(sums.c.dimension, sums.c.name)):
                _add(by_part[Dimension(row.dimension)], row)
            for row in connection.execute(_counted(Dimension.STATE, in_span)):
                _add(by_day.setdefault(row.day, {}), row)
            for dimension in Dimension:
                for row in connection.execute(_counted(dimension, in_span)):
                    _add(by_part[dimension], row)
        return by_day, by_part

    def fold(self, before: date, *, limit: int = 50) -> int:
        """Sum up open days before a day; return how many were."""
        waiting = sa.select(open_days).where(open_days.c.day < before).limit(limit)
        with self._database.read() as connection:
            found = connection.execute(waiting).all()
        for tenant_id, day in found:
            with self._alone() as connection:
                _remove(connection, sums, tenant_id, day)
                for dimension in Dimension:
                    counted = _counted(dimension, (facts.c.tenant_id == tenant_id, facts.c.day == day)).subquery()
                    row = (sa.literal(tenant_id), counted.c.day, sa.literal(dimension.value), counted.c.name)
                    amounts = [counted.c[name] for name in (*_COUNTS, *_AMOUNTS)]
                    columns = ["tenant_id", "day", "dimension", "name", *_COUNTS, *_AMOUNTS]
                    connection.execute(sa.insert(sums).from_select(columns, sa.select(*row, *amounts)))
                _remove(connection, open_days, tenant_id, day)
        return len(found)

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """Open a transaction during which no fact changes: one that changed unseen would be missing in the sums."""
        with self._database.write() as connection:
            if not self._database.is_sqlite:
                connection.execute(sa.text("LOCK TABLE call_facts IN SHARE MODE"))
            yield connection

    def _open(self, connection: sa.Connection, tenant_id: str, day: date) -> None:
        """Open a day, after its facts have changed: who folds it waits for that change, or is seen here."""
        row = self._insert(open_days).values(tenant_id=tenant_id, day=day)
        connection.execute(row.on_conflict_do_nothing())

    def _open_days(self, connection: sa.Connection, tenant_id: str, first: date, last: date) -> list[date]:
        mine = open_days.c.tenant_id == tenant_id, open_days.c.day.between(first, last)
        return list(connection.execute(sa.select(open_days.c.day).where(*mine)).scalars())


def _remove(connection: sa.Connection, table: sa.Table, tenant_id: str, day: date) -> None:
    connection.execute(sa.delete(table).where(table.c.tenant_id == tenant_id, table.c.day == day))


def _counted(dimension: Dimension, where: Iterable[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Return the statement that sums up facts by day and by one dimension."""
    measured = sa.case((facts.c.silence.is_not(None), facts.c.seconds), else_=0.0)
    counts = sa.func.count(), sa.func.count(facts.c.score), sa.func.count(facts.c.sentiment)
    amounts = facts.c.seconds, facts.c.score, facts.c.sentiment, measured, facts.c.silence
    name = facts.c[dimension.value]
    return (
        sa.select(
            facts.c.day,
            name.label("name"),
            *(count.label(label) for label, count in zip(_COUNTS, counts, strict=True)),
            *(
                sa.func.coalesce(sa.func.sum(amount), 0.0).label(label)
                for label, amount in zip(_AMOUNTS, amounts, strict=True)
            ),
        )
        .where(*where, name.is_not(None))
        .group_by(facts.c.day, name)
    )


def _add(sums_of: dict[str, Sums], row: sa.Row[Any]) -> None:
    more = Sums(*(getattr(row, name) for name in (*_COUNTS, *_AMOUNTS)))
    sums_of[row.name] = sums_of.get(row.name, Sums()) + more


def _whole_days(since: datetime, until: datetime) -> tuple[date, date]:
    """Return the first and the last day (UTC) that lie whole in a span; the last is before the first if none does."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    return since.date() + timedelta(days=since.time() > time()), until.date() - timedelta(days=1)


def _edges(since: datetime, until: datetime) -> set[date]:
    """Return the days of a span that do not lie whole in it."""
    first, last = _whole_days(since, until)
    return {first - timedelta(days=1), last + timedelta(days=1)}
