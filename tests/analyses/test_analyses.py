"""Runs over old calls, on SQLite and Postgres."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa
from tests.stores import Office, at_once

from khosq.analyses.analyses import Analyses
from khosq.analyses.run import MOST_JOBS, PART
from khosq.analyses.store import AnalysisStore
from khosq.errors import Conflict, Invalid, NotFound
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.submission import IdempotencyKey
from khosq.tenants.tenant import Tenant

ASKED = ("sentiment", "scorecard:a", "sentiment")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def analyses(office: Office, told: list[str]) -> Analyses:
    def tell(_: sa.Connection, job: Job) -> None:
        told.append(job.id)

    store = AnalysisStore(office.database)
    return Analyses(store, office.queue, told=lambda _: tell, clock=office.clock)


@pytest.fixture
def tenant(office: Office) -> Tenant:
    return office.tenant()


def done(office: Office, tenant: Tenant) -> Job:
    return office.move(office.running(tenant), JobEvent.COMPLETED)


def test_a_run_ends_with_the_last_of_its_jobs(
    office: Office, analyses: Analyses, tenant: Tenant, told: list[str]
) -> None:
    jobs = [done(office, tenant) for _ in range(3)]
    run = analyses.open(tenant.id, [*jobs, jobs[0]], ASKED)
    assert (run.jobs, run.findings) == (3, ("sentiment", "scorecard:a"))
    analyses.finish(run, jobs[0], has_failed=False)
    analyses.finish(run, jobs[1], has_failed=True)
    _, waiting = analyses.part(run.id, 0)
    assert waiting == [jobs[2].id]
    now = analyses.find(tenant.id, run.id)
    assert (now.jobs, now.done, now.failed, now.ended_at) == (3, 2, 1, None)
    office.clock.turn(5)
    analyses.finish(run, jobs[2], has_failed=False)
    assert analyses.find(tenant.id, run.id).ended_at == office.clock()
    assert told == [job.id for job in jobs]


def test_jobs_done_at_the_same_moment_end_the_run(office: Office, analyses: Analyses, tenant: Tenant) -> None:
    jobs = [done(office, tenant) for _ in range(8)]
    run = analyses.open(tenant.id, jobs, ASKED)
    answers = at_once([partial(analyses.finish, run, job, has_failed=False) for job in jobs])
    assert not any(answers)
    assert analyses.find(tenant.id, run.id).ended_at is not None


def test_many_jobs_come_in_parts(office: Office, analyses: Analyses, tenant: Tenant) -> None:
    jobs = [done(office, tenant) for _ in range(PART + 1)]
    run = analyses.open(tenant.id, jobs, ASKED)
    first, second = (analyses.part(run.id, part)[1] for part in range(2))
    assert (len(first), len(second)) == (PART, 1)
    assert {*first, *second} == {job.id for job in jobs}


def test_a_deleted_job_leaves_its_runs(office: Office, analyses: Analyses, tenant: Tenant, told: list[str]) -> None:
    going, staying = done(office, tenant), done(office, tenant)
    run = analyses.open(tenant.id, [going, staying], ASKED)
    analyses.finish(run, staying, has_failed=False)
    forget = [lambda connection, job: analyses.remove_of_job(connection, job.id)]
    assert office.jobs.delete(going, office.clock(), key_id=None, also=forget)
    analyses.finish(run, going, has_failed=False)  # its worker was at it
    now = analyses.find(tenant.id, run.id)
    assert (now.jobs, now.done, now.ended_at) == (1, 1, office.clock())
    assert told == [staying.id]


def test_only_jobs_with_a_transcript_can_be_analysed(office: Office, analyses: Analyses, tenant: Tenant) -> None:
    for jobs, asked in (
        ([], ASKED),
        ([done(office, tenant)], ()),
        ([done(office, tenant), office.running(tenant)], ASKED),
    ):
        with pytest.raises(Invalid):
            analyses.open(tenant.id, jobs, asked)
    assert analyses.all(tenant.id) == []


def test_a_run_takes_no_more_jobs_than_it_says(office: Office, analyses: Analyses, tenant: Tenant) -> None:
    job = done(office, tenant)
    with pytest.raises(Invalid, match="at most"):
        analyses.open(tenant.id, [replace(job, id=str(number)) for number in range(MOST_JOBS + 1)], ASKED)


def test_runs_come_newest_first_and_another_tenants_are_not_there(
    office: Office, analyses: Analyses, tenant: Tenant
) -> None:
    runs = []
    for _ in range(3):
        runs.append(analyses.open(tenant.id, [done(office, tenant)], ASKED))
        office.clock.turn(1)
    assert [run.id for run in analyses.all(tenant.id, limit=2)] == [runs[2].id, runs[1].id]
    assert [run.id for run in analyses.all(tenant.id, after=(runs[1].created_at, runs[1].id))] == [runs[0].id]
    for tenant_id, run_id in ((office.tenant().id, runs[0].id), (tenant.id, new_id()), (tenant.id, "../x")):
        with pytest.raises(NotFound):
            analyses.find(tenant_id, run_id)


def test_a_run_that_is_asked_for_again_with_its_key_is_that_run(
    office: Office, analyses: Analyses, tenant: Tenant
) -> None:
    job, once = done(office, tenant), IdempotencyKey("one", b"asked")
    run = analyses.open(tenant.id, [job], ASKED, once=once)
    analyses.finish(run, job, has_failed=False)
    again = analyses.open(tenant.id, [job], ASKED, once=once)
    assert (again.id, again.done, len(analyses.all(tenant.id))) == (run.id, 1, 1)
    with pytest.raises(Conflict):
        analyses.open(tenant.id, [job], ["summary"], once=IdempotencyKey("one", b"another"))
