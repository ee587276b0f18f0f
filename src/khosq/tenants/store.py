"""The tables of tenants, their keys and their rate windows, and every statement about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.storage.database import Database, ForeignText, JsonText, UtcDateTime, counters, metadata
from khosq.tenants.preferences import TenantPreferences
from khosq.tenants.tenant import ApiKey, Tenant, UsageOfDay

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("seconds_left", sa.Float),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("hotwords", JsonText, nullable=False),
    sa.Column("preferences", JsonText),
    sa.CheckConstraint("seconds_left is null or seconds_left >= 0", name="ck_tenants_seconds_left"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False, index=True),
    sa.Column("prefix", sa.String(20), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("scope", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Column("name", ForeignText, nullable=False),
    sa.Column("door", sa.String(20)),
    sa.Column("expires_at", UtcDateTime),
)

instance = sa.Table(
    "instance",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("door", sa.String(20), primary_key=True),
    sa.Column("jobs", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)
"""What was transcribed, by the day on which it ended (UTC); it outlives the jobs."""

rate_windows = sa.Table(
    "rate_windows",
    counters,
    sa.Column("key_id", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("minute", sa.BigInteger, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
)

key_uses = sa.Table(
    "key_uses",
    counters,
    sa.Column("key_id", sa.String(20), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

model_tokens = sa.Table(
    "model_tokens",
    counters,
    sa.Column("tenant_id", sa.String(20), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
)
"""What the language model was asked for a tenant on its last day (UTC)."""


class TenantStore:
    """All SQL about tenants and keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert
        # putting these together takes longer than running them
        self._count = self._counting()
        self._mark = self._marking()

    def secret(self, candidate: str) -> str:
        """Return the instance's secret, keeping ``candidate`` if there is none yet."""
        with self._database.write() as connection:
            connection.execute(
                self._insert(instance).values(name="secret_key", value=candidate).on_conflict_do_nothing()
            )
            statement = sa.select(instance.c.value).where(instance.c.name == "secret_key")
            return str(connection.execute(statement).scalar_one())

    def ensure(self, tenant: Tenant) -> Tenant:
        """Add the tenant unless one of that name is there; return the one that is."""
        with self._database.write() as connection:
            added = self._insert(tenants).values(**asdict(tenant))
            connection.execute(added.on_conflict_do_nothing(index_elements=["name"]))
            statement = sa.select(tenants).where(tenants.c.name == tenant.name)
            return _tenant(connection.execute(statement).mappings().one())

    def by_name(self, name: str) -> Tenant | None:
        """Return the tenant called ``name``."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tenants).where(tenants.c.name == name)).mappings().one_or_none()
        return _tenant(row) if row else None

    def all(self) -> list[Tenant]:
        """Return every tenant, by name."""
        with self._database.read() as connection:
            return [_tenant(row) for row in connection.execute(sa.select(tenants).order_by(tenants.c.name)).mappings()]

    def set_quota(self, tenant_id: str, seconds: float | None) -> None:
        """Set the seconds left; None lifts the limit."""
        with self._database.write() as connection:
            connection.execute(sa.update(tenants).where(tenants.c.id == tenant_id).values(seconds_left=seconds))

    def seconds_left(self, tenant_id: str) -> float | None:
        """Return the seconds left, None when without limit."""
        with self._database.read() as connection:
            statement = sa.select(tenants.c.seconds_left).where(tenants.c.id == tenant_id)
            seconds: float | None = connection.execute(statement).scalar_one()
            return seconds

    def set_hotwords(self, tenant_id: str, terms: Sequence[str]) -> None:
        """Set the words and names to expect in a tenant's recordings."""
        with self._database.write() as connection:
            connection.execute(sa.update(tenants).where(tenants.c.id == tenant_id).values(hotwords=list(terms)))

    def hotwords(self, tenant_id: str) -> tuple[str, ...]:
        """Return them."""
        with self._database.read() as connection:
            statement = sa.select(tenants.c.hotwords).where(tenants.c.id == tenant_id)
            return tuple(connection.execute(statement).scalar_one())

    def set_preferences(self, tenant_id: str, preferences: TenantPreferences) -> None:
        """Set what a tenant chose for its analyses."""
        with self._database.write() as connection:
            mine = sa.update(tenants).where(tenants.c.id == tenant_id)
            connection.execute(mine.values(preferences=preferences.to_json()))

    def preferences(self, tenant_id: str) -> TenantPreferences:
        """Return what a tenant chose for its analyses."""
        with self._database.read() as connection:
            statement = sa.select(tenants.c.preferences).where(tenants.c.id == tenant_id)
            stored = connection.execute(statement).scalar_one()
        return TenantPreferences() if stored is None else TenantPreferences.from_json(stored)

    def add_key(self, key: ApiKey, *, digest: str) -> None:
        """Keep one key."""
        with self._database.write() as connection:
            columns = {name: value for name, value in asdict(key).items() if name in api_keys.c}
            connection.execute(sa.insert(api_keys).values(**columns, digest=digest))

    def key_by_digest(self, digest: str) -> ApiKey | None:
        """Return a key that is not revoked."""
        with self._database.glance() as connection:
            row = connection.execute(_LIVE_KEY_BY_DIGEST, {"digest": digest}).mappings().one_or_none()
        return _key(row) if row else None

    def key_by_id(self, key_id: str) -> ApiKey | None:
        """Return a key that is not revoked."""
        statement = sa.select(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _key(row) if row else None

    def keys(self, tenant_id: str) -> list[ApiKey]:
        """Return every key of a tenant, oldest first."""
        statement = sa.select(api_keys).where(api_keys.c.tenant_id == tenant_id).order_by(api_keys.c.created_at)
        with self._database.read() as connection:
            found = [_key(row) for row in connection.execute(statement).mappings()]
        uses = sa.select(key_uses).where(key_uses.c.key_id.in_([key.id for key in found]))
        with self._database.count() as connection:
            used = {row.key_id: row.at for row in connection.execute(uses)}
        return [replace(key, last_used_at=used.get(key.id)) for key in found]

    def revoke_key(self, key_id: str, now: datetime, *, tenant_id: str | None) -> bool:
        """Revoke a key, of a tenant if one is named; tell whether it was in force."""
        mine = [api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)]
        if tenant_id is not None:
            mine.append(api_keys.c.tenant_id == tenant_id)
        with self._database.write() as connection:
            changed = connection.execute(sa.update(api_keys).where(*mine).values(revoked_at=now))
            return bool(changed.rowcount)

    def mark_used(self, key_id: str, now: datetime) -> None:
        """Note when a key was last used; like a count it waits neither for a writer nor for the disk."""
        with self._database.count() as connection:
            connection.execute(self._mark, {"key_id": key_id, "at": now})

    def count_request(self, key_id: str, name: str, minute: int) -> int:
        """Count one request in this clock minute; return how many it has now.

        A node whose clock is a little behind counts in the minute that another has begun already.
        """
        values = {"key_id": key_id, "name": name, "minute": minute, "next_minute": minute + 1}
        with self._database.count() as connection:
            return int(connection.execute(self._count, values).scalar_one())

    def _marking(self) -> sa.Executable:
        """Return the statement that notes when a key was last used."""
        given = {name: sa.bindparam(name, type_=key_uses.c[name].type) for name in ("key_id", "at")}
        row = self._insert(key_uses).values(**given)
        return row.on_conflict_do_update(index_elements=["key_id"], set_={"at": row.excluded.at})

    def _counting(self) -> sa.Executable:
        """Return the statement that counts a request."""
        given = {name: sa.bindparam(name, type_=rate_windows.c[name].type) for name in ("key_id", "name", "minute")}
        next_minute = sa.bindparam("next_minute", type_=sa.BigInteger)
        values = self._insert(rate_windows).values(**given, count=1)
        goes_on = rate_windows.c.minute.in_([given["minute"], next_minute])
        return values.on_conflict_do_update(
            index_elements=["key_id", "name"],
            set_={
                "minute": sa.case((goes_on, rate_windows.c.minute), else_=values.excluded.minute),
                "count": sa.case((goes_on, rate_windows.c.count + 1), else_=1),
            },
        ).returning(rate_windows.c.count)


