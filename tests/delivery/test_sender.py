from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.delivery.desk import ONE_TRY, OURS, Post, Receiver
from tests.stores import DOOR, Office

from khosq.delivery.delivery import DELIVERED, FAILED, PENDING, SKIPPED
from khosq.delivery.endpoint import FAILING, GONE, Endpoint
from khosq.errors import AddressRefused, KhosqError, NeighbourFailed
from khosq.identifiers import new_id
from khosq.jobs.job import JobEvent
from khosq.outbound.client import Method, Reply


def test_a_receiver_gets_what_the_dialect_words(office: Office, post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(200)
    assert post.attempt(delivery, receiver) is None
    (sent,) = receiver.got
    assert (sent.method, sent.url, sent.deadline) == ("POST", "https://one.example/hook", 3.0)
    assert sent.headers == {
        "x-kind": "postcard",
        "x-id": delivery.message_id,
        "x-sent": office.clock().isoformat(),
    }
    assert sent.said == {
        "event": "ready",
        "at": office.clock().isoformat(),
        "job": delivery.job_id,
        "title": "A call",
        "secret": "s3cret",
        "link": f"https://asr.example/recordings/{delivery.job_id}",
        "subject": {},
    }
    assert post.state(delivery) == DELIVERED


def test_an_endpoints_own_method_and_headers_are_used_but_replace_nothing(office: Office, post: Post) -> None:
    tenant = office.tenant()
    job = office.running(tenant)
    post.put(tenant, job, "https://one.example", method="PUT", headers={"X-Token": "t", "X-Kind": "forged"})
    (delivery,) = post.store.of_job(post.end(job).id)
    receiver = Receiver(200)
    post.attempt(delivery, receiver)
    (sent,) = receiver.got
    assert sent.method == "PUT"
    assert (sent.headers["X-Token"], sent.headers["x-kind"]) == ("t", "postcard")
    assert "X-Kind" not in sent.headers


def test_a_job_that_did_not_end_well_can_be_told_too(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant)
    (delivery,) = post.store.of_job(post.end(office.running(tenant), JobEvent.CANCELLED).id)
    receiver = Receiver(200)
    post.attempt(delivery, receiver)
    assert (receiver.got[0].said["event"], receiver.got[0].said["title"]) == ("stopped", None)


def test_a_failing_receiver_is_tried_again_at_the_dialects_offsets(office: Office, post: Post) -> None:
    delivery = post.pending()
    receiver = Receiver(Reply(500, None, b"\xff busy " * 500), NeighbourFailed("timed out"), AddressRefused("moved"))
    waits = []
    for number in (1, 2, 3):
        waits.append(post.attempt(delivery, receiver, number))
        office.clock.turn(60)
    assert waits == [pytest.approx(5, abs=1), pytest.approx(60, abs=1), None]
    tried = post.tries(delivery)
    assert [(one.number, one.status, one.error) for one in tried] == [
        (1, 500, None),
        (2, None, "timed out"),
        (3, None, "moved"),
    ]
    assert tried[0].excerpt is not None
    assert tried[0].excerpt.startswith("\ufffd busy ")
    assert len(tried[0].excerpt) <= 1024
    assert post.state(delivery) == FAILED
    assert len({sent.body for sent in receiver.got}) == 1
    assert len({sent.headers["x-id"] for sent in receiver.got}) == 1
    assert len({sent.headers["x-sent"] for sent in receiver.got}) == 3


def test_a_slow_try_takes_its_time_from_the_wait(post: Post) -> None:
    class Slow(Receiver):
        async def send(
            self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
        ) -> Reply:
            await asyncio.sleep(0.3)
            return await super().send(method, url, body, headers, deadline=deadline)

    delivery = post.pending()
    wait = post.attempt(delivery, Slow(500))
    assert wait is not None
    assert wait + post.tries(delivery)[0].duration == pytest.approx(5.0)
    assert wait <= 4.7


def test_the_operators_offsets_replace_the_dialects(post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(500, 500)
    waits = [post.attempt(delivery, receiver, number, offsets=[0, 7.5]) for number in (1, 2)]
    assert waits == [pytest.approx(7.5, abs=1), None]
    assert post.state(delivery) == FAILED


@pytest.mark.parametrize("answer", [500, 404, 410, NeighbourFailed("timed out")])
def test_an_api_of_one_try_gets_no_second_whatever_the_operator_says(post: Post, answer: int | KhosqError) -> None:
    delivery, receiver = post.pending(door=ONE_TRY), Receiver(answer)
    assert post.attempt(delivery, receiver, offsets=[0, 1, 2]) is None
    assert post.state(delivery) == FAILED


@pytest.mark.parametrize(
    ("door", "asked", "least", "most"),
    [
        (DOOR, 30.0, 4, 5),  # an exact schedule: what the receiver asks for does not count
        (OURS, 30.0, 30, 30),
        (OURS, 1.0, 4, 5.5),  # a try is never made earlier than planned
        (OURS, 10.0**9, 86_400, 86_400),
    ],
)
def test_a_receiver_may_ask_for_a_longer_wait_where_the_api_has_it_so(
    post: Post, door: str, asked: float, least: float, most: float
) -> None:
    wait = post.attempt(post.pending(door=door), Receiver(Reply(503, asked, b"")))
    assert wait is not None
    assert least <= wait <= most


def test_waits_are_spread_where_the_api_has_it_so(post: Post) -> None:
    waits = {post.attempt(post.pending(door=OURS), Receiver(500)) for _ in range(8)}
    assert len(waits) > 1
    assert all(wait is not None and 4 <= wait <= 5.5 for wait in waits)


def test_a_try_whose_answer_is_kept_is_not_made_again_after_a_crash(post: Post) -> None:
    delivery = post.pending()
    first = post.attempt(delivery, Receiver(500))
    assert post.attempt(delivery, Receiver()) == pytest.approx(first)
    done = post.pending(door=ONE_TRY)
    assert post.attempt(done, Receiver(200)) is None
    assert post.attempt(done, Receiver()) is None
    assert (post.state(done), len(post.tries(done))) == (DELIVERED, 1)


def test_a_try_that_a_crash_cut_short_is_made_again(post: Post) -> None:
    class Crash(BaseException):
        """As if the process had died."""

    class CrashingReceiver(Receiver):
        async def send(
            self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
        ) -> Reply:
            raise Crash

    delivery = post.pending(door=ONE_TRY)
    with pytest.raises(Crash):
        post.attempt(delivery, CrashingReceiver())
    assert post.attempt(delivery, Receiver(200)) is None
    assert post.state(delivery) == DELIVERED


def test_a_try_whose_work_broke_counts_as_made_and_the_next_one_is_queued(post: Post) -> None:
    delivery = post.pending()
    for _ in range(2):  # the chore may itself be cut short and done again
        post.sender(Receiver()).mend(delivery.id, 1)
    assert [one.number for one in post.tries(delivery)] == [1]
    assert post.queued(delivery, 2)
    assert post.attempt(delivery, Receiver(200), 2) is None
    assert post.state(delivery) == DELIVERED


def test_a_webhook_set_anew_counts_for_what_is_still_to_be_delivered(office: Office, post: Post) -> None:
    delivery, receiver = post.pending(), Receiver(500, 200)
    post.attempt(delivery, receiver)
    tenant_id = delivery.endpoint.tenant_id
    post.store.set_account_endpoint(Endpoint(new_id(), tenant_id, DOOR, "https://new.example", "new", office.clock()))
    post.attempt(delivery, receiver, 2)
    assert [sent.url for sent in receiver.got] == ["https://one.example/hook", "https://new.example"]
    assert receiver.got[1].said["secret"] == "new"


def test_a_webhook_that_cannot_be_worded_ends_as_a_failed_try(office: Office, post: Post) -> None:
    tenant = office.tenant()
    post.subscribe(tenant, door=ONE_TRY)
    job = office.running(tenant, door=ONE_TRY)
    office.jobs.move(
        job.id, JobEvent.COMPLETED, office.clock(), also=[lambda c, job: post.outbox.tell(c, job, JobEvent.COMPLETED)]
    )
    (delivery,) = post.store.of_job(job.id)
    assert post.attempt(delivery, Receiver()) is None
    assert post.state(delivery) == FAILED


def test_an_unknown_delivery_is_left_alone(post: Post) -> None:
    assert asyncio.run(post.sender(Receiver()).attempt(new_id(), 1)) is None
    post.sender(Receiver()).mend(new_id(), 1)


def test_410_pauses_the_endpoint_and_the_others_of_the_tenant_are_told(office: Office, post: Post) -> None:
    tenant = office.tenant()
    gone = post.subscribe(tenant, door=OURS, url="https://gone.example")
    waiting, delivery = post.next(tenant), post.next(tenant)
    post.subscribe(tenant, door=OURS, url="https://other.example")
    assert post.attempt(delivery, Receiver(410)) is None
    assert (post.state(delivery), post.state(waiting)) == (FAILED, SKIPPED)
    paused = post.endpoints.find(tenant.id, gone.id)
    assert (paused.paused_at, paused.pause_reason) == (office.clock(), GONE)
    (notice,) = [one for one in post.endpoints.deliveries(tenant.id, limit=9) if one.event == "endpoint.paused"]
    assert (notice.endpoint.url, notice.job_id, bool(post.queued(notice))) == ("https://other.example", None, True)
    receiver = Receiver(200)
    assert post.attempt(notice, receiver) is None
    assert receiver.got[0].said["subject"] == {"id": gone.id, "reason": GONE}
    assert post.attempt(waiting, Receiver()) is None


def test_410_is_an_answer_like_others_where_the_api_says_nothing_of_it(post: Post) -> None:
    delivery = post.pending()
    assert post.attempt(delivery, Receiver(410)) is not None
    assert delivery.endpoint == post.endpoints.find(delivery.endpoint.tenant_id, delivery.endpoint.id)


def test_an_endpoint_that_accepts_nothing_for_days_is_paused_and_one_that_does_once_is_not(
    office: Office, post: Post
) -> None:
    tenant = office.tenant()
    endpoint = post.subscribe(tenant, door=OURS)

    def fail() -> None:
        delivery, receiver = post.next(tenant), Receiver(500, 500, 500)
        for number in (1, 2, 3):
            post.attempt(delivery, receiver, number)

    fail()
    office.clock.turn(4 * 86_400)
    post.attempt(post.next(tenant), Receiver(200))
    fail()
    office.clock.turn(4 * 86_400)
    fail()
    assert post.endpoints.find(tenant.id, endpoint.id).paused_at is None
    office.clock.turn(86_400)
    fail()
    assert post.endpoints.find(tenant.id, endpoint.id).pause_reason == FAILING
    assert post.next(tenant).state == SKIPPED
    post.endpoints.resume(tenant.id, endpoint.id)
    assert post.next(tenant).state == PENDING
    fail()
    assert post.endpoints.find(tenant.id, endpoint.id).paused_at is None


def test_a_letter_in_the_air_while_its_endpoint_is_removed_is_noted_and_not_repeated(
    office: Office, post: Post
) -> None:
    delivery = post.pending()
    sender = post.sender(Receiver(500))
    attempt = asyncio.run(sender.attempt(delivery.id, 1))
    assert attempt is not None
    post.endpoints.remove(delivery.endpoint.tenant_id, delivery.endpoint.id)
    assert sender.note(delivery.id, attempt) is None
    assert (post.state(delivery), len(post.tries(delivery))) == (SKIPPED, 1)
    assert office.clock() - attempt.at == timedelta()
