"""The stores on a real database, SQLite and Postgres alike; each test takes a tenant of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest

from khosq.findings.finding import KeptFinding
from khosq.findings.store import FindingStore
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, Wishes
from khosq.jobs.lookup import Lookup
from khosq.jobs.queue import Queue
from khosq.jobs.results import Outcome, Results
from khosq.jobs.store import InTransaction, JobStore
from khosq.jobs.submission import Submission, Submissions
from khosq.media.recording import MediaType, StoredRecording
from khosq.recordings.recordings import Recordings
from khosq.recordings.store import RecordingStore
from khosq.storage.blobs import Blobs
from khosq.storage.database import Database
from khosq.tenants.accounts import Accounts
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.rate_limits import RateLimits
from khosq.tenants.store import TenantStore
from khosq.tenants.tenant import Tenant
from khosq.transcript.transcript import Transcript

T = TypeVar("T")

RECORDING = StoredRecording("recordings/one", MediaType.MP3, 1234, "ab" * 32)
BASE_URL = "https://asr.example"
DOOR = "somewhere"


def summarised(transcript: Transcript, title: str | None = None, summary: str | None = None) -> Outcome:
    """Return what a job made of which a summary was asked."""
    found = KeptFinding("summary", {"title": title, "summary": summary}, datetime(2030, 1, 1, 9, tzinfo=UTC))
    return Outcome(transcript, findings={"summary": found})


def keep_outcome(results: Results, findings: FindingStore, job_id: str, outcome: Outcome) -> None:
    """Keep what a job made, with its findings, as the pipeline does."""
    results.keep(job_id, outcome)
    for found in outcome.findings.values():
        findings.keep(job_id, found)


class Hands:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Office:
    """Everything that stands on one database."""

    database: Database
    folder: Path
    clock: Hands = field(default_factory=Hands)
    told: list[tuple[JobEvent, str]] = field(default_factory=list)
    """What webhooks would tell of, in order."""
    _nodes: list[Database] = field(default_factory=list)

    @cached_property
    def tenants(self) -> TenantStore:
        return TenantStore(self.database)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.tenants, clock=self.clock)

    @cached_property
    def keys(self) -> ApiKeys:
        return ApiKeys(self.tenants, secret="the instance's", clock=self.clock)

    @cached_property
    def rate_limits(self) -> RateLimits:
        return RateLimits(self.tenants, clock=self.clock)

    @cached_property
    def jobs(self) -> JobStore:
        return JobStore(self.database)

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.database.engine)

    @cached_property
    def results(self) -> Results:
        return Results(Blobs((self.folder / "blobs").as_uri()))

    @cached_property
    def findings(self) -> FindingStore:
        return FindingStore(self.database)

    def keep(self, job_id: str, outcome: Outcome) -> None:
        """Keep what a job made, with its findings."""
        keep_outcome(self.results, self.findings, job_id, outcome)

    @cached_property
    def submissions(self) -> Submissions:
        return Submissions(self.jobs, self.queue, upload_ttl=timedelta(hours=1), clock=self.clock)

    @cached_property
    def recordings(self) -> Recordings:
        blobs = Blobs((self.folder / "blobs").as_uri())
        return Recordings(RecordingStore(self.database), blobs, self.jobs.erase_recording, clock=self.clock)

    @cached_property
    def lookup(self) -> Lookup:
        def tell(event: JobEvent) -> InTransaction:
            return lambda _connection, job: self.told.append((event, job.id))

        return Lookup(self.jobs, self.results, self.findings, self.queue, tell=tell, forget=[], clock=self.clock)

    def another_node(self) -> Database:
        """Open the same database once more, as another process would."""
        self._nodes.append(Database(self.database.url))
        return self._nodes[-1]

    def close(self) -> None:
        for database in self._nodes:
            database.close()

    def tenant(self, *, seconds: float | None = None) -> Tenant:
        tenant = self.accounts.ensure(f"tenant {new_id()}")
        if seconds is not None:
            self.accounts.set(tenant.name, seconds)
        return tenant

    def job(self, tenant: Tenant | None = None, *, door: str = DOOR, metadata: dict[str, Any] | None = None) -> Job:
        """Open a job that waits for its recording."""
        owner = tenant or self.tenant()
        return self.submissions.open(Submission(owner.id, new_id(), door, Wishes("hy-AM", 2), metadata or {}, BASE_URL))

    def queued(self, tenant: Tenant | None = None, *, door: str = DOOR) -> Job:
        return self.submissions.attach(self.job(tenant, door=door).id, RECORDING)

    def running(self, tenant: Tenant | None = None, *, door: str = DOOR) -> Job:
        return self.move(self.queued(tenant, door=door), JobEvent.STARTED)

    def move(self, job: Job, event: JobEvent, **changes: object) -> Job:
        moved = self.jobs.move(job.id, event, self.clock(), changes=dict(changes))
        assert moved is not None
        return moved

    def found(self, job: Job) -> Job:
        found = self.jobs.find(job.id)
        assert found is not None
        return found


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def one_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one migrated database of each kind to many tests: making it takes longer than a test."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('stores') / 'khosq.db'}"
    else:
        server, name = str(request.getfixturevalue("postgres_server")), f"khosq_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = server.replace("/postgres?", f"/{name}?")
    database = Database(url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def office(one_database: Database, tmp_path: Path) -> Iterator[Office]:
    """Give everything that stands on a database."""
    office = Office(one_database, tmp_path)
    yield office
    office.close()


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Make calls at the same moment, each in a thread; return what each gave or raised."""
    gate = threading.Barrier(len(calls))

    def one(call: Callable[[], T]) -> T:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        futures = [threads.submit(one, call) for call in calls]
        return [future.exception() or future.result() for future in futures]
