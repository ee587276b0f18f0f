from __future__ import annotations

from functools import partial

from tests.stores import Office, at_once

from khosq.tenants.store import TenantStore


def test_the_first_secret_of_an_instance_stands(office: Office) -> None:
    store = office.tenants
    secrets = at_once([partial(store.secret, f"candidate {number}") for number in range(5)])
    (secret,) = set(secrets)
    assert store.secret("a later one") == secret
    assert TenantStore(office.another_node()).secret("another node's") == secret
