"""The doors before a real database and object store, with a clock that tests turn."""

from __future__ import annotations

import io
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient
from tests.stores import keep_outcome

from khosq.apis import open_doors
from khosq.apis.face import Desk, ServedModel
from khosq.assembly.core import Core, open_core
from khosq.assembly.server import build_desk
from khosq.errors import Unavailable
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.results import Outcome
from khosq.serving.app import build_app
from khosq.serving.deadlines import Limits
from khosq.serving.metrics import Meters
from khosq.serving.refusals import refusal
from khosq.serving.server import server_config
from khosq.settings import Settings
from khosq.storage.database import Database
from khosq.tenants.tenant import Scope

START = datetime(2030, 1, 1, 9, 0, 0, 250_000, tzinfo=UTC)
BASE = "https://asr.example.org"
LARGEST = 200_000


class Hands:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Disk:
    """Tells that it is full when a test says so."""

    is_full = False

    def check(self) -> None:
        if self.is_full:
            raise Unavailable("The server's disk is nearly full.", retry_after=60)


class TwoLanguages:
    """A server with models for Armenian and English."""

    def models(self) -> list[ServedModel]:
        facts = ("Apache-2.0", "https://models.example.org", 1234, None)
        return [
            ServedModel("armenian-large", "production", ("hy",), "absent", *facts),
            ServedModel("armenian-small", "starter", ("hy",), "ready", *facts),
            ServedModel("english", "production", ("en", "en-US"), "ready", *facts),
        ]

    def can_serve(self, language: str) -> bool:
        return language.partition("-")[0].lower() in {"hy", "en"}

    def missing_model(self, language: str) -> str:
        return f"No model for {language} is installed; run: khosq models pull {language}"

    identifies = False

    def can_identify(self) -> bool:
        return self.identifies

    def missing_identifier(self) -> str:
        return "No model here tells languages apart; run: khosq models pull whisper"


@dataclass
class Office:
    """The whole API without workers."""

    core: Core
    client: TestClient
    clock: Hands
    disk: Disk
    blobs: Path

    def key(self, tenant: str = "acme", scope: Scope = "write") -> str:
        return self.core.keys.create(tenant, scope)[0]

    def begin(self, job_id: str) -> None:
        self.core.jobs.move(job_id, JobEvent.STARTED, self.clock())

    def finish(self, job_id: str, outcome: Outcome, *, warnings: tuple[str, ...] = ()) -> None:
        self.begin(job_id)
        keep_outcome(self.core.results, self.core.findings, job_id, outcome)
        changes = {"duration": 31.404, "warnings": list(warnings), "ended_at": self.clock()}
        self.core.jobs.move(job_id, JobEvent.COMPLETED, self.clock(), changes=changes, also=[self.core.insights.note])

    def fail(self, job_id: str, error: str) -> None:
        changes = {"error_code": "media_unreadable", "error": error, "ended_at": self.clock()}
        self.core.jobs.move(job_id, JobEvent.GIVEN_UP, self.clock(), changes=changes, also=[self.core.insights.note])

    def job(self, job_id: str) -> Job:
        job = self.core.jobs.find(job_id)
        assert job is not None
        return job

    def stored(self) -> list[Path]:
        return [path for path in (self.blobs / "recordings").rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder whose tables are made, to be copied: making them takes a second."""
    folder = tmp_path_factory.mktemp("empty")
    with open_core(Settings(data_dir=folder)) as core:
        assert core.accounts.all() == []
        core.queue.close()
    return folder


@pytest.fixture
def office(tmp_path: Path, empty_data: Path) -> Iterator[Office]:
    shutil.copytree(empty_data, tmp_path, dirs_exist_ok=True)
    settings = Settings(data_dir=tmp_path, max_upload_bytes=LARGEST, body_timeout=1)
    clock, disk = Hands(), Disk()
    core = Core(settings, Database(settings.database), clock)
    doors = open_doors(make_desk(core, disk))
    app = build_app(doors, readiness=lambda: None, meters=Meters(core.jobs.count_by_state))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as client:
        yield Office(core, client, clock, disk, tmp_path / "blobs")
    core.queue.close()
    core.database.close()


@pytest.fixture
def live_port(office: Office) -> Iterator[int]:
    """Serve the office on a real port."""
    doors = open_doors(make_desk(office.core, office.disk))
    app = build_app(doors, readiness=lambda: None, meters=Meters(office.core.jobs.count_by_state))
    config = server_config(app, host="127.0.0.1", port=0, limits=Limits(1, 1), refuse=partial(refusal, doors))
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


@pytest.fixture
def identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a model that tells languages apart."""
    monkeypatch.setattr(TwoLanguages, "identifies", True)


def make_desk(core: Core, disk: Disk) -> Desk:
    return replace(build_desk(core), languages=TwoLanguages(), check_disk=disk.check)


@pytest.fixture(scope="session")
def mp3() -> bytes:
    """Give three seconds of a tone, as MP3."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=16_000, layout="mono", bit_rate=32_000)
        moments = np.arange(3 * 16_000) / 16_000
        samples = (0.4 * np.sin(2 * np.pi * 440 * moments)).astype(np.float32)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 16_000
        for packed in av.AudioResampler("fltp", "mono", 16_000, frame_size=1152).resample(frame):
            container.mux(stream.encode(packed))
        container.mux(stream.encode(None))
    return file.getvalue()
