"""From a delivery to a receiver's answer."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from dbos import DBOS

from khosq.clock import Clock
from khosq.delivery.delivery import PENDING, Attempt, Delivery
from khosq.delivery.dialect import Dialect, Letter, Message, Policy
from khosq.delivery.endpoint import FAILING, GONE, Endpoint
from khosq.delivery.outbox import Outbox
from khosq.delivery.store import DeliveryStore
from khosq.errors import KhosqError, Refused, Unavailable, may_help
from khosq.jobs.lookup import Lookup
from khosq.outbound.client import Method, Reply

MOST_EXCERPT = 1024
"""Bytes of an answer that are kept."""
LONGEST_WAIT = 24 * 3600.0
"""Seconds: a receiver that asks for more is tried then."""

_PATIENCE = (1, 2, 4, 8, 16, 32, 64)
"""Seconds between looks at a database that is away."""
_POST: Any = {"name": "post", "retries_allowed": True, "max_attempts": 10, "should_retry": may_help}

log = structlog.get_logger()


class Carrier(Protocol):
    """Sends requests to checked addresses; see ``outbound.client``."""

    async def send(
        self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
    ) -> Reply:
        """Return the answer, or raise a ``KhosqError``."""
        ...


class Sender:
    """Makes the tries; a receiver's failure is data, never an exception."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: DeliveryStore,
        lookup: Lookup,
        outbox: Outbox,
        dialects: Mapping[str, Dialect],
        carrier: Carrier,
        *,
        offsets: Sequence[float] | None,
        clock: Clock,
    ) -> None:
        """Keep what is needed.

        Args:
            store: rows of deliveries.
            lookup: finds what is told.
            outbox: queues the next try.
            dialects: by API.
            carrier: the way out.
            offsets: the operator's schedule, instead of each API's own.
            clock: the time.

        """
        self._store = store
        self._lookup = lookup
        self._outbox = outbox
        self._dialects = dialects
        self._carrier = carrier
        self._offsets = offsets
        self._clock = clock

    async def deliver(self, delivery_id: str, number: int) -> None:
        """Make one try; a further one is a delayed entry in the queue, which holds no worker.

        The receiver's answer is kept as a step of its own: whatever breaks after it, no try is made twice. Noting it
        is none, for it may be done again as often as need be: each step kept is one more write for every try.
        """
        attempt = await DBOS.run_step_async(_POST, self.attempt, delivery_id, number)
        if attempt is not None:
            await _patiently(partial(self.note, delivery_id, attempt))

    async def attempt(self, delivery_id: str, number: int) -> Attempt | None:
        """Make try ``number`` of a delivery; return how it went, None where there is nothing to deliver.

        Raises:
            Unavailable: the letter cannot be worded now; nothing was sent.

        """
        delivery = await asyncio.to_thread(self._store.find, delivery_id)
        if delivery is None or delivery.state != PENDING:
            return None
        kept = await asyncio.to_thread(self._store.attempts, delivery_id)
        return next((one for one in kept if one.number == number), None) or await self._try(delivery, number)

    def note(self, delivery_id: str, attempt: Attempt) -> float | None:
        """Keep how a try went, and queue the next; return in how many seconds it is due, None if there is none."""
        delivery = self._store.find(delivery_id)
        if delivery is None:
            return None
        policy = self._dialects[delivery.endpoint.door].policy
        wait = self._wait(delivery, attempt, policy)
        reason = _why_pause(delivery, attempt, policy, is_last=wait is None)
        with self._store.write() as connection:
            is_new = self._store.note_attempt(connection, delivery, attempt, is_last=wait is None)
            if wait is not None:
                self._outbox.enqueue(connection, delivery, attempt.number + 1, delay=wait)
            is_paused = reason is not None and is_new and self._outbox.pause(connection, delivery.endpoint, reason)
        _log(delivery, attempt)
        if is_paused:
            _warn(delivery, reason)
        return wait

    def mend(self, delivery_id: str, number: int) -> None:
        """Go on after a try whose work broke: it counts as made."""
        self.note(delivery_id, Attempt(number, self._clock(), 0.0, error="The work at this try broke off."))

    def _wait(self, delivery: Delivery, attempt: Attempt, policy: Policy) -> float | None:
        """Return the seconds to the next try, None if there is none; they count from the beginning of this one."""
        offsets = self._schedule(policy)
        is_over = attempt.is_accepted or attempt.number >= len(offsets) or _is_gone(attempt, policy)
        if is_over or delivery.state != PENDING:
            return None
        wait = max(0.0, offsets[attempt.number] - offsets[attempt.number - 1] - attempt.duration)
        wait *= 1 + policy.jitter * random.random()  # noqa: S311 - spreads load, guards nothing
        if policy.heeds_retry_after and attempt.retry_after is not None:
            wait = max(wait, min(attempt.retry_after, LONGEST_WAIT))
        return wait

    def _schedule(self, policy: Policy) -> Sequence[float]:
        """Return when the tries are made; the operator's choice never gives a one-try API a second."""
        return policy.offsets if self._offsets is None or len(policy.offsets) == 1 else self._offsets

    async def _try(self, delivery: Delivery, number: int) -> Attempt:
        at, began = self._clock(), time.monotonic()
        try:
            letter = await asyncio.to_thread(self._word, delivery)
        except Refused as error:  # what is to be told is gone
            return Attempt(number, at, time.monotonic() - began, error=error.message)
        try:
            reply = await self._send(delivery.endpoint, letter)
        except KhosqError as error:
            return Attempt(number, at, time.monotonic() - began, error=error.message)
        excerpt = reply.body_excerpt[:MOST_EXCERPT].decode("utf-8", "replace")
        return Attempt(number, at, time.monotonic() - began, reply.status, None, excerpt, reply.retry_after)

    async def _send(self, endpoint: Endpoint, letter: Letter) -> Reply:
        headers = _headers(endpoint.headers, letter.headers)
        deadline = self._dialects[endpoint.door].policy.deadline
        return await self._carrier.send(endpoint.method, endpoint.url, letter.body, headers, deadline=deadline)

    def _word(self, delivery: Delivery) -> Letter:
        endpoint = delivery.endpoint
        job = self._lookup.job(endpoint.tenant_id, delivery.job_id) if delivery.job_id else None
        message = Message(
            id=delivery.message_id,
            event=delivery.event,
            happened_at=delivery.happened_at,
            sent_at=self._clock(),
            endpoint=endpoint,
            subject=delivery.subject,
            job=job,
            read_outcome=self._lookup.outcome,
            link=f"{job.base_url}/recordings/{job.id}" if job else "",
        )
        return self._dialects[endpoint.door].letter(message)


