"""A worker that delivers, for tests: ``python -m tests.delivery.one_sender URL FOLDER RECEIVER POINT DELIVERY``.

It dies at POINT of the first try at DELIVERY, as if killed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.delivery.desk import DIALECTS, Post
from tests.stores import Office

from khosq.delivery.delivery import Attempt
from khosq.delivery.outbox import DELIVER
from khosq.delivery.sender import Sender
from khosq.jobs.store import NodeStore
from khosq.jobs.worker import Pace, Worker
from khosq.outbound.client import Method, OutboundClient, Reply
from khosq.storage.database import Database

url, folder, receiver, point, doomed = sys.argv[1:]


def die(here: str, delivery_id: str) -> None:
    if (here, delivery_id) == (point, doomed):
        os.kill(os.getpid(), signal.SIGKILL)


class Mortal(Sender):
    """Dies between what it does."""

    async def attempt(self, delivery_id: str, number: int) -> Attempt | None:
        made = await super().attempt(delivery_id, number)
        die("sent, not kept", delivery_id)
        return made

    def note(self, delivery_id: str, attempt: Attempt) -> float | None:
        die("kept, not noted", delivery_id)
        wait = super().note(delivery_id, attempt)
        die("noted, not ended", delivery_id)
        return wait


class Client(OutboundClient):
    """Dies while it waits for an answer."""

    async def send(
        self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
    ) -> Reply:
        die("not sent", headers["x-delivery"])
        return await super().send(method, url, body, headers, deadline=deadline)


database = Database(url)
office = Office(database, Path(folder))
post = Post(office)
client = Client(allow=frozenset({receiver}), allow_http=True)
sender = Mortal(post.store, office.lookup, post.outbox, DIALECTS, client, offsets=[0, 1, 2, 3], clock=office.clock)
worker = Worker(
    database.url,
    database.engine,
    NodeStore(database),
    {DELIVER: sender.deliver},
    pace=Pace(slots=1, heartbeat=0.2, dead_after=1.0),
)
signal.signal(signal.SIGTERM, lambda *_: worker.ask_to_stop())
worker.start()
worker.wait()
worker.close()
