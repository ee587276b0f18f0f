"""The outbox, the sender and the tenants' side of delivery, on a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa
from tests.stores import DOOR, Office, summarised

from khosq.delivery.delivery import Attempt, Delivery
from khosq.delivery.dialect import Dialect, Letter, Message, OtherEvent, Policy
from khosq.delivery.endpoint import Endpoint
from khosq.delivery.endpoints import Endpoints
from khosq.delivery.outbox import Outbox
from khosq.delivery.sender import Sender
from khosq.delivery.store import DeliveryStore
from khosq.errors import KhosqError
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.queue import Queue
from khosq.outbound.address import check_url
from khosq.outbound.client import Method, Reply
from khosq.tenants.tenant import Tenant
from khosq.transcript.transcript import Transcript

OURS, ONE_TRY = "ours", "oneshot"


@dataclass
class Postcard:
    """A dialect that says little."""

    policy: Policy
    hears_all_jobs: bool = False
    events: Mapping[str, str] = field(
        default_factory=lambda: {
            JobEvent.COMPLETED: "ready",
            JobEvent.CANCELLED: "stopped",
            OtherEvent.DOCUMENT_UPDATED: "document.updated",
        }
    )

    def letter(self, message: Message) -> Letter:
        job = message.job
        body = {
            "event": message.event,
            "at": message.happened_at.isoformat(),
            "job": job and job.id,
            "title": message.read_outcome(job).title if job and job.state == "succeeded" else None,
            "secret": message.endpoint.secret,
            "link": message.link,
            "subject": dict(message.subject),
        }
        headers = {"x-kind": "postcard", "x-id": message.id, "x-sent": message.sent_at.isoformat()}
        return Letter(json.dumps(body).encode(), headers)


PATIENT = Policy(
    (0.0, 5.0, 65.0),
    15.0,
    jitter=0.1,
    heeds_retry_after=True,
    pauses_when_gone=True,
    pauses_after=timedelta(days=5),
)
OURS_EVENTS: dict[str, str] = {JobEvent.COMPLETED: "job.completed", OtherEvent.ENDPOINT_PAUSED: "endpoint.paused"}
DIALECTS: dict[str, Dialect] = {
    DOOR: Postcard(Policy((0.0, 5.0, 65.0), 3.0)),
    ONE_TRY: Postcard(Policy((0.0,), 3.0)),
    OURS: Postcard(PATIENT, hears_all_jobs=True, events=OURS_EVENTS),
}


@dataclass
class Sent:
    """What came to a receiver."""

    method: Method
    url: str
    body: bytes
    headers: Mapping[str, str]
    deadline: float

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


class Receiver:
    """Answers as it was told to, and keeps what came."""

    def __init__(self, *answers: int | Reply | KhosqError) -> None:
        self._answers = iter(answers)
        self.got: list[Sent] = []

    async def send(
        self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
    ) -> Reply:
        self.got.append(Sent(method, url, body, headers, deadline))
        answer = next(self._answers)
        if isinstance(answer, KhosqError):
            raise answer
        return Reply(answer, None, b"") if isinstance(answer, int) else answer


@dataclass
class Post:
    """Everything about deliveries on one database."""

    office: Office

    @cached_property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.office.database)

    @cached_property
    def outbox(self) -> Outbox:
        return self.outbox_on(self.office.queue)

    @cached_property
    def endpoints(self) -> Endpoints:
        check = partial(check_url, allow=frozenset({"127.0.0.1:9000"}), allow_http=False)
        return Endpoints(self.store, self.outbox, check, clock=self.office.clock)

    def outbox_on(self, queue: Queue) -> Outbox:
        return Outbox(self.store, queue, DIALECTS, clock=self.office.clock)

    def subscribe(self, tenant: Tenant, *, door: str = DOOR, url: str = "https://one.example/hook") -> Endpoint:
        return self.endpoints.create(tenant.id, door, url, "s3cret")

    def put(self, tenant: Tenant, job: Job, url: str, **parts: Any) -> Endpoint:
        """Add the endpoint of one job."""
        endpoint = Endpoint(new_id(), tenant.id, job.door, url, "s3cret", self.office.clock(), job_id=job.id, **parts)
        with self.office.database.write() as connection:
            self.endpoints.put(connection, endpoint)
        return endpoint

    def end(self, job: Job, event: JobEvent = JobEvent.COMPLETED, *, outbox: Outbox | None = None) -> Job:
        """Let a job end, and tell of it."""
        if event is JobEvent.COMPLETED:
            self.office.keep(job.id, summarised(Transcript("hy-AM", 1.0, ()), "A call"))
        tell = partial(_tell, outbox or self.outbox, event)
        ended = self.office.jobs.move(job.id, event, self.office.clock(), also=[tell])
        assert ended is not None
        return ended

    def told(self, job: Job, event: str, **subject: str) -> list[str]:
        """Tell of an event; return the addresses of those who are to hear of it."""
        before = {one.id for one in self.store.of_job(job.id)}
        with self.office.database.write() as connection:
            self.outbox.tell(connection, job, event, subject=subject)
        return sorted(one.endpoint.url for one in self.store.of_job(job.id) if one.id not in before)

    def pending(self, *, door: str = DOOR) -> Delivery:
        """End a job that one endpoint wants to hear of."""
        tenant = self.office.tenant()
        self.subscribe(tenant, door=door)
        return self.next(tenant, door=door)

    def next(self, tenant: Tenant, *, door: str = DOOR) -> Delivery:
        """End one more job of a tenant with one endpoint."""
        (delivery,) = self.store.of_job(self.end(self.office.running(tenant, door=door)).id)
        return delivery

    def sender(self, receiver: Receiver, *, offsets: Sequence[float] | None = None) -> Sender:
        office = self.office
        return Sender(
            self.store, office.lookup, self.outbox, DIALECTS, receiver, offsets=offsets, clock=office.clock
        )  # fmt: skip

    def attempt(
        self, delivery: Delivery, receiver: Receiver, number: int = 1, *, offsets: Sequence[float] | None = None
    ) -> float | None:
        """Make one try; return the wait until the next."""
        sender = self.sender(receiver, offsets=offsets)
        attempt = asyncio.run(sender.attempt(delivery.id, number))
        return None if attempt is None else sender.note(delivery.id, attempt)

    def state(self, delivery: Delivery) -> str:
        found = self.store.find(delivery.id)
        assert found is not None
        return found.state

    def tries(self, delivery: Delivery) -> list[Attempt]:
        return self.store.attempts(delivery.id)

    def queued(self, delivery: Delivery, number: int = 1) -> tuple[str, str] | None:
        """Return the name and the lane of a try that waits in the queue."""
        table = "workflow_status" if self.office.database.is_sqlite else "dbos.workflow_status"
        columns = "name, queue_partition_key"
        statement = sa.text(f"SELECT {columns} FROM {table} WHERE workflow_uuid = :id")  # noqa: S608 - ours
        with self.office.database.read() as connection:
            row = connection.execute(statement, {"id": f"{delivery.id}:{number}"}).one_or_none()
        return None if row is None else (row[0], row[1])


def _tell(outbox: Outbox, event: JobEvent, connection: sa.Connection, job: Job) -> None:
    outbox.tell(connection, job, event)
