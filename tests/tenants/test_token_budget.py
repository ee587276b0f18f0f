from __future__ import annotations

from functools import partial

import pytest
from tests.stores import Office, at_once

from khosq.identifiers import new_id
from khosq.tenants.store import TokenStore
from khosq.tenants.token_budget import TokenBudget

DAY = 24 * 3600


@pytest.fixture
def budget(office: Office) -> TokenBudget:
    return TokenBudget(TokenStore(office.database), per_day=100, clock=office.clock)


def test_a_day_has_exactly_its_tokens_over_all_workers(office: Office, budget: TokenBudget) -> None:
    tenant = new_id()
    other = TokenBudget(TokenStore(office.another_node()), per_day=100, clock=office.clock)
    taken = at_once([partial((budget, other)[n % 2].take, tenant, 10) for n in range(16)])
    assert (taken.count(True), taken.count(False)) == (10, 6)


def test_another_tenant_and_the_next_day_begin_anew(office: Office, budget: TokenBudget) -> None:
    tenant = new_id()
    assert budget.take(tenant, 90)
    assert not budget.take(tenant, 11)
    assert budget.take(new_id(), 90)
    office.clock.turn(DAY)
    assert budget.take(tenant, 90)
    assert not budget.take(tenant, 11)
    office.clock.turn(-DAY)  # a worker whose clock is behind
    assert not budget.take(tenant, 11)


def test_what_was_taken_too_much_comes_back_and_what_is_missing_is_counted(budget: TokenBudget) -> None:
    tenant = new_id()
    assert budget.take(tenant, 100)
    budget.settle(tenant, -40)
    assert budget.take(tenant, 40)
    budget.settle(tenant, 30)
    budget.settle(tenant, -30)
    assert not budget.take(tenant, 1)
    budget.settle(tenant, -1000)
    assert budget.take(tenant, 100)


def test_a_question_that_no_day_could_pay_is_refused(budget: TokenBudget) -> None:
    assert not budget.take(new_id(), 101)


def test_without_a_limit_nothing_is_refused(office: Office) -> None:
    budget = TokenBudget(TokenStore(office.database), per_day=0, clock=office.clock)
    assert budget.take(new_id(), 10**12)
