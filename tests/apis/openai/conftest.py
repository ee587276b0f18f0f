"""One who calls the OpenAI-compatible API, and a worker that is done as soon as it sees a job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from khosq.apis import open_doors
from khosq.apis.face import ServedModel
from khosq.assembly.server import build_desk
from khosq.errors import KhosqError
from khosq.jobs.job import Chosen, Job, JobState, Wishes, ended
from khosq.jobs.results import Outcome
from khosq.serving.app import build_app
from khosq.serving.metrics import Meters
from khosq.tenants.tenant import Scope
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Office = Any  # the fixture's type lies in a conftest, which cannot be imported
PATIENCE = 60.0
"""Seconds; only a broken test waits so long."""


class Models:
    """A server that hears Armenian, English, and Dutch or German by one model."""

    def models(self) -> list[ServedModel]:
        facts = ("Apache-2.0", "https://models.example.org", 1234, None)
        return [
            ServedModel("armenian", "production", ("hy",), "ready", *facts),
            ServedModel("english", "production", ("en",), "on_demand", *facts),
            ServedModel("western", "production", ("nl", "de"), "ready", *facts),
            ServedModel("tamil", "production", ("ta",), "absent", *facts),
        ]

    def can_serve(self, language: str) -> bool:
        return language.partition("-")[0].lower() in {"hy", "en", "nl", "de"}

    def missing_model(self, language: str) -> str:
        return f"No model for {language} is installed; run: khosq models pull {language}"

    identifies = False

    def can_identify(self) -> bool:
        return self.identifies

    def missing_identifier(self) -> str:
        return "No model here tells languages apart; run: khosq models pull whisper"


@dataclass
class Api:
    """Calls with one key; a refusal must be worded as OpenAI words it."""

    office: Office
    client: TestClient
    key: str
    tenant_id: str
    sound: bytes

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        answer = self.client.request(method, path, headers=headers, **more)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/json", answer.text
            assert list(answer.json()) == ["error"]
            assert list(answer.json()["error"]) == ["message", "type", "param", "code"]
        return answer

    def post(self, path: str = "transcriptions", *, file: Any = ..., **fields: Any) -> Any:
        files = {"file": ("call.mp3", self.sound, "audio/mpeg")} if file is ... else file
        data = {name: value for name, value in ({"model": "whisper-1"} | fields).items() if value is not None}
        return self.call("POST", f"/v1/audio/{path}", data=data, files=files)

    def jobs(self) -> list[Job]:
        found: list[Job] = self.office.core.lookup.jobs(Chosen(self.tenant_id), limit=10)
        return found

    def another(self, tenant: str = "acme", scope: Scope = "write") -> Api:
        key, made = self.office.core.keys.create(tenant, scope)
        return replace(self, key=key, tenant_id=made.tenant_id)

    @contextmanager
    def worker(self, act: Callable[[str], None]) -> Iterator[None]:
        """Do something with the first job that is queued, while the block waits for it."""

        def work() -> None:
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                for job in self.jobs():
                    if job.state is JobState.QUEUED:
                        act(job.id)
                        return
                time.sleep(0.02)
            raise AssertionError("no job was queued")

        with ThreadPoolExecutor(1) as thread:
            working = thread.submit(work)
            yield
            working.result()

    @contextmanager
    def making(self, outcome: Outcome, **more: Any) -> Iterator[None]:
        with self.worker(lambda job_id: self.office.finish(job_id, outcome, **more)):
            yield

    def made(self, outcome: Outcome, path: str = "transcriptions", **fields: Any) -> Any:
        """Send a recording of which ``outcome`` is made."""
        with self.making(outcome):
            answer = self.post(path, **{"language": "en"} | fields)
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
def identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a model that tells languages apart."""
    monkeypatch.setattr(Models, "identifies", True)


Serve = Callable[[float], Api]


@pytest.fixture
def serve(office: Office, mp3: bytes) -> Iterator[Serve]:
    """Serve with a chosen longest wait."""
    open_clients = []

    def start(wait: float) -> Api:
        desk = replace(build_desk(office.core), languages=Models(), check_disk=office.disk.check, sync_wait=wait)
        app = build_app(open_doors(desk), readiness=lambda: None, meters=Meters(office.core.jobs.count_by_state))
        client = TestClient(app, base_url="https://asr.example.org", raise_server_exceptions=False)
        open_clients.append(client.__enter__())
        key, made = office.core.keys.create("acme", "write")
        return Api(office, client, key, made.tenant_id, mp3)

    yield start
    for client in open_clients:
        client.__exit__()


@pytest.fixture
def api(serve: Serve) -> Api:
    return serve(PATIENCE)


def said(text: str, start: float, speaker: int | None, confidence: float | None = None) -> Utterance:
    times = (Timespan(start + number / 2, start + number / 2 + 0.5) for number in range(len(text.split())))
    words = tuple(Word(word, time, confidence) for word, time in zip(text.split(), times, strict=False))
    return Utterance(text, words, speaker)


@pytest.fixture
def call() -> Outcome:
    """The call of the documentation's examples."""
    return Outcome(Transcript("en", 6.4, (said("Hello?", 0.5, 1, 0.8), said("Good morning, this is Diane.", 2.0, 0))))


@pytest.fixture
def job() -> Callable[[JobState, KhosqError | None], Job]:
    """A job that has ended in some way."""

    def make(state: JobState, error: KhosqError | None) -> Job:
        now = datetime(2030, 1, 1, tzinfo=UTC)
        changes = ended(now, error)
        return Job("j1", "t1", "openai", state, Wishes("en"), {}, "https://asr.example.org", now, **changes)

    return make
