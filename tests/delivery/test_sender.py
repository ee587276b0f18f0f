from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
import sqlalchemy as sa
from tests.stores import DOOR, Office

from khosq.delivery.dialect import Dialect, Endpoint, Letter
from khosq.delivery.sender import DELIVER, Outbox, Sender
from khosq.delivery.store import DELIVERED, FAILED, PENDING, Delivery, DeliveryStore
from khosq.errors import AddressRefused, KhosqError, NeighbourFailed
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState
from khosq.jobs.queue import Queue
from khosq.jobs.results import Outcome
from khosq.tenants.tenant import Tenant
from khosq.transcript.transcript import Transcript


@dataclass
class Postcard:
    """A dialect that says little."""

    offsets: tuple[float, ...]
    events: Mapping[JobEvent, str] = field(default_factory=lambda: {JobEvent.COMPLETED: "ready"})
    deadline: float = 3.0

    def letter(self, event: str, *, job: Job, outcome: Outcome, endpoint: Endpoint, link: str) -> Letter:
        body = {"event": event, "job": job.id, "title": outcome.title, "secret": endpoint.secret, "link": link}
        return Letter(json.dumps(body).encode(), {"x-kind": "postcard"})


DIALECTS: dict[str, Dialect] = {DOOR: Postcard((0.0, 5.0, 65.0)), "oneshot": Postcard((0.0,))}


class BrokenQueue(Queue):
    """A queue whose database refuses the entry, after it was written."""

    def enqueue(self, connection: sa.Connection | None, *args: object, **options: object) -> None:
        super().enqueue(connection, *args, **options)  # type: ignore[arg-type]
        raise ConnectionError("the database went away")


class Receiver:
    """Answers as it was told to, and keeps what came."""

    def __init__(self, *answers: int | KhosqError) -> None:
        self._answers = iter(answers)
        self.got: list[tuple[str, Letter, float]] = []

    async def __call__(self, url: str, letter: Letter, within: float) -> int:
        self.got.append((url, letter, within))
        answer = next(self._answers)
        if isinstance(answer, KhosqError):
            raise answer
        return answer


@dataclass
class Post:
    """The outbox and the sender on a real database."""

    office: Office
    store: DeliveryStore

    def subscribe(self, tenant: Tenant, *, door: str = DOOR, url: str = "https://one.example/hook") -> None:
        self.store.set_endpoint(Endpoint(new_id(), tenant.id, door, url, "s3cret"))

    def end(self, job: Job, event: JobEvent = JobEvent.COMPLETED, *, queue: Queue | None = None) -> Job:
        outbox = Outbox(self.store, queue or self.office.queue, DIALECTS, clock=self.office.clock)
        tell = partial(_tell, outbox, event)
        self.office.results.keep(job.id, Outcome(Transcript("hy-AM", 1.0, ()), title="A call"))
        ended = self.office.jobs.move(job.id, event, self.office.clock(), also=[tell])
        assert ended is not None
        return ended

    def pending(self, *, door: str = DOOR) -> Delivery:
        """End a job that one endpoint wants to hear of."""
        tenant = self.office.tenant()
        self.subscribe(tenant, door=door)
        (delivery,) = self.store.of_job(self.end(self.office.running(tenant, door=door)).id)
        return delivery

    def attempt(
        self, delivery: Delivery, receiver: Receiver, number: int = 1, *, offsets: Sequence[float] | None = None
    ) -> float | None:
        sender = Sender(
            self.store,
            self.office.lookup,
            self.office.queue,
            DIALECTS,
            receiver,
            offsets=offsets,
            clock=self.office.clock,
        )
        attempt = asyncio.run(sender.attempt(delivery.id, number))
        return None if attempt is None else sender.note(delivery.id, attempt)

    def state(self, delivery: Delivery) -> str:
        found = self.store.find(delivery.id)
        assert found is not None
        return found.state

    def queued(self, job: Job) -> list[str]:
        """Return the queue's entries for the deliveries of a job."""
        table = "workflow_status" if self.office.database.is_sqlite else "dbos.workflow_status"
        statement = sa.text(f"SELECT name FROM {table} WHERE workflow_uuid = :id")  # noqa: S608 - ours
        with self.office.database.read() as connection:
            return [
                str(connection.execute(statement, {"id": f"{one.id}:1"}).scalar_one())
                for one in self.store.of_job(job.id)
            ]


def _tell(outbox: Outbox, event: JobEvent, connection: sa.Connection, job: Job) -> None:
    outbox.tell(connection, job, event)


@pytest.fixture
def post(office: Office) -> Post:
    return Post(office, DeliveryStore(office.database))