_LIVE_KEY_BY_DIGEST = sa.select(api_keys).where(
    api_keys.c.digest == sa.bindparam("digest"), api_keys.c.revoked_at.is_(None)
)


def _tenant(row: sa.RowMapping) -> Tenant:
    return Tenant(row["id"], row["name"], row["seconds_left"], row["created_at"], tuple(row["hotwords"]))


def _key(row: sa.RowMapping) -> ApiKey:
    return ApiKey(**{name: row[name] for name in ApiKey.__dataclass_fields__ if name in row})


class UsageStore:
    """All SQL about what was transcribed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def add(self, connection: sa.Connection, tenant_id: str, day: date, door: str, seconds: float) -> None:
        """Count one job that ended well, in its transaction."""
        key = {"tenant_id": tenant_id, "day": day, "door": door}
        row = self._insert(usage).values(**key, jobs=1, seconds=seconds)
        more = {"jobs": usage.c.jobs + 1, "seconds": usage.c.seconds + row.excluded.seconds}
        connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=more))

    def between(self, tenant_id: str, first: date, last: date) -> list[UsageOfDay]:
        """Return a tenant's usage from one day to another, both included, in order."""
        statement = sa.select(*usage.c["day", "door", "jobs", "seconds"])
        statement = statement.where(usage.c.tenant_id == tenant_id, usage.c.day.between(first, last))
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(usage.c.day, usage.c.door)).mappings()
            return [UsageOfDay(**row) for row in rows]


class TokenStore:
    """All SQL about what the language model costs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def take(self, tenant_id: str, day: date, tokens: int, *, limit: int) -> bool:
        """Count tokens of a day, unless there would then be more than ``limit``; tell whether they were counted.

        A node whose clock is a little behind counts in the day that another has begun already.
        """
        if tokens > limit:
            return False
        row = self._insert(model_tokens).values(tenant_id=tenant_id, day=day, tokens=tokens)
        goes_on = model_tokens.c.day >= row.excluded.day
        total = sa.case((goes_on, model_tokens.c.tokens), else_=0) + row.excluded.tokens
        statement = row.on_conflict_do_update(
            index_elements=["tenant_id"],
            set_={"day": sa.case((goes_on, model_tokens.c.day), else_=row.excluded.day), "tokens": total},
            where=total <= limit,
        ).returning(model_tokens.c.tokens)
        with self._database.count() as connection:
            return connection.execute(statement).first() is not None

    def settle(self, tenant_id: str, tokens: int) -> None:
        """Count more tokens of a tenant's last day, or fewer; never less than none."""
        total = model_tokens.c.tokens + tokens
        statement = sa.update(model_tokens).where(model_tokens.c.tenant_id == tenant_id)
        with self._database.count() as connection:
            connection.execute(statement.values(tokens=sa.case((total > 0, total), else_=0)))
