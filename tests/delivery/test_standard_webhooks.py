"""Signatures, verified by the specification's own library."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from khosq.delivery.standard_webhooks import POLICY, PREFIX, check_secret, new_secret, sign
from khosq.errors import Invalid

BODY = '{"type":"job.completed","text":"Բարեւ"}'.encode()


def now() -> datetime:
    return datetime.now(UTC)


def test_a_signed_message_is_accepted_by_the_specifications_library() -> None:
    secret = new_secret()
    headers = sign([secret], "msg_1", now(), BODY)
    assert Webhook(secret).verify(BODY, headers)["type"] == "job.completed"


def test_a_changed_message_another_secret_or_an_old_time_is_not_accepted() -> None:
    secret = new_secret()
    headers = sign([secret], "msg_1", now(), BODY)
    old = sign([secret], "msg_1", datetime(2026, 1, 1, tzinfo=UTC), BODY)
    for body, given, key in (
        (BODY + b" ", headers, secret),
        (BODY, headers | {"webhook-id": "msg_2"}, secret),
        (BODY, headers, new_secret()),
        (BODY, old, secret),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, given)


def test_while_the_secret_is_changed_receivers_with_either_accept() -> None:
    new, before = new_secret(), new_secret()
    headers = sign([new, before], "msg_1", now(), BODY)
    assert headers["webhook-signature"].count(" ") == 1
    for secret in (new, before):
        Webhook(secret).verify(BODY, headers)


def test_the_published_example_comes_out() -> None:
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("length", [24, 64])
def test_a_secret_of_the_customers_own_is_accepted(length: int) -> None:
    check_secret(PREFIX + base64.b64encode(b"k" * length).decode())


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "hunter2",
        PREFIX,
        PREFIX + "not base64!",
        PREFIX + "խոսք",
        PREFIX + base64.b64encode(b"k" * 23).decode(),
        PREFIX + base64.b64encode(b"k" * 65).decode(),
        base64.b64encode(b"k" * 32).decode(),
    ],
)
def test_a_secret_that_no_receiver_could_use_is_refused(secret: str) -> None:
    with pytest.raises(Invalid, match="base64"):
        check_secret(secret)


def test_tries_go_on_for_three_days() -> None:
    assert POLICY.offsets[:3] == (0, 5, 305)
    assert list(POLICY.offsets) == sorted(POLICY.offsets)
    assert 3 * 86_400 < POLICY.offsets[-1] < 4 * 86_400
