from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import khosq
from khosq.errors import Invalid, Unavailable
from khosq.storage import migrations
from khosq.storage.database import Database, counters, metadata
from khosq.tenants.store import TenantStore

for _store in Path(khosq.__path__[0]).glob("*/store.py"):
    importlib.import_module(f"khosq.{_store.parent.name}.store")  # so that its tables are known

OPEN = """
import sys
from khosq.jobs.queue import Queue
from khosq.storage.database import Database
sys.stdin.readline()
database = Database(sys.argv[1])
database.migrate()
Queue(database.engine).close()
"""


def differences(connection: sa.Connection, tables: Any) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    others = ("alembic_version", "call_words")  # the second is each database's own
    return [found for found in compare_metadata(context, tables) if not any(name in str(found) for name in others)]


def test_migrations_make_exactly_the_tables_that_the_stores_describe(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    with database.read() as connection:
        assert differences(connection, metadata if database.is_sqlite else [metadata, counters]) == []
    with database.count() as connection:
        assert differences(connection, counters if database.is_sqlite else [metadata, counters]) == []
    assert {"jobs", "tenants", "deliveries"} <= set(metadata.tables)
    database.close()


def test_the_number_in_a_migrations_name_is_its_place(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khosq.db'}")
    database.migrate()
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    numbers = [script.revision for script in scripts.walk_revisions()]
    files = [Path(script.path).name.partition("_")[0] for script in scripts.walk_revisions()]
    assert numbers == files == sorted(files, reverse=True)
    with database.read() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    assert version == numbers[0] == scripts.get_current_head()
    database.close()


def test_four_processes_may_migrate_at_once(database_url: str) -> None:
    starting = [
        subprocess.Popen([sys.executable, "-c", OPEN, database_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in starting]
    assert [process.returncode for process in starting] == [0] * 4, ends


def test_opening_a_current_database_waits_for_nobody(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khosq.db'}")
    database.migrate()
    second = Database(database.url)
    with database.write():
        second.migrate()
    second.close()
    database.close()


def test_counters_that_were_lost_are_made_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khosq.db'}")
    database.migrate()
    database.close()
    for file in tmp_path.glob("khosq.db.counters*"):
        file.unlink()
    database = Database(database.url)
    database.migrate()
    assert TenantStore(database).count_request("key", "polls", 1) == 1
    database.close()


def test_a_write_that_breaks_leaves_nothing(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()

    def write_twice() -> None:
        with database.write() as connection:
            for _ in range(2):
                connection.exec_driver_sql("INSERT INTO instance (name, value) VALUES ('a', 'b')")

    with pytest.raises(sa.exc.IntegrityError):
        write_twice()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM instance").scalar_one() == 0
    database.close()


def test_a_view_does_not_change_while_it_is_open(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khosq.db'}")
    database.migrate()
    with database.read() as view:
        assert view.exec_driver_sql("SELECT count(*) FROM instance").scalar_one() == 0
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO instance (name, value) VALUES ('a', 'b')")
        assert view.exec_driver_sql("SELECT count(*) FROM instance").scalar_one() == 0
    database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "khosq.db", "sqlite://", ""])
def test_only_the_two_databases_are_taken(url: str) -> None:
    with pytest.raises(Invalid, match="begins with sqlite:/// or postgresql://"):
        Database(url)


def test_a_database_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    for url in (f"sqlite:///{tmp_path / 'folder.db'}", "postgresql://nobody@127.0.0.1:1/khosq"):
        database = Database(url)
        with pytest.raises(Unavailable, match="database cannot be opened"):
            database.migrate()
        database.close()
