"""Who is to be told of what, written down with what happened."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.delivery.desk import ONE_TRY, OURS, Post
from tests.stores import DOOR, Office

from khosq.delivery.delivery import PENDING, SKIPPED
from khosq.delivery.dialect import OtherEvent
from khosq.delivery.outbox import DELIVER
from khosq.jobs.job import JobEvent, JobState
from khosq.jobs.queue import Queue


class BrokenQueue(Queue):
    """A queue whose database refuses the entry, after it was written."""

    def enqueue(self, connection: sa.Connection | None, *args: object, **options: object) -> None:
        super().enqueue(connection, *args, **options)  # type: ignore[arg-type]
        raise ConnectionError("the database went away")


def test_the_end_of_a_job_and_its_webhook_are_one(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    job = post.end(office.running(tenant))
    (delivery,) = post.store.of_job(job.id)
    assert (delivery.event, delivery.state, delivery.endpoint.url) == ("ready", PENDING, "https://one.example/hook")
    assert post.queued(delivery) == (DELIVER, f"{tenant.id}@one.example")


def test_a_job_whose_webhook_cannot_be_queued_has_not_ended(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    job = office.running(tenant)
    with pytest.raises(ConnectionError):
        post.end(job, outbox=post.outbox_on(BrokenQueue(office.database.engine)))
    assert office.found(job).state is JobState.RUNNING
    assert post.store.of_job(job.id) == []
    post.end(job)
    (delivery,) = post.store.of_job(job.id)
    assert post.queued(delivery)


def test_only_the_endpoints_of_the_jobs_own_tenant_and_door_are_told(office: Office, post: Post) -> None:
    tenant, stranger = office.tenant(), office.tenant()
    post.subscribe(stranger)
    post.subscribe(tenant, door=ONE_TRY, url="https://once.example")
    assert post.told(office.running(tenant), JobEvent.COMPLETED) == []
    assert post.told(office.running(tenant, door=ONE_TRY), JobEvent.COMPLETED) == ["https://once.example"]
    assert post.told(office.running(tenant, door="dashboard"), JobEvent.COMPLETED) == []


def test_an_api_that_hears_all_jobs_is_told_of_those_made_at_any_door(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant, url="https://theirs.example")
    post.subscribe(tenant, door=OURS, url="https://ours.example")
    both = ["https://ours.example", "https://theirs.example"]
    assert post.told(office.running(tenant), JobEvent.COMPLETED) == both
    assert post.told(office.running(tenant, door="dashboard"), JobEvent.COMPLETED) == ["https://ours.example"]


def test_an_event_that_the_dialect_does_not_know_or_the_endpoint_does_not_want_is_not_told(
    office: Office, post: Post
) -> None:
    tenant = office.tenant()
    post.subscribe(tenant, url="https://all.example")
    post.endpoints.create(tenant.id, DOOR, "https://some.example", "s", events=["stopped", "document.updated"])
    job = office.running(tenant)
    assert post.told(job, JobEvent.GIVEN_UP) == []
    assert post.told(job, JobEvent.COMPLETED) == ["https://all.example"]
    assert post.told(job, JobEvent.CANCELLED) == ["https://all.example", "https://some.example"]


def test_an_endpoint_of_one_job_hears_of_no_other(office: Office, post: Post) -> None:
    tenant = office.tenant()
    job, other = office.running(tenant), office.running(tenant)
    post.put(tenant, job, "https://mine.example")
    assert post.told(job, JobEvent.COMPLETED) == ["https://mine.example"]
    assert post.told(other, JobEvent.COMPLETED) == []
    assert post.endpoints.all(tenant.id) == []


def test_an_endpoint_of_one_document_hears_of_that_document_alone(office: Office, post: Post) -> None:
    tenant = office.tenant()
    job = office.running(tenant)
    post.put(tenant, job, "https://session.example", events=("ready",))
    for name in ("one", "two"):
        post.put(tenant, job, f"https://{name}.example", subject_id=name)
    assert post.told(job, OtherEvent.DOCUMENT_UPDATED, id="two") == ["https://two.example"]
    assert post.store.of_job(job.id)[0].subject == {"id": "two"}
    assert post.told(job, JobEvent.COMPLETED) == ["https://session.example"]


def test_the_same_event_may_be_told_again(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    job = office.running(tenant)
    for _ in range(2):
        post.told(job, OtherEvent.DOCUMENT_UPDATED, id="one")
    assert len({one.message_id for one in post.store.of_job(job.id)}) == 2


def test_what_a_paused_endpoint_misses_is_kept_and_not_queued(office: Office, post: Post) -> None:
    tenant = office.tenant()
    endpoint = post.subscribe(tenant)
    post.endpoints.pause(tenant.id, endpoint.id)
    delivery = post.next(tenant)
    assert (delivery.state, post.queued(delivery)) == (SKIPPED, None)
    post.endpoints.resume(tenant.id, endpoint.id)
    again = post.endpoints.replay(tenant.id, delivery.id)
    assert (post.state(again), bool(post.queued(again))) == (PENDING, True)


def test_endpoints_on_one_host_share_a_lane_and_other_tenants_have_their_own(office: Office, post: Post) -> None:
    tenant, other = office.tenant(), office.tenant()
    urls = ["https://Host.example/a", "https://host.example/b?c", "https://host.example#d", "https://host.example?e"]
    lanes = {post.subscribe(tenant, url=url).lane for url in urls}
    assert lanes == {f"{tenant.id}@host.example"}
    assert post.subscribe(tenant, url="https://host.example:8443/a").lane not in lanes
    assert post.subscribe(other, url=urls[0]).lane not in lanes
