"""From a job's event to a receiver's answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS

from khosq.clock import Clock
from khosq.delivery.dialect import Dialect, Endpoint, Letter
from khosq.delivery.store import PENDING, Attempt, Delivery, DeliveryStore
from khosq.errors import KhosqError, Refused, may_help
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
            self._queue.enqueue(
                connection, DELIVER, f"{delivery.id}:1", delivery.id, 1, queue=HOOKS, tenant_id=job.tenant_id
            )


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
        clock: Clock,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._queue = queue
        self._offsets = offsets
        self._dialects = dialects
        self._post = post
        self._clock = clock

    async def deliver(self, delivery_id: str, number: int) -> None:
        """Make one try; a further one is a delayed entry in the queue, which holds no worker.

        The receiver's answer is kept as a step of its own: whatever breaks after it, no try is made twice.
        """
        attempt = await DBOS.run_step_async(_step("post"), self.attempt, delivery_id, number)
        if attempt is None:
            return
        wait = await DBOS.run_step_async(_step("note"), self.note, delivery_id, attempt)
        if wait is not None:
            await DBOS.run_step_async(_step("again"), self._enqueue_next, delivery_id, number + 1, wait)

    async def attempt(self, delivery_id: str, number: int) -> Attempt | None:
        """Make try ``number`` of a delivery; return how it went, None where there is nothing to deliver.

        Raises:
            Unavailable: the letter cannot be worded now; nothing was sent.

        """
        delivery = await asyncio.to_thread(self._store.find, delivery_id)
        if delivery is None:
            return None
        kept = await asyncio.to_thread(self._store.attempts, delivery_id)
        done = next((one for one in kept if one.number == number), None)
        return done or await self._try(delivery, self._dialects[delivery.endpoint.door], number)

    def note(self, delivery_id: str, attempt: Attempt) -> float | None:
        """Keep how a try went; return in how many seconds the next is due, None if there is none."""
        delivery = self._store.find(delivery_id)
        if delivery is None:
            return None
        offsets = self._schedule(self._dialects[delivery.endpoint.door])
        is_last = attempt.number >= len(offsets)
        self._store.note_attempt(delivery_id, attempt, is_last=is_last)
        log.log(
            logging.INFO if attempt.is_accepted else logging.WARNING,
            "webhook tried",
            action="webhook_tried",
            job_id=delivery.job_id,
            delivery=delivery_id,
            number=attempt.number,
            status=attempt.status,
            error=attempt.error,
        )
        if attempt.is_accepted or is_last:
            return None
        return max(0.0, offsets[attempt.number] - offsets[attempt.number - 1])

    def _schedule(self, dialect: Dialect) -> Sequence[float]:
        """Return when the tries are made; the operator's choice never gives a one-try API a second."""
        return dialect.offsets if self._offsets is None or len(dialect.offsets) == 1 else self._offsets

    def _enqueue_next(self, delivery_id: str, number: int, wait: float) -> None:
        delivery = self._store.find(delivery_id)
        if delivery is not None:
            tenant_id, name = delivery.endpoint.tenant_id, f"{delivery_id}:{number}"
            self._queue.enqueue(None, DELIVER, name, delivery_id, number, queue=HOOKS, tenant_id=tenant_id, delay=wait)

    async def _try(self, delivery: Delivery, dialect: Dialect, number: int) -> Attempt:
        at = self._clock()
        try:
            letter = await asyncio.to_thread(self._word, delivery, dialect)
        except Refused as error:  # what is to be told is gone
            return Attempt(number, at, None, error.message)
        try:
            status = await self._post(delivery.endpoint.url, letter, dialect.deadline)
        except KhosqError as error:
            return Attempt(number, at, None, error.message)
        return Attempt(number, at, status, None)

    def _word(self, delivery: Delivery, dialect: Dialect) -> Letter:
        endpoint: Endpoint = delivery.endpoint
        job = self._lookup.job(endpoint.tenant_id, delivery.job_id)
        link = f"{job.base_url}/recordings/{job.id}"
        return dialect.letter(delivery.event, job=job, outcome=self._lookup.outcome(job), endpoint=endpoint, link=link)


def _step(name: str) -> Any:
    """Return the options of a step that is tried again while the database or the store is away."""
    return {"name": name, "retries_allowed": True, "max_attempts": 10, "should_retry": may_help}