def _headers(chosen: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Join the tenant's headers with the API's own, which they cannot replace."""
    taken = {name.lower() for name in own}
    return {**own, **{name: value for name, value in chosen.items() if name.lower() not in taken}}


def _is_gone(attempt: Attempt, policy: Policy) -> bool:
    return policy.pauses_when_gone and attempt.status == HTTPStatus.GONE


def _why_pause(delivery: Delivery, attempt: Attempt, policy: Policy, *, is_last: bool) -> str | None:
    """Return why the endpoint is to be paused after this try, None if it is not."""
    if _is_gone(attempt, policy):
        return GONE
    since = delivery.endpoint.failing_since
    if attempt.is_accepted or not is_last or since is None or policy.pauses_after is None:
        return None
    return FAILING if attempt.at - since >= policy.pauses_after else None


def _log(delivery: Delivery, attempt: Attempt) -> None:
    log.log(
        logging.INFO if attempt.is_accepted else logging.WARNING,
        "webhook tried",
        action="webhook_tried",
        job_id=delivery.job_id,
        delivery=delivery.id,
        number=attempt.number,
        status=attempt.status,
        error=attempt.error,
    )


def _warn(delivery: Delivery, reason: str | None) -> None:
    log.warning(
        "endpoint paused",
        action="endpoint_paused",
        endpoint=delivery.endpoint.id,
        tenant=delivery.endpoint.tenant_id,
        reason=reason,
    )


async def _patiently(act: Callable[[], object]) -> None:
    """Do what writes to the database, again while it is away."""
    for wait in _PATIENCE:
        try:
            await asyncio.to_thread(act)
        except Unavailable:
            await asyncio.sleep(wait)
        else:
            return
    await asyncio.to_thread(act)
