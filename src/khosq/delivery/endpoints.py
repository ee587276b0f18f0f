"""What a tenant may do with its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from khosq.clock import Clock
from khosq.delivery.delivery import Attempt, Delivery
from khosq.delivery.endpoint import ASKED, EVERY_EVENT, Endpoint
from khosq.delivery.outbox import Outbox
from khosq.delivery.store import DeliveryStore
from khosq.errors import AddressRefused, Conflict, NotFound
from khosq.identifiers import is_id, new_id
from khosq.jobs.submission import IdempotencyKey, as_once
from khosq.outbound.address import Target
from khosq.outbound.client import Method
from khosq.outbound.headers import check_headers

MOST_ENDPOINTS = 100
"""Of one tenant; those of single jobs are not counted."""

CheckUrl = Callable[[str], Target]
"""Raises ``AddressRefused`` for a URL that no letter could be sent to."""


class Endpoints:
    """A tenant's endpoints; another tenant's are not found."""

    def __init__(self, store: DeliveryStore, outbox: Outbox, check_url: CheckUrl, *, clock: Clock) -> None:
        self._store = store
        self._outbox = outbox
        self._check_url = check_url
        self._clock = clock

    def check(self, url: str, headers: Mapping[str, str], *, only_names: bool = False) -> None:
        """Accept where, and with what headers, somebody wants to be told.

        Args:
            url: the receiver's.
            headers: the tenant's own.
            only_names: refuse a literal address that the operator did not open.

        Raises:
            AddressRefused: the URL cannot be called.
            Invalid: a header cannot be sent.

        """
        check_headers(headers)
        target = self._check_url(url)
        if only_names and target.address is not None and not target.is_opened:
            raise AddressRefused("The URL must name its host; an address is not accepted here.")

    def create(  # noqa: PLR0913 - an endpoint's parts
        self,
        tenant_id: str,
        door: str,
        url: str,
        secret: str,
        *,
        events: Sequence[str] = (EVERY_EVENT,),
        method: Method = "POST",
        headers: Mapping[str, str] | None = None,
        description: str = "",
        once: IdempotencyKey | None = None,
    ) -> Endpoint:
        """Add an endpoint, whose URL and headers were found acceptable; one that came before with ``once`` is it.

        Raises:
            Conflict: there are too many, or the idempotency key came with another request.

        """
        endpoint = Endpoint(
            new_id(), tenant_id, door, url, secret, self._clock(), method, headers or {}, tuple(events),
            description=description,
        )  # fmt: skip
        remembered = as_once(once, tenant_id, door, endpoint.created_at)
        standing = self._store.add_endpoint(endpoint, most=MOST_ENDPOINTS, once=remembered)
        found = endpoint if standing == endpoint.id else self._store.endpoint(standing)
        if found is None:
            raise Conflict("The endpoint that was made with this idempotency key has been removed.")
        return found

    def put(self, connection: sa.Connection, endpoint: Endpoint) -> None:
        """Add the endpoint of a single job, in the job's own transaction."""
        self._store.put_endpoint(connection, endpoint)

    def all(self, tenant_id: str, *, door: str | None = None) -> list[Endpoint]:
        """Return a tenant's endpoints, oldest first; not those of single jobs."""
        return [one for one in self._store.endpoints_of_tenant(tenant_id) if door in (None, one.door)]

    def find(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Return an endpoint.

        Raises:
            NotFound: unknown, removed, or another tenant's.

        """
        found = self._store.endpoint(endpoint_id) if is_id(endpoint_id) else None
        if found is None or found.tenant_id != tenant_id:
            raise NotFound
        return found

    def change(self, tenant_id: str, endpoint_id: str, **changes: Any) -> Endpoint:
        """Change ``url``, ``events``, ``method``, ``headers`` or ``description``."""
        return self._changed(self.find(tenant_id, endpoint_id), **changes)

    def rotate(self, tenant_id: str, endpoint_id: str, secret: str, *, overlap: timedelta) -> Endpoint:
        """Give an endpoint a new secret; the one before signs too for as long as ``overlap``."""
        before = self.find(tenant_id, endpoint_id)
        until = self._clock() + overlap
        return self._changed(before, secret=secret, previous_secret=before.secret, previous_until=until)

    def pause(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Send no more until it is resumed."""
        endpoint = self.find(tenant_id, endpoint_id)
        with self._store.write() as connection:
            self._store.pause_endpoint(connection, endpoint.id, ASKED, self._clock())
        return self.find(tenant_id, endpoint_id)

    def resume(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Send again; what was skipped meanwhile can be replayed."""
        endpoint = self.find(tenant_id, endpoint_id)
        return self._changed(endpoint, paused_at=None, pause_reason=None, failing_since=None)

    def remove(self, tenant_id: str, endpoint_id: str) -> None:
        """Send no more, for good; deliveries stop at once and stay in the log."""
        endpoint = self.find(tenant_id, endpoint_id)
        if not self._store.remove_endpoint(endpoint.id, self._clock()):
            raise NotFound

    def last_delivery(self, endpoint: Endpoint) -> tuple[Delivery, Attempt | None] | None:
        """Return the newest delivery to an endpoint with its last try; None where there was none."""
        delivery = self._store.latest(endpoint.id)
        if delivery is None:
            return None
        tries = self._store.attempts(delivery.id)
        return delivery, tries[-1] if tries else None

    def deliveries(  # noqa: PLR0913 - what may be asked for
        self,
        tenant_id: str,
        *,
        limit: int,
        after: str | None = None,
        endpoint_id: str | None = None,
        state: str | None = None,
        job_id: str | None = None,
    ) -> list[Delivery]:
        """Return a tenant's deliveries, newest first; ``after`` is the id of the last one seen."""
        return self._store.page(
            tenant_id, limit=limit, after=after, endpoint_id=endpoint_id, state=state, job_id=job_id
        )

    def delivery(self, tenant_id: str, delivery_id: str) -> tuple[Delivery, list[Attempt]]:
        """Return a delivery and every try at it.

        Raises:
            NotFound: unknown, or another tenant's.

        """
        found = self._store.find(delivery_id) if is_id(delivery_id) else None
        if found is None or found.endpoint.tenant_id != tenant_id:
            raise NotFound
        return found, self._store.attempts(delivery_id)

    def replay(self, tenant_id: str, delivery_id: str) -> Delivery:
        """Deliver once more: a new delivery with the same message, so that receivers know it again.

        Raises:
            NotFound: unknown, or another tenant's.
            Conflict: its endpoint is paused or removed.

        """
        found, _ = self.delivery(tenant_id, delivery_id)
        endpoint = self._store.endpoint(found.endpoint.id)
        if endpoint is None or endpoint.paused_at is not None:
            raise Conflict("The endpoint of this delivery was removed or is paused.")
        try:
            with self._store.write() as connection:
                return self._outbox.replay(connection, found)
        except sa.exc.IntegrityError as error:  # its job was deleted just now
            raise NotFound from error

    def _changed(self, endpoint: Endpoint, **changes: Any) -> Endpoint:
        changed = self._store.change_endpoint(endpoint.id, **changes)
        if changed is None:
            raise NotFound
        return changed
