from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.stores import Hands, Office, at_once

from khosq.errors import Forbidden, Invalid, NotFound, Unauthorized
from khosq.identifiers import new_id
from khosq.storage.database import Database
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.store import TenantStore
from khosq.tenants.tenant import SCOPES, Scope

ODD_SECRETS = [None, "", " ", "kq_", "kq_" + "a" * 40, "Խ" * 40, "\x00", "\ud800" * 3, "' OR 1=1 --", "x" * 10_000_000]


def test_a_key_is_known_again_with_its_tenant_and_scope(office: Office) -> None:
    tenant = office.tenant()
    secret, key = office.keys.create(tenant.name, "write")
    caller = office.keys.authenticate(secret, scope="read", door="somewhere")
    assert (caller.tenant_id, caller.key_id, caller.scope) == (tenant.id, key.id, "write")
    assert office.keys.recall(key.id, scope="write", door="somewhere") == caller


def test_a_key_is_random_and_says_what_it_is_and_how_it_begins(office: Office) -> None:
    secret, key = office.keys.create(office.tenant().name, "write")
    assert re.fullmatch(r"kq_[A-Za-z0-9]{40}", secret)
    assert key.prefix == secret[:9]
    assert office.keys.create("other", "write")[0] != secret


def test_making_a_key_makes_its_tenant_once(office: Office) -> None:
    name = f"new {new_id()}"
    made = at_once([lambda: office.keys.create(name, "write")] * 4)
    assert len({one[1].tenant_id for one in made if isinstance(one, tuple)}) == 1
    assert office.accounts.named(name).seconds_left is None
    assert len(office.keys.list(name)) == 4


