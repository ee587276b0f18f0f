from __future__ import annotations

import math

import pytest
from tests.stores import Office

from khosq.errors import Invalid, NotFound
from khosq.identifiers import new_id
from khosq.tenants.preferences import OwnIntent, OwnRedaction, TenantPreferences
from khosq.tenants.tenant import Tenant


def test_a_new_tenant_is_without_limit(office: Office) -> None:
    name = f"Հայ {new_id()}"
    tenant = office.accounts.ensure(f"  {name} ")
    assert tenant == Tenant(tenant.id, name, None, office.clock())
    assert office.accounts.named(name) == tenant


def test_a_tenant_that_is_there_is_left_as_it_is(office: Office) -> None:
    tenant = office.tenant(seconds=7)
    office.clock.turn(100)
    assert office.accounts.ensure(tenant.name) == office.accounts.named(tenant.name)
    assert office.accounts.seconds_left(tenant.id) == 7


def test_a_quota_is_set_and_lifted(office: Office) -> None:
    tenant, other = office.tenant(), office.tenant(seconds=3)
    for seconds in (0.0, 12.5, None):
        office.accounts.set(tenant.name, seconds)
        assert office.accounts.seconds_left(tenant.id) == seconds
    assert office.accounts.seconds_left(other.id) == 3


@pytest.mark.parametrize("seconds", [-1.0, -0.001, math.nan, math.inf])
def test_a_quota_is_a_number_of_seconds(office: Office, seconds: float) -> None:
    tenant = office.tenant(seconds=3)
    with pytest.raises(Invalid, match="number of seconds"):
        office.accounts.set(tenant.name, seconds)
    assert office.accounts.seconds_left(tenant.id) == 3


def test_words_to_expect_are_kept_once_each_in_order(office: Office) -> None:
    tenant, other = office.tenant(), office.tenant()
    assert office.accounts.hotwords(tenant.id) == ()
    kept = office.accounts.set_hotwords(tenant.id, [" Անահիտ ", "Khosq", "New  York", "Khosq"])
    assert kept == ("Անահիտ", "Khosq", "New York")
    assert office.accounts.hotwords(tenant.id) == office.accounts.named(tenant.name).hotwords == kept
    assert office.accounts.hotwords(other.id) == ()
    assert office.accounts.set_hotwords(tenant.id, []) == ()


@pytest.mark.parametrize("terms", [[""], ["x" * 61], ["\0"], ["!?"], [str(number) for number in range(201)]])
def test_what_is_no_word_to_expect_is_refused(office: Office, terms: list[str]) -> None:
    tenant = office.tenant()
    with pytest.raises(Invalid, match="hotword"):
        office.accounts.set_hotwords(tenant.id, terms)
    assert office.accounts.hotwords(tenant.id) == ()


def test_nobody_has_no_quota(office: Office) -> None:
    with pytest.raises(NotFound, match="no tenant named 'nobody'"):
        office.accounts.set("nobody", 3)


def test_every_tenant_is_listed_by_name(office: Office) -> None:
    mine = {office.tenant().name for _ in range(3)}
    names = [tenant.name for tenant in office.accounts.all()]
    assert mine <= set(names)
    assert len(names) == len(set(names))


def test_what_a_tenant_chose_for_its_analyses_is_kept(office: Office) -> None:
    acme, other = office.tenant(), office.tenant()
    chosen = TenantPreferences(
        (OwnIntent("renewal", ("ես ուզում եմ", "renew \x00 \ud800"), "hy"),),
        ("card", "ticket"),
        (OwnRedaction("ticket", "T-[0-9]+"),),
        1,
    )
    office.accounts.set_preferences(acme.id, chosen)
    assert office.accounts.preferences(acme.id) == chosen
    assert office.accounts.preferences(other.id) == TenantPreferences()
