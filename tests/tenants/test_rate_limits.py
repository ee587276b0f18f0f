from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from tests.stores import Hands, Office, at_once

from khosq.errors import RateLimited
from khosq.identifiers import new_id
from khosq.storage.database import Database
from khosq.tenants.rate_limits import RateLimits, Window
from khosq.tenants.store import TenantStore


@pytest.fixture
def key_id() -> str:
    return new_id()


def another_node(office: Office, clock: Hands) -> RateLimits:
    return RateLimits(TenantStore(office.another_node()), clock=clock)


def test_a_minute_takes_exactly_its_limit_over_all_nodes(office: Office, key_id: str) -> None:
    nodes = [office.rate_limits, another_node(office, office.clock)]
    requests = at_once([partial(nodes[n % 2].count, key_id, "polls", limit=10) for n in range(24)])
    assert [type(one) for one in requests].count(RateLimited) == 14
    assert sorted(one.remaining for one in requests if isinstance(one, Window)) == list(range(10))


def test_a_caller_is_told_how_it_stands(office: Office, key_id: str) -> None:
    office.clock.turn(20)
    begins = int(office.clock.now.timestamp()) + 40
    assert [office.rate_limits.count(key_id, "polls", limit=3) for _ in range(3)] == [
        Window(3, left, begins) for left in (2, 1, 0)
    ]


def test_the_next_minute_begins_anew(office: Office, key_id: str) -> None:
    for _ in range(2):
        for _ in range(3):
            office.rate_limits.count(key_id, "polls", limit=3)
        with pytest.raises(RateLimited, match="More than 3 requests"):
            office.rate_limits.count(key_id, "polls", limit=3)
        office.clock.turn(60)


@pytest.mark.parametrize(
    ("second", "wait"), [(0.0, 60), (0.001, 60), (0.999, 60), (1.0, 59), (30.5, 30), (59.0, 1), (59.9, 1), (59.9999, 1)]
)
def test_the_wait_lasts_to_the_next_clock_minute(office: Office, key_id: str, second: float, wait: int) -> None:
    office.clock.turn(second)
    with pytest.raises(RateLimited) as refused:
        office.rate_limits.count(key_id, "polls", limit=0)
    assert refused.value.retry_after == wait
    office.clock.turn(wait)
    office.rate_limits.count(key_id, "polls", limit=1)


def test_each_key_and_each_name_has_its_own_count(office: Office, key_id: str) -> None:
    for key, name in ((key_id, "polls"), (key_id, "uploads"), (new_id(), "polls")):
        office.rate_limits.count(key, name, limit=1)
        with pytest.raises(RateLimited):
            office.rate_limits.count(key, name, limit=1)


def test_a_node_whose_clock_is_behind_does_not_begin_the_minute_anew(office: Office, key_id: str) -> None:
    behind = Hands()
    behind.now = office.clock() - timedelta(seconds=0.5)
    late = another_node(office, behind)
    for _ in range(3):
        office.rate_limits.count(key_id, "polls", limit=6)
        late.count(key_id, "polls", limit=6)
    for node in (late, office.rate_limits):
        with pytest.raises(RateLimited):
            node.count(key_id, "polls", limit=6)


def test_a_clock_that_was_far_ahead_locks_nobody_out(office: Office, key_id: str) -> None:
    ahead = Hands()
    ahead.now = office.clock() + timedelta(days=365)
    another_node(office, ahead).count(key_id, "polls", limit=1)
    office.rate_limits.count(key_id, "polls", limit=1)


def test_counting_does_not_wait_for_one_who_writes_jobs(office: Office, key_id: str) -> None:
    with office.database.write() as connection:
        connection.execute(sa.text("UPDATE tenants SET seconds_left = seconds_left"))
        begun = time.monotonic()
        for _ in range(20):
            office.rate_limits.count(key_id, "polls", limit=20)
        assert time.monotonic() - begun < 5


def test_counting_does_not_wait_for_the_disk(one_database: Database) -> None:
    with one_database.count() as connection:
        if one_database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 0
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off"
