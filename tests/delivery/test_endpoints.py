"""What a tenant may do with its endpoints and its log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.delivery.desk import OURS, Post, Receiver
from tests.stores import Office, at_once

from khosq.delivery.delivery import DELIVERED, PENDING, SKIPPED
from khosq.delivery.endpoint import ASKED, Endpoint
from khosq.delivery.endpoints import MOST_ENDPOINTS
from khosq.errors import AddressRefused, Conflict, Invalid, NotFound
from khosq.identifiers import new_id
from khosq.jobs.submission import IdempotencyKey


def test_endpoints_are_added_listed_changed_and_removed(office: Office, post: Post) -> None:
    tenant = office.tenant()
    first = post.subscribe(tenant)
    office.clock.turn(1)
    second = post.endpoints.create(
        tenant.id, OURS, "https://two.example", "s", events=["job.completed"], method="PUT", headers={"X-A": "խ"}
    )
    assert post.endpoints.all(tenant.id) == sorted([first, second], key=lambda one: one.door)
    assert post.endpoints.all(tenant.id, door=OURS) == [second]
    changed = post.endpoints.change(tenant.id, second.id, url="https://three.example", events=["*"])
    assert (changed.url, changed.events, changed.method) == ("https://three.example", ("*",), "PUT")
    post.endpoints.remove(tenant.id, first.id)
    assert post.endpoints.all(tenant.id) == [changed]
    with pytest.raises(NotFound):
        post.endpoints.remove(tenant.id, first.id)


def test_a_tenant_has_so_many_endpoints_and_not_more(office: Office, post: Post) -> None:
    tenant = office.tenant()
    for _ in range(MOST_ENDPOINTS):
        endpoint = post.subscribe(tenant)
    with pytest.raises(Conflict, match="remove one"):
        post.subscribe(tenant)
    post.endpoints.remove(tenant.id, endpoint.id)
    post.subscribe(tenant)
    post.put(tenant, office.running(tenant), "https://of.one.job.example")
    post.subscribe(office.tenant())


def test_a_registration_that_is_repeated_makes_one_endpoint(office: Office, post: Post) -> None:
    tenant, other = office.tenant(), office.tenant()

    def register(tenant_id: str, request: bytes = b"asked") -> Endpoint:
        once = IdempotencyKey("one", request)
        return post.endpoints.create(tenant_id, OURS, "https://one.example", "s", once=once)

    made = at_once([lambda: register(tenant.id)] * 4)
    (first,) = post.endpoints.all(tenant.id)
    assert made == [first] * 4
    assert register(other.id).id != first.id
    with pytest.raises(Conflict, match="another request"):
        register(tenant.id, b"asked otherwise")
    post.endpoints.remove(tenant.id, first.id)
    with pytest.raises(Conflict, match="removed"):
        register(tenant.id)
    office.clock.turn(24 * 3600 + 1)
    assert register(tenant.id).id != first.id


@pytest.mark.parametrize(
    "act",
    [
        lambda post, tenant_id, delivery: post.endpoints.find(tenant_id, delivery.endpoint.id),
        lambda post, tenant_id, delivery: post.endpoints.change(
            tenant_id, delivery.endpoint.id, url="https://x.example"
        ),
        lambda post, tenant_id, delivery: post.endpoints.pause(tenant_id, delivery.endpoint.id),
        lambda post, tenant_id, delivery: post.endpoints.resume(tenant_id, delivery.endpoint.id),
        lambda post, tenant_id, delivery: post.endpoints.remove(tenant_id, delivery.endpoint.id),
        lambda post, tenant_id, delivery: post.endpoints.delivery(tenant_id, delivery.id),
        lambda post, tenant_id, delivery: post.endpoints.replay(tenant_id, delivery.id),
    ],
)
def test_what_belongs_to_another_tenant_is_not_there(
    office: Office, post: Post, act: Callable[[Post, str, object], object]
) -> None:
    delivery = post.pending()
    with pytest.raises(NotFound):
        act(post, office.tenant().id, delivery)
    assert post.store.find(delivery.id) == delivery


def test_an_id_that_is_none_is_not_found(office: Office, post: Post) -> None:
    tenant = office.tenant()
    for odd in ("", "x", "\x00" * 20, new_id()):
        with pytest.raises(NotFound):
            post.endpoints.find(tenant.id, odd)
        with pytest.raises(NotFound):
            post.endpoints.delivery(tenant.id, odd)


def test_both_secrets_sign_until_the_old_one_is_over(office: Office, post: Post) -> None:
    tenant = office.tenant()
    endpoint = post.subscribe(tenant)
    assert endpoint.secrets_at(office.clock()) == ("s3cret",)
    rotated = post.endpoints.rotate(tenant.id, endpoint.id, "new", overlap=timedelta(days=1))
    assert rotated.secrets_at(office.clock()) == ("new", "s3cret")
    assert rotated.secrets_at(office.clock() + timedelta(days=1)) == ("new",)
    assert post.endpoints.find(tenant.id, endpoint.id) == rotated


def test_deliveries_to_a_removed_endpoint_stop_at_once_and_stay_in_the_log(office: Office, post: Post) -> None:
    delivery = post.pending()
    tenant_id = delivery.endpoint.tenant_id
    post.attempt(delivery, Receiver(500))
    post.endpoints.remove(tenant_id, delivery.endpoint.id)
    assert post.attempt(delivery, Receiver(), 2) is None
    found, tries = post.endpoints.delivery(tenant_id, delivery.id)
    assert (found.state, len(tries), found.endpoint.secret) == (SKIPPED, 1, "")
    with pytest.raises(Conflict):
        post.endpoints.replay(tenant_id, delivery.id)


def test_a_replay_is_a_new_delivery_of_the_same_message(office: Office, post: Post) -> None:
    delivery = post.pending()
    tenant_id = delivery.endpoint.tenant_id
    first, second = Receiver(200), Receiver(200)
    post.attempt(delivery, first)
    office.clock.turn(3600)
    again = post.endpoints.replay(tenant_id, delivery.id)
    assert (again.id != delivery.id, again.state, bool(post.queued(again))) == (True, PENDING, True)
    assert again.created_at == delivery.created_at + timedelta(hours=1)
    post.attempt(again, second)
    assert second.got[0].body == first.got[0].body
    assert second.got[0].headers["x-id"] == first.got[0].headers["x-id"]
    assert [one.state for one in post.endpoints.deliveries(tenant_id, limit=9)] == [DELIVERED, DELIVERED]
    paused = post.endpoints.pause(tenant_id, delivery.endpoint.id)
    assert paused.pause_reason == ASKED
    with pytest.raises(Conflict):
        post.endpoints.replay(tenant_id, delivery.id)


def test_the_log_is_read_page_by_page_newest_first(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    made = []
    for number in range(7):
        made.append(post.next(tenant))
        office.clock.turn(number % 2)  # some at the same moment
    expected = [one.id for one in sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)]
    seen: list[str] = []
    while page := post.endpoints.deliveries(tenant.id, limit=3, after=seen[-1] if seen else None):
        seen += [one.id for one in page]
    assert seen == expected
    assert post.endpoints.deliveries(tenant.id, limit=3, after=new_id()) == []
    assert post.endpoints.deliveries(office.tenant().id, limit=3) == []


def test_the_log_is_searched_by_endpoint_state_and_job(office: Office, post: Post) -> None:
    tenant = office.tenant()
    one, two = post.subscribe(tenant), post.subscribe(tenant, url="https://two.example")
    job, _ = post.end(office.running(tenant)), post.end(office.running(tenant))
    (delivery,) = post.endpoints.deliveries(tenant.id, limit=9, endpoint_id=one.id, job_id=job.id)
    post.attempt(delivery, Receiver(200))
    assert post.endpoints.deliveries(tenant.id, limit=9, state=DELIVERED)[0].id == delivery.id
    assert len(post.endpoints.deliveries(tenant.id, limit=9, state=PENDING)) == 3
    assert len(post.endpoints.deliveries(tenant.id, limit=9, endpoint_id=two.id)) == 2


def test_the_last_delivery_of_an_endpoint_is_told_with_how_it_went(office: Office, post: Post) -> None:
    tenant = office.tenant()
    endpoint = post.subscribe(tenant)
    assert post.endpoints.last_delivery(endpoint) is None
    post.next(tenant)
    office.clock.turn(1)
    newest = post.next(tenant)
    assert post.endpoints.last_delivery(endpoint) == (newest, None)
    for number, status in ((1, 500), (2, 503)):
        post.attempt(newest, Receiver(status), number)
    last = post.endpoints.last_delivery(endpoint)
    assert last is not None
    assert last[1] is not None
    assert (last[0].state, last[1].number, last[1].status) == (PENDING, 2, 503)


def test_urls_and_headers_are_checked_before_they_are_taken(post: Post) -> None:
    post.endpoints.check("https://hooks.example.com/a", {"X-A": "1"}, only_names=True)
    post.endpoints.check("https://8.8.8.8/", {})
    post.endpoints.check("https://127.0.0.1:9000/", {}, only_names=True)  # opened by the operator
    for url in ("http://hooks.example.com/", "https://localhost/", "https://10.0.0.1/"):
        with pytest.raises(AddressRefused):
            post.endpoints.check(url, {})
    with pytest.raises(AddressRefused, match="name"):
        post.endpoints.check("https://8.8.8.8/", {}, only_names=True)
    with pytest.raises(Invalid):
        post.endpoints.check("https://hooks.example.com/", {"Host": "inner"})
