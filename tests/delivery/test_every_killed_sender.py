"""A webhook comes, whatever is killed on its way: real workers, a real queue, a real receiver."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.delivery.desk import Post
from tests.stores import Office

from khosq.delivery.delivery import DELIVERED, Delivery
from khosq.storage.database import Database

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
POINTS = ["not sent", "sent, not kept", "kept, not noted", "noted, not ended"]
WITHIN = 60.0


class Receiver(ThreadingHTTPServer):
    """Refuses each message once, then takes it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: dict[str, list[bytes]] = {}


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        bodies = self.server.got.setdefault(self.headers["x-id"], [])
        bodies.append(body)
        self.send_response(500 if len(bodies) == 1 else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        yield receiver
        receiver.shutdown()


@pytest.fixture
def post(database_url: str, tmp_path: Path) -> Iterator[Post]:
    database = Database(database_url)
    database.migrate()
    post = Post(Office(database, tmp_path))
    yield post
    post.office.queue.close()
    database.close()


@contextmanager
def sender(post: Post, receiver: Receiver, point: str, delivery_id: str) -> Iterator[subprocess.Popen[bytes]]:
    address = f"127.0.0.1:{receiver.server_port}"
    words = [post.office.database.url, str(post.office.folder), address, point, delivery_id]
    process = subprocess.Popen([sys.executable, "-m", "tests.delivery.one_sender", *words], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def a_delivery(post: Post, receiver: Receiver) -> Delivery:
    tenant = post.office.tenant()
    job = post.office.running(tenant)
    post.put(tenant, job, f"http://127.0.0.1:{receiver.server_port}/")
    (delivery,) = post.store.of_job(post.end(job).id)
    post.store.change_endpoint(delivery.endpoint.id, headers={"x-delivery": delivery.id})
    return delivery


def test_a_webhook_comes_though_its_worker_is_killed_at_any_point(post: Post, receiver: Receiver) -> None:
    made = []
    for point in POINTS:
        made.append(a_delivery(post, receiver))
        with sender(post, receiver, point, made[-1].id) as doomed:
            assert doomed.wait(WITHIN) == -signal.SIGKILL
    with sender(post, receiver, "", "") as last:
        deadline = time.monotonic() + WITHIN
        while any(post.state(one) != DELIVERED for one in made):
            assert time.monotonic() < deadline, [post.tries(one) for one in made]
            time.sleep(0.1)
        last.terminate()
        assert last.wait(WITHIN) == 0
    for point, delivery in zip(POINTS, made, strict=True):
        bodies = receiver.got[delivery.message_id]
        assert (len(bodies), len(set(bodies))) == (2, 1), point  # refused once, taken once, the same each time
        numbers = [(one.number, one.status) for one in post.tries(delivery)]
        assert numbers == ([(1, 204)] if point == "sent, not kept" else [(1, 500), (2, 204)]), point
