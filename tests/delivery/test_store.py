from __future__ import annotations

from datetime import timedelta

import pytest
from tests.stores import DOOR, Office

from khosq.delivery.dialect import Endpoint
from khosq.delivery.store import DELIVERED, FAILED, PENDING, Attempt, Delivery, DeliveryStore
from khosq.identifiers import new_id
from khosq.tenants.tenant import Tenant


@pytest.fixture
def deliveries(office: Office) -> DeliveryStore:
    return DeliveryStore(office.database)


def endpoint(tenant: Tenant, url: str = "https://one.example", door: str = DOOR) -> Endpoint:
    return Endpoint(new_id(), tenant.id, door, url, "s3cret")


def delivery(office: Office, deliveries: DeliveryStore) -> Delivery:
    job = office.running()
    stored = deliveries.set_endpoint(Endpoint(new_id(), job.tenant_id, DOOR, "https://one.example", "s3cret"))
    made = Delivery(new_id(), job.id, "ready", PENDING, office.clock(), stored)
    with office.database.write() as connection:
        deliveries.add(connection, made)
    return made


def test_a_later_endpoint_replaces_the_one_before(office: Office, deliveries: DeliveryStore) -> None:
    tenant, other = office.tenant(), office.tenant()
    first = deliveries.set_endpoint(endpoint(tenant))
    deliveries.set_endpoint(endpoint(other))
    deliveries.set_endpoint(endpoint(tenant, door="elsewhere"))
    second = deliveries.set_endpoint(endpoint(tenant, "https://two.example"))
    assert (second.id, second.url) == (first.id, "https://two.example")
    with office.database.read() as connection:
        assert deliveries.endpoints_of(connection, tenant.id, DOOR) == [second]
        assert [one.url for one in deliveries.endpoints_of(connection, other.id, DOOR)] == ["https://one.example"]


def test_a_delivery_goes_to_the_endpoint_as_it_is_now(office: Office, deliveries: DeliveryStore) -> None:
    made = delivery(office, deliveries)
    assert deliveries.find(made.id) == made
    moved = Endpoint(new_id(), made.endpoint.tenant_id, DOOR, "https://moved.example", "another")
    deliveries.set_endpoint(moved)
    found = deliveries.find(made.id)
    assert found is not None
    assert (found.endpoint.url, found.endpoint.secret) == ("https://moved.example", "another")
    assert deliveries.find(new_id()) is None


def test_every_try_is_kept_and_the_last_one_ends_the_delivery(office: Office, deliveries: DeliveryStore) -> None:
    made, at = delivery(office, deliveries), office.clock()
    tries = [Attempt(1, at, None, "timed out"), Attempt(2, at + timedelta(1), 500, None), Attempt(3, at, 404, None)]
    for attempt in tries:
        assert deliveries.of_job(made.job_id)[0].state == PENDING
        deliveries.note_attempt(made.id, attempt, is_last=attempt.number == 3)
    assert deliveries.attempts(made.id) == tries
    assert deliveries.of_job(made.job_id)[0].state == FAILED


def test_an_accepted_try_ends_the_delivery_and_is_kept_once(office: Office, deliveries: DeliveryStore) -> None:
    made = delivery(office, deliveries)
    for _ in range(2):
        deliveries.note_attempt(made.id, Attempt(1, office.clock(), 204, None), is_last=False)
    assert len(deliveries.attempts(made.id)) == 1
    assert deliveries.of_job(made.job_id)[0].state == DELIVERED


@pytest.mark.parametrize(
    ("status", "accepted"), [(None, False), (199, False), (200, True), (299, True), (300, False), (500, False)]
)
def test_a_receiver_accepts_by_2xx(office: Office, status: int | None, *, accepted: bool) -> None:
    assert Attempt(1, office.clock(), status, None).is_accepted is accepted


def test_what_a_receiver_says_is_kept_whatever_its_characters(office: Office, deliveries: DeliveryStore) -> None:
    made = delivery(office, deliveries)
    deliveries.note_attempt(made.id, Attempt(1, office.clock(), None, "it said \x00\udc80"), is_last=True)
    assert deliveries.attempts(made.id)[0].error == "it said \ufffd\ufffd"
