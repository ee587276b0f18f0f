"""The core without doors and without engines: database, object store, and what is asked of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from khosq.apis import FACES, load_face
from khosq.clock import Clock, system_clock
from khosq.delivery.dialect import Dialect, Endpoint
from khosq.delivery.store import DeliveryStore
from khosq.errors import Invalid, Unavailable
from khosq.identifiers import new_id
from khosq.jobs.lookup import Lookup
from khosq.jobs.queue import Queue
from khosq.jobs.results import Results
from khosq.jobs.store import JobStore, NodeStore
from khosq.jobs.submission import Submissions
from khosq.settings import Settings
from khosq.storage.blobs import Blobs
from khosq.storage.database import Database
from khosq.tenants.accounts import Accounts
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.rate_limits import RateLimits
from khosq.tenants.store import TenantStore

SUPERVISOR = "KHOSQ_SUPERVISOR"
"""Environment variable: process id of the server that started a worker, which does not outlive it."""
FIRST_TENANT = "default"


@dataclass(frozen=True)
class Core:
    """Everything below the doors, made when first asked for."""

    settings: Settings
    database: Database
    clock: Clock = system_clock

    @cached_property
    def secret(self) -> str:
        """Signs links and digests keys; made once and kept in the database unless the operator gives it."""
        return self.settings.secret_key or self._tenant_store.secret(secrets.token_urlsafe(32))

    @cached_property
    def accounts(self) -> Accounts:
        """Tenants and quotas."""
        return Accounts(self._tenant_store, clock=self.clock)

    @cached_property
    def keys(self) -> ApiKeys:
        """API keys."""
        return ApiKeys(self._tenant_store, secret=self.secret, clock=self.clock)

    @cached_property
    def rate_limits(self) -> RateLimits:
        """Requests a minute."""
        return RateLimits(self._tenant_store, clock=self.clock)

    @cached_property
    def blobs(self) -> Blobs:
        """Recordings and results."""
        return Blobs(self.settings.storage)

    @cached_property
    def results(self) -> Results:
        """What jobs made."""
        return Results(self.blobs)

    @cached_property
    def jobs(self) -> JobStore:
        """Rows of jobs."""
        return JobStore(self.database)

    @cached_property
    def nodes(self) -> NodeStore:
        """Rows of workers."""
        return NodeStore(self.database)

    @cached_property
    def deliveries(self) -> DeliveryStore:
        """Rows of endpoints and deliveries."""
        return DeliveryStore(self.database)

    @cached_property
    def queue(self) -> Queue:
        """The durable queue."""
        return Queue(self.database.engine)

    @cached_property
    def submissions(self) -> Submissions:
        """Opens jobs."""
        upload_ttl = timedelta(seconds=self.settings.upload_ttl)
        return Submissions(self.jobs, self.queue, upload_ttl=upload_ttl, clock=self.clock)

    @cached_property
    def lookup(self) -> Lookup:
        """Finds and cancels jobs."""
        return Lookup(self.jobs, self.results, self.queue, clock=self.clock)

    @cached_property
    def dialects(self) -> Mapping[str, Dialect]:
        """How each API words its webhooks."""
        return {name: load_face(name).dialect for name in FACES}

    def first_key(self) -> str | None:
        """Make a first tenant where there is none; return its key."""
        if self.accounts.all():
            return None
        secret, _ = self.keys.create(FIRST_TENANT, "admin")
        return secret

    def set_account_webhook(self, tenant: str, *, url: str, secret: str, api: str | None) -> Endpoint:
        """Set where a tenant is told of the jobs that it made at one API; default: the API with account webhooks."""
        door = api or next(iter(self.dialects))
        if door not in self.dialects:
            raise Invalid(f"There is no API {door!r} here; there is {', '.join(self.dialects)}.", field="api")
        for field, value in (("url", url), ("secret", secret)):
            if not value or not value.isprintable():
                raise Invalid(f"A webhook's {field} is printable text.", field=field)
        endpoint = Endpoint(new_id(), self.accounts.named(tenant).id, door, url, secret)
        return self.deliveries.set_endpoint(endpoint)

    @cached_property
    def _tenant_store(self) -> TenantStore:
        return TenantStore(self.database)


@contextmanager
def open_core(settings: Settings) -> Iterator[Core]:
    """Open the database, its tables brought up to date, for as long as the block lasts."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(settings.database)
    except OSError as error:
        raise Unavailable(f"The data folder cannot be used: {error}") from error
    try:
        database.migrate()
        yield Core(settings, database)
    finally:
        database.close()
