"""From a job's event to a receiver's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import sqlalchemy as sa
import structlog
from dbos import DBOS

from khosq.clock import Clock
from khosq.delivery.dialect import Dialect, Endpoint, Letter
from khosq.delivery.store import PENDING, Attempt, Delivery, DeliveryStore
from khosq.errors import KhosqError
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.lookup import Lookup
from khosq.jobs.queue import HOOKS, Queue

DELIVER = "deliver"
"""Name of the workflow that makes one try."""

Post = Callable[[str, Letter, float], Awaitable[int]]
"""Posts a letter to a URL within so many seconds; returns the HTTP status or raises a ``KhosqError``."""

log = structlog.get_logger()


class Outbox:
    """Writes deliveries into the transaction of the event that they tell."""

    def __init__(self, store: DeliveryStore, queue: Queue, dialects: Mapping[str, Dialect], *, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._dialects = dialects
        self._clock = clock

    def tell(self, connection: sa.Connection, job: Job, event: JobEvent) -> None:
        """Queue one delivery for each endpoint that is to hear of ``event``."""
        dialect = self._dialects.get(job.door)
        if dialect is None or event not in dialect.events:
            return
        for endpoint in self._store.endpoints_of(connection, job.tenant_id, job.door):
            delivery = Delivery(new_id(), job.id, dialect.events[event], PENDING, self._clock(), endpoint)
            self._store.add(connection, delivery)
            self._queue.enqueue(connection, DELIVER, f"{delivery.id}:1", delivery.id, 1, queue=HOOKS)


class Sender:
    """Makes the tries; a receiver's failure is data, never an exception."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: DeliveryStore,
        lookup: Lookup,
        queue: Queue,
        dialects: Mapping[str, Dialect],
        post: Post,
        *,
        offsets: Sequence[float] | None,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._queue = queue
        self._offsets = offsets
        self._dialects = dialects
        self._post = post
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    async def deliver(self, delivery_id: str, number: int) -> None:
        """Make one try; a further one is a delayed entry in the queue, which holds no worker."""
        wait = await DBOS.run_step_async({"name": "post"}, self.attempt, delivery_id, number)
        if wait is not None:
            await DBOS.run_step_async({"name": "again"}, self._enqueue_next, delivery_id, number + 1, wait)

    async def attempt(self, delivery_id: str, number: int) -> float | None:
        """Make try ``number`` of a delivery; return in how many seconds the next is due, None if there is none.

        A try whose answer was kept before this worker's predecessor died is not made again.
        """
        delivery = await asyncio.to_thread(self._store.find, delivery_id)
        if delivery is None:
            return None
        dialect = self._dialects[delivery.endpoint.door]
        kept = await asyncio.to_thread(self._store.attempts, delivery_id)
        attempt = next((one for one in kept if one.number == number), None)
        attempt = attempt or await self._try(delivery, dialect, number)
        offsets = self._schedule(dialect)
        is_last = number >= len(offsets)
        await asyncio.to_thread(self._store.note_attempt, delivery_id, attempt, is_last=is_last)
        log.info(
            "webhook tried",
            action="webhook_tried",
            job_id=delivery.job_id,
            delivery=delivery_id,
            number=number,
            status=attempt.status,
            error=attempt.error,
        )
        if attempt.is_accepted or is_last:
            return None
        return max(0.0, offsets[number] - offsets[number - 1])

    def _schedule(self, dialect: Dialect) -> Sequence[float]:
        """Return when the tries are made; the operator's choice never gives a one-try API a second."""
        return dialect.offsets if self._offsets is None or len(dialect.offsets) == 1 else self._offsets

    def _enqueue_next(self, delivery_id: str, number: int, wait: float) -> None:
        name = f"{delivery_id}:{number}"
        self._queue.enqueue(None, DELIVER, name, delivery_id, number, queue=HOOKS, delay=wait)

    async def _try(self, delivery: Delivery, dialect: Dialect, number: int) -> Attempt:
        at = self._clock()
        try:
            letter = await asyncio.to_thread(self._word, delivery, dialect)
            status = await self._post(delivery.endpoint.url, letter, dialect.deadline)
        except KhosqError as error:
            return Attempt(number, at, None, error.message)
        return Attempt(number, at, status, None)

    def _word(self, delivery: Delivery, dialect: Dialect) -> Letter:
        endpoint: Endpoint = delivery.endpoint
        job = self._lookup.job(endpoint.tenant_id, delivery.job_id)
        link = f"{self._public_url}/recordings/{job.id}"
        return dialect.letter(delivery.event, job=job, outcome=self._lookup.outcome(job), endpoint=endpoint, link=link)
