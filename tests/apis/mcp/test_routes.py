"""What is refused before a tool is reached."""

from __future__ import annotations

from typing import Any

import pytest

Office = Any  # the fixture's type lies in a conftest, which cannot be imported

ACCEPT = {"Accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def post(office: Office, key: str | None, **more: Any) -> Any:
    headers = ACCEPT | ({"Authorization": f"Bearer {key}"} if key else {})
    return office.client.post("/mcp", headers=headers | more.pop("headers", {}), **more)


@pytest.mark.parametrize("key", [None, "kq_nothing"])
def test_nobody_comes_in_without_a_key(office: Office, key: str | None) -> None:
    answer = post(office, key, json=LIST)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["message"]


def test_a_key_that_is_for_another_api_opens_nothing(office: Office) -> None:
    tenant = office.core.accounts.ensure("acme").id
    secret, _ = office.core.keys.add(tenant, "write", door="native")
    assert post(office, secret, json=LIST).status_code == 403


def test_who_asks_too_often_is_told_when_to_come_again(office: Office) -> None:
    key = office.key()
    key_id = office.core.keys.authenticate(key, scope="read", door="mcp").key_id
    for _ in range(600):
        office.core.rate_limits.count(key_id, "mcp", limit=600)
    answer = post(office, key, json=LIST)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    office.clock.turn(60)
    assert post(office, key, json=LIST).status_code == 200


def test_only_messages_are_taken(office: Office) -> None:
    key = office.key()
    for method in ("GET", "DELETE"):
        answer = office.client.request(method, "/mcp", headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"jsonrpc": "2.0"}', b"[" * 100_000])
def test_what_is_no_message_is_refused(office: Office, body: bytes) -> None:
    answer = post(office, office.key(), content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_a_message_has_an_end(office: Office) -> None:
    answer = post(office, office.key(), content=b" " * 1_000_001, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
