"""The tables of endpoints, deliveries and their attempts, and every statement about them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.delivery.delivery import DELIVERED, FAILED, PENDING, SKIPPED, Attempt, Delivery
from khosq.delivery.endpoint import Endpoint
from khosq.errors import Conflict
from khosq.jobs.store import Once, claim
from khosq.storage.database import Database, ForeignText, JsonText, UtcDateTime, metadata

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("door", sa.String(20), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("method", sa.String(4), nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("events", JsonText, nullable=False),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), index=True),
    sa.Column("subject_id", sa.String(40)),
    sa.Column("description", ForeignText, nullable=False),
    sa.Column("previous_secret", sa.Text),
    sa.Column("previous_until", UtcDateTime),
    sa.Column("paused_at", UtcDateTime),
    sa.Column("pause_reason", sa.String(20)),
    sa.Column("failing_since", UtcDateTime),
    sa.Column("removed_at", UtcDateTime),
    sa.Index("ix_endpoints_tenant_job", "tenant_id", "job_id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("message_id", sa.String(20), nullable=False),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("endpoint_id", sa.String(20), sa.ForeignKey("endpoints.id"), nullable=False),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), index=True),
    sa.Column("event", sa.String(60), nullable=False),
    sa.Column("subject", JsonText, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_deliveries_tenant_created", "tenant_id", "created_at", "id"),
    sa.Index("ix_deliveries_endpoint_created", "endpoint_id", "created_at", "id"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.String(20), sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("duration", sa.Float, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", ForeignText),
    sa.Column("excerpt", ForeignText),
    sa.Column("retry_after", sa.Float),
)

_tenants = sa.table("tenants", sa.column("id"))

_FIELDS = [field.name for field in fields(Endpoint)]
_OF_ATTEMPT = [field.name for field in fields(Attempt)]


class DeliveryStore:
    """All SQL about deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def add_endpoint(self, endpoint: Endpoint, *, most: int, once: Once | None = None) -> str:
        """Keep one more endpoint of a tenant; return the id of the one that stands: another where it came before.

        Raises:
            Conflict: the tenant has ``most`` of them already, or the idempotency key came with another request.

        """
        with self._database.write() as connection:
            self._lock(connection, endpoint.tenant_id)
            if once is not None and (before := claim(connection, once, [endpoint.id], endpoint.created_at)) is not None:
                return before[0]
            statement = sa.select(sa.func.count()).where(*_standing(endpoint.tenant_id))
            if connection.execute(statement).scalar_one() >= most:
                raise Conflict(f"There are {most} endpoints already; remove one first.")
            self.put_endpoint(connection, endpoint)
        return endpoint.id

    def put_endpoint(self, connection: sa.Connection, endpoint: Endpoint) -> None:
        """Keep an endpoint in the transaction of what it belongs to."""
        connection.execute(sa.insert(endpoints).values(**_row(endpoint)))

    def set_account_endpoint(self, endpoint: Endpoint) -> Endpoint:
        """Keep a tenant's one endpoint at an API that knows only one; a later one replaces it."""
        with self._database.write() as connection:
            self._lock(connection, endpoint.tenant_id)
            own = (*_standing(endpoint.tenant_id), endpoints.c.door == endpoint.door)
            kept = connection.execute(sa.select(endpoints.c.id).where(*own)).scalar()
            if kept is None:
                self.put_endpoint(connection, endpoint)
                return endpoint
            changed = _row(endpoint) | {"id": kept}
            connection.execute(sa.update(endpoints).where(endpoints.c.id == kept).values(**changed))
            return _endpoint(changed)

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint, unless it was removed."""
        statement = sa.select(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.removed_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _endpoint(row) if row else None

    def endpoints_of_tenant(self, tenant_id: str) -> list[Endpoint]:
        """Return where a tenant wants to be told, by API; not those of single jobs."""
        statement = sa.select(endpoints).where(*_standing(tenant_id))
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(endpoints.c.door, endpoints.c.created_at, endpoints.c.id))
            return [_endpoint(row) for row in found.mappings()]

    def endpoints_hearing(self, connection: sa.Connection, tenant_id: str, job_id: str | None) -> list[Endpoint]:
        """Return every endpoint of a tenant that may hear of a job; None: of the tenant itself."""
        everywhere = endpoints.c.job_id.is_(None)
        mine = everywhere if job_id is None else everywhere | (endpoints.c.job_id == job_id)
        statement = sa.select(endpoints).where(
            endpoints.c.tenant_id == tenant_id, endpoints.c.removed_at.is_(None), mine
        )
        found = connection.execute(statement.order_by(endpoints.c.created_at, endpoints.c.id))
        return [_endpoint(row) for row in found.mappings()]

    def change_endpoint(self, endpoint_id: str, **changes: Any) -> Endpoint | None:
        """Change an endpoint; return it as it then is, None where it was removed."""
        mine = (endpoints.c.id == endpoint_id, endpoints.c.removed_at.is_(None))
        with self._database.write() as connection:
            if changes:
                connection.execute(sa.update(endpoints).where(*mine).values(**changes))
            row = connection.execute(sa.select(endpoints).where(*mine)).mappings().one_or_none()
        return _endpoint(row) if row else None

    def pause_endpoint(self, connection: sa.Connection, endpoint_id: str, reason: str, at: datetime) -> bool:
        """Send no more to an endpoint; tell whether it was not paused before."""
        mine = (endpoints.c.id == endpoint_id, endpoints.c.paused_at.is_(None), endpoints.c.removed_at.is_(None))
        paused = connection.execute(sa.update(endpoints).where(*mine).values(paused_at=at, pause_reason=reason))
        if paused.rowcount:
            _skip_pending(connection, endpoint_id, at)
        return bool(paused.rowcount)

    def remove_endpoint(self, endpoint_id: str, at: datetime) -> bool:
        """Send no more to an endpoint, for good; what was delivered stays in the log, its secrets do not."""
        mine = (endpoints.c.id == endpoint_id, endpoints.c.removed_at.is_(None))
        gone = {"removed_at": at, "secret": "", "previous_secret": None, "headers": {}}
        with self._database.write() as connection:
            removed = connection.execute(sa.update(endpoints).where(*mine).values(**gone))
            if removed.rowcount:
                _skip_pending(connection, endpoint_id, at)
        return bool(removed.rowcount)

    def add(self, connection: sa.Connection, delivery: Delivery) -> None:
        """Put a delivery in the outbox, in the transaction of what it tells."""
        connection.execute(
            sa.insert(deliveries).values(
                id=delivery.id,
                message_id=delivery.message_id,
                tenant_id=delivery.endpoint.tenant_id,
                endpoint_id=delivery.endpoint.id,
                job_id=delivery.job_id,
                event=delivery.event,
                subject=dict(delivery.subject),
                state=delivery.state,
                happened_at=delivery.happened_at,
                created_at=delivery.created_at,
                ended_at=delivery.ended_at,
            )
        )

    def find(self, delivery_id: str) -> Delivery | None:
        """Return a delivery with its endpoint as it is now."""
        found = self._select(deliveries.c.id == delivery_id, limit=1)
        return found[0] if found else None

    def page(  # noqa: PLR0913 - what may be asked for
        self,
        tenant_id: str,
        *,
        limit: int,
        after: str | None = None,
        endpoint_id: str | None = None,
        state: str | None = None,
        job_id: str | None = None,
    ) -> list[Delivery]:
        """Return a tenant's deliveries, newest first.

        Args:
            tenant_id: whose.
            limit: how many at most.
            after: id of the last one that was seen before.
            endpoint_id: only those to it.
            state: only those that stand so.
            job_id: only those about it.

        """
        wanted = {deliveries.c.endpoint_id: endpoint_id, deliveries.c.state: state, deliveries.c.job_id: job_id}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        if after is not None:
            moment = sa.select(deliveries.c.created_at).where(deliveries.c.id == after).scalar_subquery()
            older = sa.tuple_(deliveries.c.created_at, deliveries.c.id) < sa.tuple_(moment, after)
            conditions.append(older)
        return self._select(deliveries.c.tenant_id == tenant_id, *conditions, limit=limit)

    def of_job(self, job_id: str) -> list[Delivery]:
        """Return every delivery that tells of a job, newest first."""
        return self._select(deliveries.c.job_id == job_id)

    def latest(self, endpoint_id: str) -> Delivery | None:
        """Return the newest delivery to an endpoint."""
        found = self._select(deliveries.c.endpoint_id == endpoint_id, limit=1)
        return found[0] if found else None

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return every try so far."""
        columns = [delivery_attempts.c[name] for name in _OF_ATTEMPT]
        statement = sa.select(*columns).where(delivery_attempts.c.delivery_id == delivery_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(delivery_attempts.c.number)).mappings()
            return [Attempt(**row) for row in rows]

    def note_attempt(self, connection: sa.Connection, delivery: Delivery, attempt: Attempt, *, is_last: bool) -> bool:
        """Keep one try, and the delivery's end if this was it; tell whether it was new, and is kept."""
        if not _hold(connection, deliveries.c.id == delivery.id):
            return False  # deleted with its job
        row = self._insert(delivery_attempts).values(delivery_id=delivery.id, **asdict(attempt))
        once = row.on_conflict_do_nothing().returning(delivery_attempts.c.number)
        is_new = connection.execute(once).first() is not None
        if attempt.is_accepted or is_last:
            mine = (deliveries.c.id == delivery.id, deliveries.c.state == PENDING)
            state = DELIVERED if attempt.is_accepted else FAILED
            connection.execute(sa.update(deliveries).where(*mine).values(state=state, ended_at=attempt.at))
            self._note_health(connection, delivery.endpoint, attempt)
        return is_new

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Delete what was told of a job, and its own endpoints; what is still to be told is told no more."""
        told = _hold(connection, deliveries.c.job_id == job_id)  # a try being noted is seen below
        connection.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(told)))
        connection.execute(sa.delete(deliveries).where(deliveries.c.job_id == job_id))
        connection.execute(sa.delete(endpoints).where(endpoints.c.job_id == job_id))

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for what must be noted together."""
        return self._database.write()

    def _note_health(self, connection: sa.Connection, endpoint: Endpoint, attempt: Attempt) -> None:
        """Note since when nothing is accepted; most of the time there is nothing to write."""
        since = None if attempt.is_accepted else endpoint.failing_since or attempt.at
        if since != endpoint.failing_since:
            mine = endpoints.c.id == endpoint.id
            connection.execute(sa.update(endpoints).where(mine).values(failing_since=since))

    def _select(self, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Delivery]:
        newest = (deliveries.c.created_at.desc(), deliveries.c.id.desc())
        statement = sa.select(deliveries, endpoints).join(endpoints).where(*conditions).order_by(*newest).limit(limit)
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(statement).mappings()]

    def _lock(self, connection: sa.Connection, tenant_id: str) -> None:
        """Let one change of a tenant's endpoints follow another; on SQLite every writer is alone."""
        connection.execute(sa.select(_tenants.c.id).where(_tenants.c.id == tenant_id).with_for_update(key_share=True))


def _hold(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Sequence[str]:
    """Let nobody else note anything of deliveries until this transaction ends; return their ids."""
    return connection.execute(sa.select(deliveries.c.id).where(which).with_for_update()).scalars().all()


def _standing(tenant_id: str) -> Sequence[sa.ColumnElement[bool]]:
    return (endpoints.c.tenant_id == tenant_id, endpoints.c.job_id.is_(None), endpoints.c.removed_at.is_(None))


def _skip_pending(connection: sa.Connection, endpoint_id: str, at: datetime) -> None:
    mine = (deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == PENDING)
    connection.execute(sa.update(deliveries).where(*mine).values(state=SKIPPED, ended_at=at))


def _row(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in _FIELDS} | {"headers": dict(endpoint.headers)}


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(**{name: row[name] for name in _FIELDS} | {"events": tuple(row["events"])})


def _delivery(row: sa.RowMapping) -> Delivery:
    endpoint = _endpoint({name: row[endpoints.c[name]] for name in _FIELDS})
    names = [field.name for field in fields(Delivery) if field.name != "endpoint"]
    return Delivery(endpoint=endpoint, **{name: row[deliveries.c[name]] for name in names})
