"""From a job's event to a receiver's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
import structlog

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
        dialects: Mapping[str, Dialect],
        post: Post,
        *,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._dialects = dialects
        self._post = post
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    async def attempt(self, delivery_id: str, number: int) -> float | None:
        """Make try ``number`` of a delivery; return in how many seconds the next is due, None if there is none."""
        delivery = await asyncio.to_thread(self._store.find, delivery_id)
        if delivery is None:
            return None
        dialect = self._dialects[delivery.endpoint.door]
        attempt = await self._try(delivery, dialect, number)
        is_last = number >= len(dialect.offsets)
        await asyncio.to_thread(self._store.note_attempt, delivery_id, attempt, is_last=is_last)
        log.info(
            "webhook tried",
            action="webhook_tried",
            job=delivery.job_id,
            delivery=delivery_id,
            number=number,
            status=attempt.status,
            error=attempt.error,
        )
        if attempt.is_accepted or is_last:
            return None
        return dialect.offsets[number] - dialect.offsets[number - 1]

    async def _try(self, delivery: Delivery, dialect: Dialect, number: int) -> Attempt:
        letter = await asyncio.to_thread(self._word, delivery, dialect)
        at = self._clock()
        try:
            status = await self._post(delivery.endpoint.url, letter, dialect.deadline)
        except KhosqError as error:
            return Attempt(number, at, None, error.message)
        return Attempt(number, at, status, None)

    def _word(self, delivery: Delivery, dialect: Dialect) -> Letter:
        endpoint: Endpoint = delivery.endpoint
        job = self._lookup.job(endpoint.tenant_id, delivery.job_id)
        link = f"{self._public_url}/recordings/{job.id}"
        return dialect.letter(delivery.event, job=job, outcome=self._lookup.outcome(job), endpoint=endpoint, link=link)
