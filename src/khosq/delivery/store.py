"""The tables of endpoints, deliveries and their attempts, and every statement about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.delivery.dialect import Endpoint
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("door", sa.String(20), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.UniqueConstraint("tenant_id", "door", name="uq_endpoints_tenant_door"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("endpoint_id", sa.String(20), sa.ForeignKey("endpoints.id"), nullable=False),
    sa.Column("job_id", sa.String(20), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("event", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.UniqueConstraint("endpoint_id", "job_id", "event", name="uq_deliveries_once"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.String(20), sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", ForeignText),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    job_id: str
    event: str
    state: str
    created_at: datetime
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery."""

    number: int
    at: datetime
    status: int | None
    """The receiver's HTTP status; None where none came."""
    error: str | None

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver answered 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's success range


class DeliveryStore:
    """All SQL about deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def set_endpoint(self, endpoint: Endpoint) -> Endpoint:
        """Keep a tenant's one endpoint at an API; a later one replaces it."""
        row = self._insert(endpoints).values(**asdict(endpoint))
        changed = {"url": row.excluded.url, "secret": row.excluded.secret}
        with self._database.write() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["tenant_id", "door"], set_=changed))
            return self.endpoints_of(connection, endpoint.tenant_id, endpoint.door)[0]

    def endpoints_of(self, connection: sa.Connection, tenant_id: str, door: str) -> list[Endpoint]:
        """Return where a tenant wants to be told of jobs made at ``door``."""
        statement = sa.select(endpoints).where(endpoints.c.tenant_id == tenant_id, endpoints.c.door == door)
        return [Endpoint(**row) for row in connection.execute(statement).mappings()]

    def endpoints_of_tenant(self, tenant_id: str) -> list[Endpoint]:
        """Return where a tenant wants to be told, by API."""
        statement = sa.select(endpoints).where(endpoints.c.tenant_id == tenant_id).order_by(endpoints.c.door)
        with self._database.read() as connection:
            return [Endpoint(**row) for row in connection.execute(statement).mappings()]

    def add(self, connection: sa.Connection, delivery: Delivery) -> None:
        """Put a delivery in the outbox, in the transaction of what it tells."""
        connection.execute(
            sa.insert(deliveries).values(
                id=delivery.id,
                endpoint_id=delivery.endpoint.id,
                job_id=delivery.job_id,
                event=delivery.event,
                state=delivery.state,
                created_at=delivery.created_at,
            )
        )

    def find(self, delivery_id: str) -> Delivery | None:
        """Return a delivery with its endpoint as it is now."""
        statement = sa.select(deliveries, *endpoints.c["tenant_id", "door", "url", "secret"])
        statement = statement.join(endpoints).where(deliveries.c.id == delivery_id)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _delivery(row) if row else None

    def note_attempt(self, delivery_id: str, attempt: Attempt, *, is_last: bool) -> None:
        """Keep one try, and the delivery's end if this was it."""
        state = DELIVERED if attempt.is_accepted else FAILED if is_last else PENDING
        row = self._insert(delivery_attempts).values(delivery_id=delivery_id, **asdict(attempt))
        with self._database.write() as connection:
            connection.execute(row.on_conflict_do_nothing())
            connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id == delivery_id)
                .values(state=state, ended_at=None if state == PENDING else attempt.at)
            )

    def give_up(self, delivery_id: str, at: datetime) -> None:
        """End a delivery that could not be brought to an end."""
        mine = (deliveries.c.id == delivery_id, deliveries.c.state == PENDING)
        with self._database.write() as connection:
            connection.execute(sa.update(deliveries).where(*mine).values(state=FAILED, ended_at=at))

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return every try so far."""
        columns = [delivery_attempts.c[name] for name in Attempt.__dataclass_fields__]
        statement = sa.select(*columns).where(delivery_attempts.c.delivery_id == delivery_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(delivery_attempts.c.number)).mappings()
            return [Attempt(**row) for row in rows]

    def of_job(self, job_id: str) -> list[Delivery]:
        """Return every delivery that tells of a job."""
        statement = sa.select(deliveries.c.id).where(deliveries.c.job_id == job_id)
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(deliveries.c.created_at)).scalars().all()
        return [delivery for one in found if (delivery := self.find(one)) is not None]


def _delivery(row: sa.RowMapping) -> Delivery:
    endpoint = Endpoint(row["endpoint_id"], row["tenant_id"], row["door"], row["url"], row["secret"])
    return Delivery(row["id"], row["job_id"], row["event"], row["state"], row["created_at"], endpoint)
