"""Aggregates on SQLite and Postgres: the same numbers, folded or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from tests.stores import RECORDING, Office, at_once

from khosq.findings.finding import KeptFinding
from khosq.findings.store import FindingStore
from khosq.insights.insight import Dimension, Totals
from khosq.insights.insights import Insights
from khosq.insights.store import InsightStore
from khosq.jobs.job import Job, JobEvent, JobState, ended
from khosq.tenants.tenant import Tenant

START = datetime(2030, 1, 1, tzinfo=UTC)
ALWAYS = START - timedelta(days=3650), START + timedelta(days=3650)


@pytest.fixture
def insights(office: Office) -> Insights:
    return Insights(InsightStore(office.database), FindingStore(office.database), clock=office.clock)


@pytest.fixture
def tenant(office: Office) -> Tenant:
    return office.tenant()


def end_call(office: Office, insights: Insights, job: Job, event: JobEvent = JobEvent.COMPLETED) -> Job:
    moved = office.jobs.move(job.id, event, office.clock(), changes=ended(office.clock()), also=[insights.note])
    assert moved is not None
    return moved


def call(  # noqa: PLR0913 - a call's facts
    office: Office,
    insights: Insights,
    tenant: Tenant,
    *,
    agent: object = None,
    seconds: float = 60.0,
    found: Mapping[str, Mapping[str, object]] | None = None,
) -> Job:
    """Let a tenant make a call of some length, in which something was found."""
    opened = office.job(tenant, metadata={} if agent is None else {"agent": agent})
    job = office.move(office.submissions.attach(opened.id, RECORDING), JobEvent.STARTED)
    office.jobs.reserve(job.id, seconds)
    for name, value in (found or {}).items():
        FindingStore(office.database).keep(job.id, KeptFinding(name, value, office.clock()))
    return end_call(office, insights, job)


def test_calls_count_with_their_length_their_score_their_mood_and_their_silence(
    office: Office, insights: Insights, tenant: Tenant
) -> None:
    call(office, insights, tenant, agent="Anna", found={"sentiment": {"overall": 0.5}, "measures": {"silence": 6.0}})
    call(office, insights, tenant, agent="Anna", found={"scorecard:a": {"score": 80.0}, "scorecard:b": {"score": 40}})
    call(office, insights, tenant, agent=7, seconds=120.0, found={"intent": {"intent": "complaint"}})
    call(office, insights, tenant, found={"scorecard:a": {"score": None}, "sentiment": {"overall": -0.25}})
    call(office, insights, office.tenant(), agent="Anna")  # another tenant's
    insight = insights.ended_calls(tenant.id, *ALWAYS)
    assert insight.totals == Totals(4, 300.0, 60.0, 1, 0.125, 0.1)
    assert insight.parts[Dimension.AGENT] == {"Anna": Totals(2, 120.0, 60.0, 1, 0.5, 0.1), "7": Totals(1, 120.0)}
    assert insight.parts[Dimension.INTENT] == {"complaint": Totals(1, 120.0)}
    assert list(insight.parts[Dimension.STATE]) == [JobState.SUCCEEDED]
    assert {day: sum(one.calls for one in states.values()) for day, states in insight.days.items()} == {
        date(2030, 1, 1): 4
    }


def test_a_failed_or_cancelled_job_counts_without_its_length(
    office: Office, insights: Insights, tenant: Tenant
) -> None:
    end_call(office, insights, office.running(tenant), JobEvent.GIVEN_UP)
    end_call(office, insights, office.queued(tenant), JobEvent.CANCELLED)
    insight = insights.ended_calls(tenant.id, *ALWAYS)
    assert insight.parts[Dimension.STATE] == {"cancelled": Totals(1), "failed": Totals(1)}


def test_folded_days_say_the_same_as_their_calls(office: Office, insights: Insights, tenant: Tenant) -> None:
    moments = []
    for number in range(12):
        moments.append(office.clock())
        found = {"scorecard:a": {"score": 10.0 * number}, "measures": {"silence": 1.0}}
        call(office, insights, tenant, agent=f"agent {number % 3}", seconds=10.0 + number, found=found)
        office.clock.turn(3600 * 7)
    ranges = [ALWAYS, (moments[2], moments[9]), (moments[3], moments[4]), (START, START + timedelta(days=2))]
    before = [insights.ended_calls(tenant.id, *one) for one in ranges]
    office.clock.turn(86400 * 3)
    insights.fold()
    assert [insights.ended_calls(tenant.id, *one) for one in ranges] == before
    assert [one.totals.calls for one in before] == [12, 7, 1, 6]


def test_a_day_that_was_folded_is_right_again_when_a_call_changes_or_goes(
    office: Office, insights: Insights, tenant: Tenant
) -> None:
    changing, going = call(office, insights, tenant), call(office, insights, tenant)
    office.clock.turn(86400 * 3)
    insights.fold()
    FindingStore(office.database).keep(changing.id, KeptFinding("scorecard:a", {"score": 90.0}, office.clock()))
    with office.database.write() as connection:
        insights.note(connection, changing)
        insights.remove_of_job(connection, going.id)
    expected = Totals(1, 60.0, 90.0, 1)
    assert insights.ended_calls(tenant.id, *ALWAYS).totals == expected
    insights.fold()
    assert insights.ended_calls(tenant.id, *ALWAYS).totals == expected


def test_no_call_is_lost_that_ends_while_its_day_is_folded(office: Office, insights: Insights, tenant: Tenant) -> None:
    jobs = [office.running(tenant) for _ in range(20)]
    office.clock.turn(86400 * 3)
    calls = [partial(end_call, office, insights, job) for job in jobs]
    work: list[Callable[[], object]] = [*calls[:10], insights.fold, *calls[10:], insights.fold]
    assert not [one for one in at_once(work) if isinstance(one, BaseException)]
    insights.fold()
    assert insights.ended_calls(tenant.id, *ALWAYS).totals.calls == 20


@pytest.mark.parametrize("agent", ["a" * 5000, "odd \ud800\x00", "", [], {"a": 1}, True, 1.5])
def test_no_agents_name_keeps_a_call_from_ending(
    office: Office, insights: Insights, tenant: Tenant, agent: object
) -> None:
    call(office, insights, tenant, agent=agent)
    assert insights.ended_calls(tenant.id, *ALWAYS).totals.calls == 1
