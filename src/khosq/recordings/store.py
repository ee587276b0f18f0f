"""The tables of recordings and of what is to be removed from the object store, and every statement about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.errors import NotFound
from khosq.media.recording import StoredRecording
from khosq.recordings.recording import Recording
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata, older

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("key", sa.String(200), nullable=False, index=True),
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("filename", ForeignText, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("is_of_job", sa.Boolean, nullable=False),
    sa.Column("kind", sa.String(10)),
    sa.Column("duration", sa.Float),
    sa.Column("erased_at", UtcDateTime),
    sa.Index("ix_recordings_tenant_created", "tenant_id", "created_at", "id"),
)

discards = sa.Table(
    "discards",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What nothing in the object store refers to from a moment on: files, and folders of them; a worker removes them."""

_LONGEST = timedelta(days=2)
"""Bytes of which no recording was made for so long are nobody's: whoever brought them was killed."""


class RecordingStore:
    """All SQL about recordings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def add(self, recording: Recording) -> bool:
        """Keep a recording that is here for itself; tell whether its id was free."""
        row = self._insert(recordings).values(**asdict(recording)).on_conflict_do_nothing()
        with self._database.write() as connection:
            is_new = connection.execute(row.returning(recordings.c.id)).first() is not None
            if is_new:
                _claim(connection, recording.key)
        return is_new

    def find(self, tenant_id: str, recording_id: str) -> Recording | None:
        """Return a tenant's recording whose bytes are still here."""
        mine = (recordings.c.tenant_id == tenant_id, recordings.c.id == recording_id, recordings.c.erased_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(sa.select(recordings).where(*mine)).mappings().one_or_none()
        return read_recording(row) if row else None

    def search(self, tenant_id: str, *, limit: int, after: tuple[datetime, str] | None = None) -> list[Recording]:
        """Return a tenant's recordings whose bytes are still here, newest first; ``after``: the last one seen."""
        mine = (recordings.c.tenant_id == tenant_id, recordings.c.erased_at.is_(None))
        statement = sa.select(recordings).where(*mine)
        if after is not None:
            statement = statement.where(older(recordings.c.created_at, recordings.c.id, than=after))
        statement = statement.order_by(recordings.c.created_at.desc(), recordings.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [read_recording(row) for row in connection.execute(statement).mappings()]

    def describe(self, recording_id: str, *, kind: str, duration: float) -> None:
        """Note what decoding showed of a recording."""
        mine = recordings.c.id == recording_id
        with self._database.write() as connection:
            connection.execute(sa.update(recordings).where(mine).values(kind=kind, duration=duration))

    def discard(self, connection: sa.Connection, keys: Sequence[str], at: datetime) -> None:
        """Have blobs, or whole folders of them, removed once this transaction stands."""
        for key in keys:
            row = self._insert(discards).values(key=key, at=at)
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"at": at}))

    def expect(self, key: str, now: datetime) -> None:
        """Have bytes removed that will lie there, unless a recording is made of them in time."""
        with self._database.write() as connection:
            self.discard(connection, [key], now + _LONGEST)

    def erase(self, connection: sa.Connection, recording: Recording, at: datetime) -> None:
        """Let a recording's bytes go in this transaction; its row stays as long as a job refers to it."""
        mine = recordings.c.id == recording.id
        connection.execute(sa.update(recordings).where(mine).values(erased_at=at))
        self.discard(connection, [recording.key], at)

    def remove(self, connection: sa.Connection, recording: Recording, at: datetime) -> None:
        """Remove a recording that nothing refers to, row and bytes, in this transaction."""
        connection.execute(sa.delete(recordings).where(recordings.c.id == recording.id))
        if recording.erased_at is None:
            self.discard(connection, [recording.key], at)

    def replace(self, connection: sa.Connection, recording: Recording, smaller: StoredRecording, at: datetime) -> None:
        """Let other bytes take the place of a recording's own, in this transaction."""
        changed = {name: getattr(smaller, name) for name in ("key", "media_type", "size_bytes", "sha256")}
        connection.execute(sa.update(recordings).where(recordings.c.id == recording.id).values(**changed))
        _claim(connection, smaller.key)
        self.discard(connection, [recording.key], at)

    def hold(self, connection: sa.Connection, recording_id: str) -> None:
        """Let nobody begin or end the use of a recording until this transaction ends.

        Raises:
            NotFound: its bytes are gone.

        """
        mine = sa.select(recordings.c.id).where(recordings.c.id == recording_id, recordings.c.erased_at.is_(None))
        if connection.execute(mine.with_for_update()).first() is None:
            raise NotFound("There is no such recording.")

    def erase_unused(self, recording: Recording, at: datetime, *, in_use: sa.Select[int]) -> bool:
        """Let a recording's bytes go unless ``in_use`` finds anything; tell whether they went."""
        with self._database.write() as connection:
            self.hold(connection, recording.id)
            if connection.execute(in_use).first() is not None:
                return False
            self.erase(connection, recording, at)
        return True

    def known(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys under which a recording lies, or lay."""
        with self._database.read() as connection:
            return set(connection.execute(sa.select(recordings.c.key).where(recordings.c.key.in_(keys))).scalars())

    def discarded(self, limit: int, now: datetime) -> list[str]:
        """Return what is to be removed by now, the oldest first."""
        due = sa.select(discards.c.key).where(discards.c.at <= now).order_by(discards.c.at).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(due).scalars())

    def forget_discarded(self, key: str) -> None:
        """Note that something was removed."""
        with self._database.write() as connection:
            connection.execute(sa.delete(discards).where(discards.c.key == key))


def add_recording(connection: sa.Connection, recording: Recording) -> None:
    """Keep a recording in somebody's transaction."""
    connection.execute(sa.insert(recordings).values(**asdict(recording)))
    _claim(connection, recording.key)


def _claim(connection: sa.Connection, key: str) -> None:
    """Let bytes stay of which a recording is made in this transaction."""
    connection.execute(sa.delete(discards).where(discards.c.key == key))


def read_recording(row: sa.RowMapping, prefix: str = "") -> Recording:
    """Return the recording that a row holds in columns whose names begin with ``prefix``."""
    return Recording(**{name: row[f"{prefix}{name}"] for name in Recording.__dataclass_fields__})
