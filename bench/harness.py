"""A khosq server to measure: started and stopped as an operator would, called as a client would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from typing import TYPE_CHECKING, Any

import httpx2

from khosq.assembly.core import open_core
from khosq.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

START_WITHIN, STOP_WITHIN = 300.0, 60.0
_MEDIA_TYPE = {"Content-Type": "audio/mpeg"}


class MeasurementFailed(Exception):
    """There is nothing to measure: the server did not do its part."""


@dataclass(frozen=True, slots=True)
class Done:
    """A recording that has come out."""

    job_id: str
    began: float
    """When creating it began, by the monotonic clock."""
    seen: float
    """When a poll first told that it was transcribed."""
    answer: dict[str, Any]


class Server:
    """A running ``khosq serve`` with a data folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.data_dir, self.log = folder / "data", folder / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        given = ("--data-dir", self.data_dir, "--host", "127.0.0.1", "--port", str(self.port))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "khosq", "serve", *given],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
            )

    @cached_property
    def settings(self) -> Settings:
        """The settings that reach this server's database from outside of it."""
        return Settings(data_dir=self.data_dir)

    def make_keys(self, tenant: str, count: int) -> list[str]:
        """Make API keys of one tenant."""
        with open_core(self.settings) as core:
            return [core.keys.create(tenant, "write")[0] for _ in range(count)]

    def wait_until_ready(self) -> None:
        """Return when the server takes requests and its worker works."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise MeasurementFailed(f"The server did not start.\n{self._last_words()}")
            try:
                if httpx2.get(f"{self.address}/readyz").status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass  # it does not listen yet
            time.sleep(0.1)
        raise MeasurementFailed(f"The server was not ready after {START_WITHIN:.0f} s.\n{self._last_words()}")

    def stop(self) -> None:
        """Stop it, and see that it ends well."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            self.process.wait()
            raise MeasurementFailed(f"The server did not stop within {STOP_WITHIN:.0f} s.") from late
        if code:
            raise MeasurementFailed(f"The server ended with exit status {code}.\n{self._last_words()}")

    def lines(self, job_id: str) -> list[dict[str, Any]]:
        """Return what the logs say about a job, in order."""
        found = (json.loads(line) for line in self.log.read_text("utf-8").splitlines() if job_id in line)
        return [line for line in found if line.get("job_id") == job_id]

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])


class Client:
    """Sends recordings of one tenant; its many keys let it look more often than one key may."""

    def __init__(self, server: Server, keys: list[str]) -> None:
        self._http = httpx2.Client(base_url=server.address, timeout=600)
        self._keys = cycle(keys)

    def create(self, *, language: str, is_call: bool = False) -> tuple[str, str]:
        """Create a job; return its id and where its recording goes."""
        wish = {"type": "phone_call" if is_call else "single_voice", "languageCode": language}
        created = self._http.post("/api/createTranscription", json=wish, headers=self._as_next()).raise_for_status()
        answer = created.json()
        return answer["docId"], answer["uploadUrl"]

    def upload(self, url: str, recording: bytes | Iterable[bytes]) -> None:
        """Hand the recording over."""
        self._http.put(url, content=recording, headers=_MEDIA_TYPE).raise_for_status()

    def look(self, job_id: str) -> dict[str, Any]:
        """Poll once."""
        answer = self._http.get("/api/getTranscription", params={"docId": job_id}, headers=self._as_next())
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def wait(self, job_id: str, *, began: float, gap: float, within: float = 7200.0) -> Done:
        """Poll every ``gap`` seconds until the job is transcribed."""
        while time.monotonic() < began + within:
            answer = self.look(job_id)
            if answer["status"] == "transcribed":
                return Done(job_id, began, time.monotonic(), answer)
            if answer["status"] == "failed":
                raise MeasurementFailed(f"{job_id} failed: {answer['error']}")
            time.sleep(gap)
        raise MeasurementFailed(f"{job_id} was not transcribed after {within:.0f} s.")

    def send(self, recording: bytes, *, language: str, gap: float) -> Done:
        """Create, upload and wait."""
        began = time.monotonic()
        job_id, url = self.create(language=language)
        self.upload(url, recording)
        return self.wait(job_id, began=began, gap=gap)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _as_next(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {next(self._keys)}"}


@contextmanager
def running_server(folder: Path, **environment: str) -> Iterator[Server]:
    """Start a server in a folder, for as long as the block lasts."""
    folder.mkdir(parents=True)
    server = Server(folder, environment)
    try:
        server.wait_until_ready()
        yield server
    except BaseException:
        server.process.kill()
        server.process.wait()
        raise
    server.stop()


@contextmanager
def client_of(server: Server, *, tenant: str = "bench", keys: int = 60) -> Iterator[Client]:
    """Open a client with fresh keys."""
    client = Client(server, server.make_keys(tenant, keys))
    try:
        yield client
    finally:
        client.close()


def warm_up(client: Client, recording: bytes, *, language: str, slots: int) -> None:
    """Let every model process hear something, so that none loads its model while we measure."""
    for _ in range(2):
        began, jobs = time.monotonic(), [client.create(language=language) for _ in range(2 * slots)]
        for _, url in jobs:
            client.upload(url, recording)
        for job_id, _ in jobs:
            client.wait(job_id, began=began, gap=0.1)
