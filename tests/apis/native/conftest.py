"""One who calls our own API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from tests.stores import summarised

from khosq.jobs.results import Outcome
from khosq.tenants.tenant import Scope
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Office = Any  # the fixture's type lies in a conftest, which cannot be imported


@dataclass
class Api:
    """Calls with one key; a refusal must be a problem as RFC 9457 has it."""

    office: Office
    key: str

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        answer = self.office.client.request(method, f"/khosq/v1{path}", headers=headers, **more)
        if answer.status_code >= 400 and answer.status_code != 416:
            assert answer.headers["content-type"] == "application/problem+json", answer.text
            assert answer.json()["status"] == answer.status_code
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
        return answer

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> Any:
        return self.call("POST", path, **more)

    def made(self, path: str, **more: Any) -> Any:
        answer = self.post(path, **more)
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.json()

    def job(self, **asked: Any) -> Any:
        return self.made("/jobs", json={"language": "en"} | asked)

    def queued(self, mp3: bytes, **asked: Any) -> Any:
        """A job that has its recording."""
        recording = self.made("/recordings", content=mp3)
        return self.job(recording_id=recording["id"], **asked)

    def another(self, tenant: str = "acme", scope: Scope = "write") -> Api:
        return Api(self.office, self.office.key(tenant, scope))


@pytest.fixture
def api(office: Office) -> Api:
    return Api(office, office.key())


@pytest.fixture
def after() -> Iterator[Callable[[float, Callable[[], Any]], None]]:
    """Do something a little later, while the test waits."""
    with ThreadPoolExecutor(4) as threads:
        begun: list[Future[Any]] = []

        def start(seconds: float, act: Callable[[], Any]) -> None:
            def later() -> None:
                time.sleep(seconds)
                act()

            begun.append(threads.submit(later))

        yield start
        for one in begun:
            one.result()


@pytest.fixture
def outcome() -> Outcome:
    words = (Word("Բարև", Timespan(0.4, 0.9), 0.98398), Word("ձեզ։", Timespan(0.9, 1.3), None))  # noqa: RUF001 - Armenian
    said = Utterance("Բարև ձեզ։", words, 0, 0)  # noqa: RUF001 - Armenian
    return summarised(Transcript("hy-AM", 31.4, (said,), ("Somebody whispers.",)), "Ողջույն", None)
