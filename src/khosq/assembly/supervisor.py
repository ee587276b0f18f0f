"""The whole server in one command: the API here, a worker beside it, started again whenever it dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time

import structlog

from khosq.assembly.core import SUPERVISOR, Core, open_core
from khosq.assembly.server import build_server, serve
from khosq.errors import KhosqError
from khosq.identifiers import new_id
from khosq.settings import Settings

_PATIENCE = 15.0
"""Seconds that a worker has to hand over before it is killed."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
"""Seconds between a worker's death and the next start; doubled while workers die young."""
_GROWN_UP = 30.0

log = structlog.get_logger()


def run_server(settings: Settings, listener: socket.socket) -> int:
    """Serve until told to stop; return the exit status."""
    with open_core(settings) as core:
        keeper = WorkerKeeper(core)
        server = build_server(core, readiness=keeper.fault)
        keeper.start()
        try:
            serve(server, listener)
        finally:
            keeper.stop()
    return 0 if server.started else 1


class WorkerKeeper:
    """Keeps one worker process running."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._name = ""
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        self._thread.start()

    def stop(self) -> None:
        """Let the worker hand over, then end it."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                log.warning("worker did not stop; killing it", action="worker_killed")
                process.kill()
        self._thread.join()

    def fault(self) -> str | None:
        """Return why no work can be done now, None when it can."""
        silence = self._core.nodes.silences().get(self._name)
        if silence is None or silence > self._core.settings.dead_after:
            return "The worker is starting."
        return None

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                status = self._run_once()
            except (OSError, KhosqError):
                log.exception("worker cannot be started now", action="worker_unstartable")
                status = None
            if self._stopping.is_set():
                return
            pause = _FIRST_PAUSE if time.monotonic() - begun > _GROWN_UP else min(2 * pause, _LONGEST_PAUSE)
            log.error("worker died; starting another", action="worker_died", status=status, pause=pause)
            self._stopping.wait(pause)

    def _run_once(self) -> int | None:
        """Run one worker to its end; what it leaves is free for the next at once, without waiting for silence."""
        name = f"worker-{new_id(8)}"
        environment = os.environ | self._core.settings.as_environment() | {SUPERVISOR: str(os.getpid())}
        command = [sys.executable, "-m", "khosq", "worker", "--name", name]
        with self._lock:
            if self._stopping.is_set():
                return None
            # A session of its own: Ctrl-C in a terminal reaches the server alone, which then stops the worker.
            self._process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - ours
            self._name = name
        status = self._process.wait()
        self._core.nodes.remove(name)
        return status
