"""The dashboard before a real database, with a clock that tests turn."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.stores import keep_outcome

from khosq.assembly.core import Core, open_core
from khosq.clock import Clock
from khosq.jobs.job import Job, JobEvent, Wishes
from khosq.jobs.lookup import Lookup
from khosq.jobs.results import Outcome
from khosq.jobs.submission import Submission
from khosq.serving.app import build_app
from khosq.serving.metrics import Meters
from khosq.settings import Settings
from khosq.storage.database import Database
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.tenant import Scope
from khosq.web import open_web


class Hands:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class FrontDesk:
    """What the dashboard asks of the core."""

    api_keys: ApiKeys
    lookup: Lookup
    clock: Clock
    secret: bytes
    public_url: str | None = None


@dataclass
class Lobby:
    """The dashboard and the core behind it."""

    core: Core
    clock: Hands
    visit: Callable[[], TestClient]
    """Gives a fresh browser."""

    def logged_in(self, tenant: str = "acme", scope: Scope = "write") -> TestClient:
        browser = self.visit()
        answer = browser.post("/login", data={"key": self.core.keys.create(tenant, scope)[0]})
        assert answer.status_code == 303
        return browser

    def job(self, tenant: str = "acme", *, speakers: int | None = 2) -> Job:
        _, key = self.core.keys.create(tenant, "write")
        wishes = Wishes("hy-AM", speakers)
        submission = Submission(
            key.tenant_id, key.id, "native", wishes, {"note": "<b>\ud800</b>"}, "https://asr.example"
        )
        return self.core.submissions.open(submission)

    def move(self, job: Job, event: JobEvent, **changes: object) -> Job:
        with self.core.database.write() as connection:  # as if its recording had come
            connection.exec_driver_sql(f"UPDATE jobs SET state = 'running' WHERE id = '{job.id}'")  # noqa: S608 - ours
        moved = self.core.jobs.move(job.id, event, self.clock(), changes=dict(changes))
        return moved or replace(job)

    def finish(self, job: Job, outcome: Outcome, **changes: object) -> None:
        keep_outcome(self.core.results, self.core.findings, job.id, outcome)
        self.move(job, JobEvent.COMPLETED, duration=31.4, **changes)


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder whose tables are made, to be copied: making them takes a second."""
    folder = tmp_path_factory.mktemp("empty")
    with open_core(Settings(data_dir=folder)) as core:
        assert core.accounts.all() == []
        core.queue.close()
    return folder


@pytest.fixture
def lobby(tmp_path: Path, empty_data: Path) -> Iterator[Lobby]:
    shutil.copytree(empty_data, tmp_path, dirs_exist_ok=True)
    settings, clock = Settings(data_dir=tmp_path), Hands()
    core = Core(settings, Database(settings.database), clock)
    desk = FrontDesk(core.keys, core.lookup, clock, core.secret.encode())
    app = build_app([open_web(desk)], readiness=lambda: None, meters=Meters(core.jobs.count_by_state))

    def visit() -> TestClient:
        return TestClient(
            app, base_url="https://asr.example.org", raise_server_exceptions=False, follow_redirects=False
        )

    yield Lobby(core, clock, visit)
    core.queue.close()
    core.database.close()