def test_the_end_of_a_job_and_its_webhook_are_one(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    job = post.end(office.running(tenant))
    (delivery,) = post.store.of_job(job.id)
    assert (delivery.event, delivery.state, delivery.endpoint.url) == ("ready", PENDING, "https://one.example/hook")
    assert post.queued(job) == [DELIVER]


def test_a_job_whose_webhook_cannot_be_queued_has_not_ended(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    job = office.running(tenant)
    with pytest.raises(ConnectionError):
        post.end(job, queue=BrokenQueue(office.database.engine))
    assert office.found(job).state is JobState.RUNNING
    assert post.store.of_job(job.id) == []
    assert post.queued(post.end(job)) == [DELIVER]


def test_only_the_endpoint_of_the_jobs_own_tenant_and_door_is_told(office: Office, post: Post) -> None:
    tenant, stranger = office.tenant(), office.tenant()
    post.subscribe(stranger)
    post.subscribe(tenant, door="oneshot")
    assert post.store.of_job(post.end(office.running(tenant)).id) == []
    assert len(post.store.of_job(post.end(office.running(tenant, door="oneshot")).id)) == 1
    assert post.store.of_job(post.end(office.running(tenant, door="dashboard")).id) == []


def test_an_event_that_the_dialect_does_not_know_is_not_told(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    assert post.store.of_job(post.end(office.running(tenant), JobEvent.GIVEN_UP).id) == []


def test_a_receiver_gets_what_the_dialect_words(post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(200)
    assert post.attempt(delivery, receiver) is None
    ((url, letter, within),) = receiver.got
    assert (url, within, letter.headers) == ("https://one.example/hook", 3.0, {"x-kind": "postcard"})
    assert json.loads(letter.body) == {
        "event": "ready",
        "job": delivery.job_id,
        "title": "A call",
        "secret": "s3cret",
        "link": f"https://asr.example/recordings/{delivery.job_id}",
    }
    assert post.state(delivery) == DELIVERED


def test_a_failing_receiver_is_tried_again_at_the_dialects_offsets(post: Post) -> None:
    delivery = post.pending()
    receiver = Receiver(500, NeighbourFailed("timed out"), AddressRefused("moved home"))
    assert [post.attempt(delivery, receiver, number) for number in (1, 2, 3)] == [5.0, 60.0, None]
    tried = [(one.number, one.status, one.error) for one in post.store.attempts(delivery.id)]
    assert tried == [(1, 500, None), (2, None, "timed out"), (3, None, "moved home")]
    assert post.state(delivery) == FAILED
    assert len({letter.body for _, letter, _ in receiver.got}) == 1


def test_the_operators_offsets_replace_the_dialects(post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(500, 500)
    assert [post.attempt(delivery, receiver, number, offsets=[0, 1.5]) for number in (1, 2)] == [1.5, None]
    assert post.state(delivery) == FAILED


@pytest.mark.parametrize("answer", [500, 404, NeighbourFailed("timed out")])
def test_an_api_of_one_try_gets_no_second_whatever_the_operator_says(post: Post, answer: int | KhosqError) -> None:
    delivery, receiver = post.pending(door="oneshot"), Receiver(answer)
    assert post.attempt(delivery, receiver, offsets=[0, 1, 2]) is None
    assert post.state(delivery) == FAILED


def test_a_try_whose_answer_is_kept_is_not_made_again_after_a_crash(post: Post) -> None:
    delivery = post.pending()
    assert post.attempt(delivery, Receiver(500)) == 5.0
    assert post.attempt(delivery, Receiver()) == 5.0
    done = post.pending(door="oneshot")
    assert post.attempt(done, Receiver(200)) is None
    assert post.attempt(done, Receiver()) is None
    assert post.state(done) == DELIVERED


def test_a_try_that_a_crash_cut_short_is_made_again(post: Post) -> None:
    class Crash(BaseException):
        """As if the process had died."""

    class CrashingReceiver(Receiver):
        async def __call__(self, url: str, letter: Letter, within: float) -> int:
            raise Crash

    delivery = post.pending(door="oneshot")
    with pytest.raises(Crash):
        post.attempt(delivery, CrashingReceiver())
    assert post.attempt(delivery, Receiver(200)) is None
    assert post.state(delivery) == DELIVERED


def test_a_webhook_set_anew_counts_for_what_is_still_to_be_delivered(post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(500, 200)
    post.attempt(delivery, receiver)
    post.store.set_endpoint(Endpoint(new_id(), delivery.endpoint.tenant_id, DOOR, "https://new.example", "new"))
    post.attempt(delivery, receiver, 2)
    assert [url for url, _, _ in receiver.got] == ["https://one.example/hook", "https://new.example"]
    assert json.loads(receiver.got[1][1].body)["secret"] == "new"


def test_a_webhook_that_cannot_be_worded_ends_as_a_failed_try(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant, door="oneshot")
    job = office.running(tenant, door="oneshot")
    outbox = Outbox(post.store, office.queue, DIALECTS, clock=office.clock)
    tell = partial(_tell, outbox, JobEvent.COMPLETED)
    office.jobs.move(job.id, JobEvent.COMPLETED, office.clock(), also=[tell])
    (delivery,) = post.store.of_job(job.id)
    assert post.attempt(delivery, Receiver()) is None
    assert post.state(delivery) == FAILED


def test_an_unknown_delivery_is_left_alone(post: Post) -> None:
    nothing = Delivery(new_id(), new_id(), "ready", PENDING, post.office.clock(), Endpoint("", "", "", "", ""))
    assert post.attempt(nothing, Receiver()) is None
