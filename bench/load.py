"""Requests at a steady rate, from a process of its own: each is due at its moment, earlier ones answered or not.

Latency counts from that moment, so a server that stalls cannot hide it by making the next one wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass

import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_PATIENCE = 10.0
"""Seconds that the last answers may take."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send."""

    port: int
    requests: list[str]
    """As HTTP/1.1 writes them; begun again at the end."""
    rate: float
    """Requests a second."""
    seconds: float
    connections: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back."""

    latencies: list[float]
    """Seconds from the moment a request was due until its answer was complete."""
    statuses: dict[str, int]
    lateness: float
    """Most seconds by which a request left this process after it was due with a connection free: our own slowness."""
    cpu_seconds: float
    """Of this process."""


class _Connection(asyncio.Protocol):
    """A kept-alive connection: one request after another."""

    def __init__(self, generator: _Generator) -> None:
        self._generator = generator
        self._received = b""
        self._due = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep what to write to."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that this connection takes nothing more."""
        self._generator.lose(self)

    def send(self, request: bytes, due: float) -> None:
        """Send one request."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect one answer."""
        self._received += data
        head_end = self._received.find(_END_OF_HEAD)
        if head_end < 0:
            return
        head = self._received[:head_end].lower()
        start = head.index(_LENGTH) + len(_LENGTH)
        body = int(head[start:].split(b"\r\n", 1)[0])
        if len(self._received) < head_end + len(_END_OF_HEAD) + body:
            return
        status = self._received[9:12].decode("ascii")
        self._received = b""
        self._generator.take(self, status, time.perf_counter() - self._due)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class _Generator:
    """Hands due requests to free connections, oldest first."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = [request.encode() for request in load.requests]
        self._count = round(load.rate * load.seconds)
        self._all_answered = asyncio.Event()
        self._free: deque[_Connection] = deque()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._statuses: Counter[str] = Counter()
        self._latencies: list[float] = []
        self._lateness = 0.0

    async def run(self) -> Answers:
        """Send everything and wait for the answers."""
        loop = asyncio.get_running_loop()
        for _ in range(self._load.connections):
            _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._load.port)
            self._free.append(connection)
        connections = list(self._free)
        began, used = time.perf_counter(), time.process_time()
        for number in range(self._count):
            due = began + number / self._load.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self._waiting.append((self._requests[number % len(self._requests)], due))
            self._send()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_answered.wait(), _PATIENCE)
        self._statuses["no answer"] += self._count - len(self._latencies)
        used = time.process_time() - used
        for connection in connections:
            connection.close()
        return Answers(self._latencies, dict(+self._statuses), self._lateness, used)

    def take(self, connection: _Connection, status: str, latency: float) -> None:
        """Note an answer and use its connection again."""
        self._latencies.append(latency)
        self._statuses[status] += 1
        self._free.append(connection)
        self._send()
        if len(self._latencies) == self._count:
            self._all_answered.set()

    def lose(self, connection: _Connection) -> None:
        """Note that the server hung up; what it did not answer is counted at the end."""
        if connection in self._free:
            self._free.remove(connection)

    def _send(self) -> None:
        queued = len(self._waiting) > 1
        while self._waiting and self._free:
            request, due = self._waiting.popleft()
            if not queued:
                self._lateness = max(self._lateness, time.perf_counter() - due)
            self._free.popleft().send(request, due)


def main() -> None:
    """Read a ``Load`` as JSON from stdin and write ``Answers`` as JSON to stdout."""
    answers = uvloop.run(_Generator(Load(**json.load(sys.stdin))).run())
    json.dump(asdict(answers), sys.stdout)


if __name__ == "__main__":
    main()