def test_no_secret_is_kept_anywhere(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khosq.db'}")
    database.migrate()
    keys = ApiKeys(TenantStore(database), secret="the instance's", clock=Hands())
    secret, key = keys.create("acme", "admin")
    keys.authenticate(secret, scope="read", door="somewhere")
    database.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key.prefix.encode() in stored
    assert secret[9:].encode() not in stored
    assert hashlib.sha256(secret.encode()).hexdigest().encode() not in stored


@pytest.mark.parametrize("odd", ODD_SECRETS, ids=lambda odd: repr(odd)[:12])
def test_no_key_and_a_wrong_key_are_answered_alike(office: Office, odd: str | None) -> None:
    begun = time.monotonic()
    with pytest.raises(Unauthorized) as answer:
        office.keys.authenticate(odd, scope="read", door="somewhere")
    assert answer.value.message == Unauthorized().message
    assert time.monotonic() - begun < 5


def test_a_key_with_something_behind_it_is_another_key(office: Office) -> None:
    secret, _ = office.keys.create(office.tenant().name, "write")
    for near in (secret + " ", secret[:-1], secret.swapcase(), secret + "x" * 1000):
        with pytest.raises(Unauthorized):
            office.keys.authenticate(near, scope="read", door="somewhere")


def test_a_revoked_key_is_unknown_at_once_and_in_every_process(office: Office) -> None:
    secret, key = office.keys.create(office.tenant().name, "write")
    elsewhere = ApiKeys(TenantStore(office.another_node()), secret="the instance's", clock=office.clock)
    assert elsewhere.authenticate(secret, scope="write", door="somewhere").key_id == key.id
    office.keys.revoke(key.id)
    for keys in (office.keys, elsewhere):
        with pytest.raises(Unauthorized):
            keys.authenticate(secret, scope="read", door="somewhere")
        with pytest.raises(Unauthorized):
            keys.recall(key.id, scope="read", door="somewhere")


@pytest.mark.parametrize("odd", ["", "x", "\x00", "\ud800" * 20, "a" * 20])
def test_only_a_key_in_force_can_be_revoked(office: Office, odd: str) -> None:
    with pytest.raises(NotFound, match="no key"):
        office.keys.revoke(odd)


def test_a_key_is_revoked_once(office: Office) -> None:
    _, key = office.keys.create(office.tenant().name, "write")
    office.keys.revoke(key.id)
    with pytest.raises(NotFound):
        office.keys.revoke(key.id)


@pytest.mark.parametrize("held", SCOPES)
@pytest.mark.parametrize("needed", SCOPES)
def test_a_scope_includes_those_before_it(office: Office, held: Scope, needed: Scope) -> None:
    secret, _ = office.keys.create("scopes", held)
    if SCOPES.index(held) >= SCOPES.index(needed):
        assert office.keys.authenticate(secret, scope=needed, door="somewhere").scope == held
    else:
        with pytest.raises(Forbidden, match=f"has the scope '{held}'; '{needed}' is needed"):
            office.keys.authenticate(secret, scope=needed, door="somewhere")


def test_the_last_use_is_noted_at_most_once_a_minute(office: Office) -> None:
    tenant = office.tenant()
    secret, _ = office.keys.create(tenant.name, "write")

    def last_used() -> object:
        (key,) = office.keys.list(tenant.name)
        return key.last_used_at

    assert last_used() is None
    first = office.clock()
    office.keys.authenticate(secret, scope="read", door="somewhere")
    assert last_used() == first
    office.clock.turn(59)
    office.keys.authenticate(secret, scope="read", door="somewhere")
    assert last_used() == first
    office.clock.turn(1)
    office.keys.authenticate(secret, scope="read", door="somewhere")
    assert last_used() == office.clock()


def test_authenticating_does_not_wait_for_one_who_writes(office: Office) -> None:
    secret, key = office.keys.create(office.tenant().name, "write")
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE tenants SET seconds_left = seconds_left")
        connection.exec_driver_sql("UPDATE api_keys SET scope = scope")
        begun = time.monotonic()
        assert office.keys.authenticate(secret, scope="read", door="somewhere").key_id == key.id
        assert time.monotonic() - begun < 5


def test_another_instance_does_not_know_our_keys(office: Office) -> None:
    secret, _ = office.keys.create(office.tenant().name, "write")
    with pytest.raises(Unauthorized):
        ApiKeys(office.tenants, secret="another's", clock=office.clock).authenticate(
            secret, scope="read", door="somewhere"
        )


def test_keys_are_listed_oldest_first_without_their_secrets(office: Office) -> None:
    tenant = office.tenant()
    made = []
    for scope in SCOPES:
        office.clock.turn(1)
        made.append(office.keys.create(tenant.name, scope)[1])
    assert office.keys.list(tenant.name) == made
    with pytest.raises(NotFound, match="no tenant named"):
        office.keys.list("nobody")


@pytest.mark.parametrize("odd", ["", "  ", "a\x00", "\ud800", "a\nb", "x" * 201])
def test_a_tenant_needs_a_name_that_can_be_read(office: Office, odd: str) -> None:
    for ask in (
        lambda: office.keys.create(odd, "read"),
        lambda: office.accounts.named(odd),
        lambda: office.keys.list(odd),
    ):
        with pytest.raises(Invalid, match="printable"):
            ask()


def test_a_key_may_open_one_api_only(office: Office) -> None:
    secret, key = office.keys.add(office.tenant().id, "read", name="poller", door="here")
    assert office.keys.authenticate(secret, scope="read", door="here").key_id == key.id
    with pytest.raises(Forbidden, match="another API"):
        office.keys.authenticate(secret, scope="read", door="elsewhere")
    with pytest.raises(Forbidden, match="another API"):
        office.keys.recall(key.id, scope="read", door="elsewhere")


def test_a_key_is_worth_nothing_once_it_has_expired(office: Office) -> None:
    expires = office.clock() + timedelta(hours=1)
    secret, key = office.keys.add(office.tenant().id, "read", expires_at=expires)
    office.clock.turn(3599)
    assert office.keys.authenticate(secret, scope="read", door="here").key_id == key.id
    office.clock.turn(1)
    with pytest.raises(Unauthorized):
        office.keys.authenticate(secret, scope="read", door="here")
    with pytest.raises(Unauthorized):
        office.keys.recall(key.id, scope="read", door="here")


def test_a_tenant_revokes_its_own_keys_only(office: Office) -> None:
    tenant = office.tenant()
    _, key = office.keys.add(tenant.id, "read", name="poller")
    with pytest.raises(NotFound):
        office.keys.revoke(key.id, tenant_id=office.tenant().id)
    assert list(office.keys.of_tenant(tenant.id)) == [key]
    office.keys.revoke(key.id, tenant_id=tenant.id)
    assert [one.revoked_at for one in office.keys.of_tenant(tenant.id)] == [office.clock()]
