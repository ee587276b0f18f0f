"""A khosq server of its own for the demo: started, given a key, stopped as an operator would stop it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx2

if TYPE_CHECKING:
    from types import TracebackType

KHOSQ = Path(sys.executable).with_name("khosq")
START_WITHIN, STOP_WITHIN = 300, 60
"""Seconds; the first start may fetch models."""


class ServerTrouble(Exception):
    """The server did not do its part."""


class DemoServer:
    """``khosq serve`` on a free port, with its data in a folder that goes away; closing it checks that it ends well."""

    def __init__(self, folder: Path) -> None:
        self._data, self._log = folder / "data", folder / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        where = ("--data-dir", self._data, "--host", "127.0.0.1", "--port", str(port))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([KHOSQ, "serve", *where], stdout=log, stderr=subprocess.STDOUT)
        try:
            self._wait()
            self.key = self._make_key()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def __enter__(self) -> Self:
        """Give the running server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it with SIGTERM; it must end by itself, with exit code 0."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired as late:
            self._process.kill()
            self._process.wait()
            raise ServerTrouble(f"The server did not stop within {STOP_WITHIN} s.\n{self._last_words()}") from late
        if code:
            raise ServerTrouble(f"The server ended with exit code {code}.\n{self._last_words()}") from error

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerTrouble(f"The server did not start.\n{self._last_words()}")
            try:
                if httpx2.get(f"{self.address}/readyz").status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass  # it does not listen yet
            time.sleep(0.2)
        raise ServerTrouble(f"The server was not ready after {START_WITHIN} s.\n{self._last_words()}")

    def _make_key(self) -> str:
        wanted = ("--data-dir", self._data, "--tenant", "demo", "--scope", "write", "--json")
        made = subprocess.run([KHOSQ, "keys", "create", *wanted], capture_output=True, text=True, check=False)
        if made.returncode:
            raise ServerTrouble(f"No key could be made.\n{made.stderr}")
        return str(json.loads(made.stdout)["key"])

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-15:])
