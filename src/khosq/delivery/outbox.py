"""What is to be told, written down in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from khosq.clock import Clock
from khosq.delivery.delivery import PENDING, SKIPPED, Delivery
from khosq.delivery.dialect import Dialect, OtherEvent
from khosq.delivery.endpoint import Endpoint
from khosq.delivery.store import DeliveryStore
from khosq.identifiers import new_id
from khosq.jobs.job import Job
from khosq.jobs.queue import HOOKS, Queue

DELIVER = "deliver"
"""Name of the workflow that makes one try."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Outbox:
    """Writes deliveries and queues their tries."""

    def __init__(self, store: DeliveryStore, queue: Queue, dialects: Mapping[str, Dialect], *, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._dialects = dialects
        self._clock = clock

    def tell(self, connection: sa.Connection, job: Job, event: str, *, subject: Mapping[str, Any] = _NOTHING) -> None:
        """Queue one delivery for each endpoint that is to hear of ``event``.

        Args:
            connection: the transaction in which it happens.
            job: what it happens to.
            event: a ``JobEvent`` or ``OtherEvent``; an API that has no name for it is not told.
            subject: what it happens to besides the job; its ``id`` decides who hears of it.

        """
        for endpoint in self._store.endpoints_hearing(connection, job.tenant_id, job.id):
            if endpoint.door == job.door or self._dialects[endpoint.door].hears_all_jobs:
                self._tell(connection, endpoint, event, job_id=job.id, subject=subject)

    def pause(self, connection: sa.Connection, endpoint: Endpoint, reason: str) -> bool:
        """Send no more to an endpoint, and tell the tenant's others of it; tell whether it was not paused before."""
        is_new = self._store.pause_endpoint(connection, endpoint.id, reason, self._clock())
        if is_new:
            subject = {"id": endpoint.id, "reason": reason}  # not its URL: it may be a secret from the other receivers
            for other in self._store.endpoints_hearing(connection, endpoint.tenant_id, None):
                if other.id != endpoint.id:
                    self._tell(connection, other, OtherEvent.ENDPOINT_PAUSED, job_id=None, subject=subject)
        return is_new

    def replay(self, connection: sa.Connection, delivery: Delivery) -> Delivery:
        """Queue a delivery once more, as a new one with the same message."""
        again = replace(delivery, id=new_id(), created_at=self._clock(), state=PENDING, ended_at=None)
        self._store.add(connection, again)
        self.enqueue(connection, again, 1)
        return again

    def enqueue(self, connection: sa.Connection, delivery: Delivery, number: int, *, delay: float = 0.0) -> None:
        """Queue try ``number`` of a delivery; the same try twice is one."""
        self._queue.enqueue(
            connection,
            DELIVER,
            f"{delivery.id}:{number}",
            delivery.id,
            number,
            queue=HOOKS,
            partition=delivery.endpoint.lane,
            delay=delay,
        )

    def _tell(
        self,
        connection: sa.Connection,
        endpoint: Endpoint,
        event: str,
        *,
        job_id: str | None,
        subject: Mapping[str, Any],
    ) -> None:
        name = self._dialects[endpoint.door].events.get(event)
        if name is None or not endpoint.hears(name, subject):
            return
        now = self._clock()
        delivery = Delivery(new_id(), new_id(), endpoint, name, now, now, job_id, subject)
        if endpoint.paused_at:  # kept for the log, from which it can be replayed
            delivery = replace(delivery, state=SKIPPED, ended_at=now)
        self._store.add(connection, delivery)
        if delivery.state == PENDING:
            self.enqueue(connection, delivery, 1)
