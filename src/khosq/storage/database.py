"""One database for everything: SQLite on one machine, Postgres on many."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson
import sqlalchemy as sa

from khosq.errors import Invalid, Unavailable

metadata = sa.MetaData()
"""Every table that migrations make; each thing's ``store.py`` adds its own."""

counters = sa.MetaData()
"""Tables of counters that may be lost at power loss, and so need not wait for the disk."""

_MIGRATION_LOCK = 0x6B686F7371  # "khosq": the advisory lock under which one process migrates
_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10
_RETRY_SECONDS = 5
_BEGIN_TO_WRITE = "BEGIN IMMEDIATE"
_POSTGRES = "postgresql+psycopg://"
_MIGRATIONS = Path(__file__).parent / "migrations"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_version = sa.table("alembic_version", sa.column("version_num"))


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment, stored as UTC without zone and read back aware."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Drop the zone after moving to UTC."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Put the zone back."""
        return value.replace(tzinfo=UTC) if value else None


class JsonText(sa.TypeDecorator[Any]):
    """JSON kept as ASCII text, so that lone surrogates, NUL and every digit survive in both databases."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        """Write the value."""
        return simplejson.dumps(value, use_decimal=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Read the value."""
        return None if value is None else json.loads(value, parse_float=Decimal)


class ForeignText(sa.TypeDecorator[str]):
    """Text in which others have a say, such as an error's; what a database refuses in it becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Replace NUL and lone surrogates."""
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


def older(
    created_at: sa.ColumnElement[datetime], name: sa.ColumnElement[str], *, than: tuple[datetime, str]
) -> sa.ColumnElement[bool]:
    """Return the condition for what follows in a list, newest first: what was made before, or then with a lesser id."""
    moment, last = than
    # The moment as the column has it: Postgres would move one with a zone to its own.
    return sa.tuple_(created_at, name) < sa.tuple_(sa.literal(moment, UtcDateTime), sa.literal(last))


class Database:
    """Connections to the one database, and to its counters.

    On SQLite the counters live in a file of their own with ``synchronous=OFF``: counting a request
    then never waits for the lock or the disk of a job's commit, and every statement commits by itself, so that
    no thread holds the file's lock while it waits for its turn. On Postgres their commits do not wait for the disk.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        if not self.url.startswith(("sqlite:///", _POSTGRES)):
            raise Invalid("A database URL begins with sqlite:/// or postgresql://", field="database_url")
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url)
        self._counters = _sqlite_counters(_counter_url(self.url)) if self.is_sqlite else self.engine
        self._writing = threading.Lock()
        self._reader = self.engine.execution_options(read_only=True)
        self._glancer = self.engine.execution_options(read_only=True, one_statement=True)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open one transaction that may write; it commits at the end of the block.

        Raises:
            Unavailable: the database is away, busy or full; so do the others.
            Invalid: a value has no place in it; so do the others.

        """
        with self._turn(), _as_unavailable(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open one consistent view; it never waits for a writer."""
        with _as_unavailable(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        """Open a view for one statement: beginning and ending a transaction would take as long as that does."""
        with _as_unavailable(), self._glancer.connect() as connection:
            yield connection

    @contextmanager
    def count(self) -> Iterator[sa.Connection]:
        """Open the counters for one statement, committed without waiting for the disk."""
        with _as_unavailable(), self._counters.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let the writers of this process wait in line: SQLite's own way is to sleep and look again, each by itself."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=_BUSY_SECONDS):
            raise Unavailable("The database is busy; try again later.", retry_after=_RETRY_SECONDS)
        try:
            yield
        finally:
            self._writing.release()

    def migrate(self) -> None:
        """Bring the tables up to date; safe when several processes start at once.

        Raises:
            Unavailable: the database cannot be opened.

        """
        try:
            if not self._is_current():
                self._upgrade()
            with self._counters.begin() as connection:
                self._wait_for_others(connection)
                if self.is_sqlite:
                    connection.exec_driver_sql(_BEGIN_TO_WRITE)
                counters.create_all(connection)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, Unavailable) as error:
            raise Unavailable(f"The database cannot be opened: {_first_line(error)}") from error

    def _is_current(self) -> bool:
        """Tell whether nothing is to be done; looking needs neither a lock nor Alembic, which is slow to load."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table(_version.name):
                return False
            return connection.execute(sa.select(_version.c.version_num)).scalar_one_or_none() == _newest_revision()

    def _upgrade(self) -> None:
        from alembic import command  # noqa: PLC0415 - a third of a second that only the first start must wait
        from alembic.config import Config  # noqa: PLC0415 - see above

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.write() as connection:
            self._wait_for_others(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _wait_for_others(self, connection: sa.Connection) -> None:
        """Let one process at a time change tables; on SQLite every writer is alone."""
        if not self.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._counters.dispose()


def _newest_revision() -> str:
    """Return the name of the last migration; each file's name begins with its number."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


@contextmanager
def _as_unavailable() -> Iterator[None]:
    """Tell trouble with the database, which passes, and values that it refuses from our own mistakes."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise Unavailable("The database cannot answer now; try again later.", retry_after=_RETRY_SECONDS) from error
    except sa.exc.DataError as error:
        raise Invalid("A value is too long, too large, or holds a character that cannot be kept.") from error


def _first_line(error: Exception) -> str:
    if isinstance(error, Unavailable) and isinstance(error.__cause__, Exception):
        return _first_line(error.__cause__)
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return _POSTGRES + url.removeprefix(scheme)
    return url


def _counter_url(url: str) -> str:
    path = sa.make_url(url).database
    return f"sqlite:///{path}.counters"


def _postgres(url: str) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )


def _sqlite(url: str) -> sa.Engine:
    """Return an engine whose writers queue up instead of failing half-way.

    The driver would open a transaction at the first write only, so that count-then-claim is not atomic
    between processes; ``BEGIN IMMEDIATE`` makes it so.
    """
    engine = _sqlite_engine(url, synchronous="FULL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("one_statement"):
            connection.exec_driver_sql("BEGIN" if options.get("read_only") else _BEGIN_TO_WRITE)

    return engine


def _sqlite_counters(url: str) -> sa.Engine:
    """Return an engine on which each statement is a transaction of its own."""
    return _sqlite_engine(url, synchronous="OFF")


def _sqlite_engine(url: str, *, synchronous: str) -> sa.Engine:
    Path(sa.make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, pool_size=20, max_overflow=40, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine
