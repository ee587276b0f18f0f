from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from tests.delivery.desk import DIALECTS, ONE_TRY, Post
from tests.stores import DOOR, Office, at_once

from khosq.delivery.delivery import DELIVERED, FAILED, PENDING, Attempt, Delivery
from khosq.delivery.endpoint import Endpoint
from khosq.delivery.endpoints import Endpoints
from khosq.delivery.outbox import Outbox
from khosq.errors import NotFound
from khosq.identifiers import new_id
from khosq.outbound.address import check_url
from khosq.tenants.tenant import Tenant


def account(office: Office, tenant: Tenant, url: str = "https://one.example", door: str = DOOR) -> Endpoint:
    return Endpoint(new_id(), tenant.id, door, url, "s3cret", office.clock())


def note(post: Post, delivery: Delivery, attempt: Attempt, *, is_last: bool) -> bool:
    with post.store.write() as connection:
        return post.store.note_attempt(connection, delivery, attempt, is_last=is_last)


def urls(post: Post, tenant: Tenant) -> list[tuple[str, str]]:
    return [(one.door, one.url) for one in post.store.endpoints_of_tenant(tenant.id)]


def test_a_later_account_endpoint_replaces_the_one_before(office: Office, post: Post) -> None:
    tenant, other = office.tenant(), office.tenant()
    first = post.store.set_account_endpoint(account(office, tenant))
    post.store.set_account_endpoint(account(office, other))
    post.store.set_account_endpoint(account(office, tenant, door=ONE_TRY))
    post.endpoints.pause(tenant.id, first.id)
    second = post.store.set_account_endpoint(account(office, tenant, "https://two.example"))
    assert (second.id, second.url, second.paused_at) == (first.id, "https://two.example", None)
    assert post.store.endpoint(first.id) == second
    assert urls(post, tenant) == [(ONE_TRY, "https://one.example"), (DOOR, "https://two.example")]
    assert urls(post, other) == [(DOOR, "https://one.example")]


def test_account_endpoints_set_at_the_same_moment_are_one(office: Office, post: Post) -> None:
    tenant = office.tenant()
    new = [account(office, tenant, f"https://{number}.example") for number in range(6)]
    at_once([lambda one=one: post.store.set_account_endpoint(one) for one in new])  # type: ignore[misc]
    assert len(urls(post, tenant)) == 1


def test_a_delivery_is_found_as_it_was_added_with_the_endpoint_as_it_is_now(office: Office, post: Post) -> None:
    made = post.pending()
    assert post.store.find(made.id) == made
    moved = post.store.change_endpoint(made.endpoint.id, url="https://moved.example", headers={"X-A": "1"})
    found = post.store.find(made.id)
    assert found is not None
    assert found.endpoint == moved
    assert (found.endpoint.url, found.endpoint.headers) == ("https://moved.example", {"X-A": "1"})
    assert post.store.find(new_id()) is None


def test_every_try_is_kept_and_the_last_one_ends_the_delivery(office: Office, post: Post) -> None:
    made, at = post.pending(), office.clock()
    tries = [
        Attempt(1, at, 3.0, error="timed out"),
        Attempt(2, at + timedelta(1), 0.25, 500, None, "busy", 30.0),
        Attempt(3, at, 0.5, 404),
    ]
    for attempt in tries:
        assert post.state(made) == PENDING
        note(post, made, attempt, is_last=attempt.number == 3)
    assert post.tries(made) == tries
    assert post.state(made) == FAILED


def test_an_accepted_try_ends_the_delivery_and_is_kept_once(office: Office, post: Post) -> None:
    made = post.pending()
    accepted = Attempt(1, office.clock(), 0.1, 204)
    assert [note(post, made, accepted, is_last=False) for _ in range(2)] == [True, False]
    assert len(post.tries(made)) == 1
    assert post.state(made) == DELIVERED


@pytest.mark.parametrize(
    ("status", "accepted"), [(None, False), (199, False), (200, True), (299, True), (300, False), (500, False)]
)
def test_a_receiver_accepts_by_2xx(office: Office, status: int | None, *, accepted: bool) -> None:
    assert Attempt(1, office.clock(), 0.0, status).is_accepted is accepted


def test_what_a_receiver_says_is_kept_whatever_its_characters(office: Office, post: Post) -> None:
    made = post.pending()
    note(post, made, Attempt(1, office.clock(), 0.0, None, "it said \x00", "\udc80"), is_last=True)
    (kept,) = post.tries(made)
    assert (kept.error, kept.excerpt) == ("it said \ufffd", "\ufffd")


def forget(post: Post, delivery: Delivery) -> None:
    """Delete the job that a delivery tells of."""
    job = post.office.jobs.find(delivery.job_id or "")
    assert job is not None
    also = [lambda connection, job: post.store.remove_of_job(connection, job.id)]
    assert post.office.jobs.delete(job, post.office.clock(), key_id=None, also=also)


def test_a_job_is_deleted_while_a_try_is_noted(office: Office, post: Post) -> None:
    delivery = post.pending()
    with ThreadPoolExecutor(1) as threads:
        with post.store.write() as connection:
            post.store.note_attempt(connection, delivery, Attempt(1, office.clock(), 0.1, 200), is_last=False)
            deletion = threads.submit(forget, post, delivery)
            wait([deletion], 0.5)
        deletion.result()
    assert post.tries(delivery) == []


def test_a_try_at_what_was_deleted_meanwhile_is_not_noted(office: Office, post: Post) -> None:
    delivery = post.pending()
    forget(post, delivery)
    assert not note(post, delivery, Attempt(1, office.clock(), 0.1, 200), is_last=True)
    assert post.tries(delivery) == []


def test_what_is_deleted_meanwhile_is_not_replayed(office: Office, post: Post) -> None:
    delivery = post.pending()

    class LateOutbox(Outbox):
        def replay(self, connection: sa.Connection, delivery: Delivery) -> Delivery:
            job = office.jobs.find(delivery.job_id or "")
            assert job is not None
            post.store.remove_of_job(connection, job.id)
            connection.execute(sa.text("DELETE FROM jobs WHERE id = :id"), {"id": job.id})
            return super().replay(connection, delivery)

    late = Endpoints(
        post.store,
        LateOutbox(post.store, office.queue, DIALECTS, clock=office.clock),
        partial(check_url, allow=frozenset(), allow_http=False),
        clock=office.clock,
    )
    with pytest.raises(NotFound):
        late.replay(delivery.endpoint.tenant_id, delivery.id)


def test_a_deleted_job_leaves_nothing_that_was_or_is_to_be_told_of_it(office: Office, post: Post) -> None:
    tenant = office.tenant()
    kept = post.subscribe(tenant)
    job, other = office.running(tenant), office.running(tenant)
    own = post.put(tenant, job, "https://own.example")
    for one in (job, other):
        post.end(one)
    for delivery in post.store.of_job(job.id):
        note(post, delivery, Attempt(1, office.clock(), 0.0, 500), is_last=False)
    with office.database.write() as connection:
        post.store.remove_of_job(connection, job.id)
    assert post.store.of_job(job.id) == []
    assert post.store.endpoint(own.id) is None
    assert [one.endpoint.id for one in post.store.of_job(other.id)] == [kept.id]
