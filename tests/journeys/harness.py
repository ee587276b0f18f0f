"""A whole server as an operator runs it, a client as a customer writes it, and a receiver of webhooks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TypeVar

import requests
from dbos import DBOSClient

from khosq.assembly.core import Core, open_core
from khosq.settings import Settings

SOURCE = Path(__file__).resolve().parents[2] / "src"
READY_WITHIN, STOP_WITHIN, DONE_WITHIN = 120, 60, 200
"""Seconds; generous, for machines that do other things besides."""
SECRET = "wh-s3cr3t"

T = TypeVar("T")


def wait_until(what: str, probe: Callable[[], T | None], *, within: float = DONE_WITHIN, pause: float = 0.05) -> T:
    """Return what ``probe`` gives as soon as it is true."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(pause)
    raise AssertionError(f"waited {within:.0f} s in vain: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started and that still run."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())  # each thread has children of its own
        return [int(word) for thread in threads for word in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(pid: int) -> list[int]:
    below = children(pid)
    return below + [one for child in below for one in descendants(child)]


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    return any(command_line(pid))


def model_processes(worker: int) -> list[int]:
    """The processes of a worker in which recognition runs."""
    return [child for child in children(worker) if any("spawn_main" in word for word in command_line(child))]


class Program:
    """One ``khosq`` process with its log in a file."""

    def __init__(self, words: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "khosq", *words], stdout=file, stderr=file, env=environment
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """End it as an operator does; it must end well."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("SIGTERM did not end it") from None
        assert code == 0, f"SIGTERM ended it with {code}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """The structured lines of its log."""
        found = []
        for line in self.log.read_text("utf-8", "replace").splitlines():
            if line.startswith("{"):
                try:
                    found.append(json.loads(line))
                except json.JSONDecodeError:
                    continue  # the last line, half written
        return found


class Site:
    """One data folder and one database, with whatever serves them."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.log = folder / "log.txt"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environment |= {"PYTHONPATH": str(SOURCE), "KHOSQ_DATA_DIR": str(self.data_dir), **environment}
        self.database_url = environment.get("KHOSQ_DATABASE_URL")

    def program(self, *words: str) -> Program:
        return Program(words, self.environment, self.log)

    def khosq(self, *words: str, expect: int = 0) -> Any:
        """Run one command beside the server; gives its JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "khosq", *words, "--json"],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    @contextmanager
    def core(self) -> Iterator[Core]:
        """The same database, opened from this process."""
        with open_core(Settings(data_dir=self.data_dir, database_url=self.database_url)) as core:
            yield core

    def client(self, tenant: str) -> Client:
        with self.core() as core:
            key, made = core.keys.create(tenant, "write")
        return Client(self.address, key, tenant=tenant, tenant_id=made.tenant_id)

    def set_webhook(self, tenant: str, url: str, secret: str = SECRET) -> None:
        with self.core() as core:
            core.set_account_webhook(tenant, url=url, secret=secret, api=None)

    def seconds_left(self, client: Client) -> float | None:
        with self.core() as core:
            return core.accounts.seconds_left(client.tenant_id)

    def give_seconds(self, client: Client, seconds: float) -> None:
        with self.core() as core:
            core.accounts.set(client.tenant, seconds)

    def history(self, job_id: str) -> list[str]:
        with self.core() as core:
            return [name for name, _ in core.jobs.history(job_id)]

    def steps(self, job_id: str) -> dict[str, int | None]:
        """The durable steps of a job that are finished, with the moment each began."""
        with self.core() as core:
            client = DBOSClient(system_database_engine=core.database.engine)
            return {step["function_name"]: step["started_at_epoch_ms"] for step in client.list_workflow_steps(job_id)}

    def attempts(self, job_id: str) -> list[Any]:
        """Every try at every webhook of a job."""
        with self.core() as core:
            return [
                try_ for delivery in core.deliveries.of_job(job_id) for try_ in core.deliveries.attempts(delivery.id)
            ]

    def await_state(self, job_id: str, *states: str) -> str:
        with self.core() as core:

            def state() -> str | None:
                job = core.jobs.find(job_id)
                return str(job.state) if job and job.state in states else None

            return wait_until(f"{job_id} to be {' or '.join(states)}", state)

    def await_line(self, **wanted: Any) -> dict[str, Any]:
        """Wait for a log line with these facts."""
        at, rest = 0, b""

        def look() -> dict[str, Any] | None:
            nonlocal at, rest
            with self.log.open("rb") as file:
                file.seek(at)
                news = file.read()
            at += len(news)
            *lines, rest = (rest + news).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    facts: dict[str, Any] = json.loads(line)
                    if wanted.items() <= facts.items():
                        return facts
            return None

        return wait_until(f"a log line with {wanted}", look, within=60, pause=0.005)

    def stages_done(self, job_id: str) -> Counter[str]:
        """How often each stage of a job was brought to its end."""
        found: Counter[str] = Counter()
        for line in self.log.read_text("utf-8", "replace").splitlines():
            if line.startswith("{") and job_id in line and '"stage_done"' in line:
                found[json.loads(line)["stage"]] += 1
        return found


class Server(Site):
    """``khosq serve``."""

    def __init__(self, folder: Path, **environment: str) -> None:
        super().__init__(folder, **environment)
        self.start()

    def start(self) -> None:
        self.running = self.program("serve", "--data-dir", str(self.data_dir), "--port", str(self.port))

    def await_ready(self) -> Self:
        def ready() -> bool:
            assert self.running.process.poll() is None, "the server did not start"
            assert not self._workers_die(), "its workers die as soon as they start"
            try:
                return requests.get(f"{self.address}/readyz", timeout=10).status_code == 200
            except requests.ConnectionError:
                return False

        wait_until("the server to be ready", ready, within=READY_WITHIN, pause=0.2)
        return self

    def _workers_die(self) -> bool:
        return self.log.read_text("utf-8", "replace").count('"worker_died", "status": 1') > 3

    def worker_pid(self) -> int:
        def find() -> int | None:
            return next((child for child in children(self.running.pid) if "worker" in command_line(child)), None)

        return wait_until("a worker", find, within=30)

    def stop(self) -> None:
        below = descendants(self.running.pid)
        self.running.stop()
        wait_until("its processes to go too", lambda: not any(map(is_alive, below)), within=30)

    def kill(self) -> None:
        self.running.kill()

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        if self.running.process.poll() is None:
            for pid in [*descendants(self.running.pid), self.running.pid]:
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
            self.running.process.wait()


@dataclass
class Client:
    """Written as the vendor's documentation writes it: create, put, poll."""

    address: str
    key: str
    tenant: str = ""
    tenant_id: str = ""
    seen: dict[str, list[str]] = field(default_factory=dict)
    """Every status that polling has shown, by job."""

    @cached_property
    def http(self) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.key}"
        return session

    def create(self, kind: str = "single_voice", language: str | None = "en-US", **more: Any) -> dict[str, str]:
        body = {"type": kind, **more} | ({"languageCode": language} if language else {})
        answer = self.http.post(f"{self.address}/api/createTranscription", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        created: dict[str, str] = answer.json()
        return created

    def send(self, sound: bytes, kind: str = "single_voice", language: str | None = "en-US", **more: Any) -> str:
        """Create a job and hand its recording over."""
        created = self.create(kind, language, **more)
        answer = requests.put(created["uploadUrl"], data=sound, headers={"Content-Type": "audio/mpeg"}, timeout=60)
        assert answer.status_code == 200, answer.text
        return created["docId"]

    def get(self, job_id: str) -> requests.Response:
        address = f"{self.address}/api/getTranscription"
        return self.http.get(address, params={"docId": job_id}, timeout=60)

    def poll(self, job_id: str) -> dict[str, Any]:
        answer = self.get(job_id)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        self.seen.setdefault(job_id, []).append(found["status"])
        return found

    def wait(self, job_id: str) -> dict[str, Any]:
        """Poll until the job has ended, no faster than the limit allows."""
        deadline, gap = time.monotonic() + DONE_WITHIN, 0.25
        while time.monotonic() < deadline:
            answer = self.get(job_id)
            if answer.status_code == 429:
                time.sleep(float(answer.headers["Retry-After"]))
                continue
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            self.seen.setdefault(job_id, []).append(found["status"])
            if found["status"] in {"transcribed", "failed"}:
                return found
            time.sleep(gap)
            gap = min(gap * 1.2, 2.0)
        raise AssertionError(f"{job_id} has not ended: {self.seen.get(job_id)}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """A customer's server: ``/ok`` accepts, ``/broken`` answers 500, ``/slow`` hangs, ``/moved`` points elsewhere."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.files: dict[str, bytes] = {}
        """What it serves, by path."""
        self._closing = threading.Event()
        calls, files, closing = self.calls, self.files, self._closing

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                calls.append(Call(self.path, headers, body, self.command))
                if self.path.startswith("/slow"):
                    closing.wait()
                    return
                self.send_response({"/broken": 500, "/moved": 302}.get(self.path, 200))
                if self.path == "/moved":
                    self.send_header("Location", "/inner")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST  # noqa: N815 - the name that the base class looks for

            def do_GET(self) -> None:
                found = files.get(self.path)
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                self.wfile.write(found or b"")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.authority = f"127.0.0.1:{self._server.server_port}"
        self.address = f"http://{self.authority}"

    def about(self, job_id: str) -> list[Call]:
        return [call for call in list(self.calls) if job_id.encode() in call.body]

    def await_call(self, job_id: str) -> Call:
        return wait_until(f"a webhook about {job_id}", lambda: self.about(job_id), within=60)[0]

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
