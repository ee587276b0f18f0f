"""Servers to travel through, and sounds to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.journeys.harness import Client, Receiver, Server
from tests.serving.tus.js import js_modules

from khosq.evaluation.mp3 import as_mp3

if TYPE_CHECKING:
    from tests.conftest import Heard

__all__ = ["js_modules"]

NewServer = Callable[..., Server]
_LOGS = pytest.StashKey[list[Path]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("journey")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the ends of the servers' logs under a journey that failed."""
    report = yield
    if report.failed:  # type: ignore[attr-defined]
        for log in item.config.stash.get(_LOGS, []):
            if log.exists():
                end = "\n".join(log.read_text("utf-8", "replace").splitlines()[-60:])
                report.sections.append((f"end of {log}", end))  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """A customer's server, which the guard of outbound addresses lets through."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def new_server(
    receiver: Receiver, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[NewServer]:
    """Start a server of one's own; settings are given as ``KHOSQ_…=…``."""
    started: list[Server] = []
    logs: list[Path] = request.config.stash.setdefault(_LOGS, [])

    def start(**environment: str) -> Server:
        outbound = {"KHOSQ_OUTBOUND_ALLOW": receiver.authority, "KHOSQ_OUTBOUND_HTTP": "true"}
        server = Server(tmp_path_factory.mktemp("server"), **{**outbound, **environment})
        started.append(server)
        logs.append(server.log)
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def server(new_server: NewServer) -> Iterator[Server]:
    """The server of every journey that breaks nothing; it must end well on SIGTERM."""
    server = new_server().await_ready()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server, request: pytest.FixtureRequest) -> Client:
    """A tenant of its own for each journey."""
    return server.client(request.node.name[:150])


@pytest.fixture(scope="session")
def mp3(recording: Heard) -> Callable[[str], bytes]:
    """A recording of the manifest as the API takes it."""
    return lambda name: as_mp3(recording(name)[1])
