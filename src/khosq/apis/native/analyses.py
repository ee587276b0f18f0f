"""What is found in calls: findings of a job, runs over old calls, aggregates over all, and what is chosen for it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.analyses.run import MOST_JOBS, AnalysisRun
from khosq.apis.native import analysis_operations as operations
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.analysis_words import (
    from_calls,
    from_finding,
    from_preferences,
    from_run,
    to_findings,
    to_preferences,
)
from khosq.apis.native.answers import NO_STORE, PRIVATE, answer, etag_of, matches, not_modified
from khosq.apis.native.errors import ManyFaults
from khosq.apis.native.faults import NO_SCORECARD
from khosq.apis.native.pages import read_page
from khosq.apis.native.reading import parse_model, read_model, read_query
from khosq.apis.native.submitting import feature_faults, read_once
from khosq.apis.native.wire import analyses as wire
from khosq.apis.native.wire.analytics import Analytics, AnalyticsQuery
from khosq.errors import Conflict, Invalid
from khosq.jobs.job import Chosen, Job, JobState
from khosq.serving.bodies import JSON_LIMIT, read_body
from khosq.tenants.api_keys import Caller

_MONTH = timedelta(days=30)
_LONGEST = timedelta(days=366)


class Analyses:
    """What can be asked of analyses."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk

    def add_to(self, router: APIRouter) -> None:
        """Serve it."""
        add = router.add_api_route
        add(f"{BASE}/jobs/{{job_id}}/findings", self.findings, methods=["GET"], **operations.LIST_FINDINGS)
        add(f"{BASE}/analyses", self.create, methods=["POST"], **operations.CREATE_ANALYSIS)
        add(f"{BASE}/analyses", self.page, methods=["GET"], **operations.LIST_ANALYSES)
        add(f"{BASE}/analyses/{{analysis_id}}", self.get, methods=["GET"], **operations.GET_ANALYSIS)
        add(f"{BASE}/analytics", self.analytics, methods=["GET"], **operations.GET_ANALYTICS)
        add(f"{BASE}/preferences", self.preferences, methods=["GET"], **operations.GET_PREFERENCES)
        add(f"{BASE}/preferences", self.set_preferences, methods=["PUT"], **operations.SET_PREFERENCES)

    async def findings(self, request: Request) -> Response:
        """Return everything that was found in a job."""
        job_id = str(request.path_params["job_id"])

        def find(caller: Caller) -> wire.Findings:
            job = self._desk.lookup.job(caller.tenant_id, job_id)
            if job.state is not JobState.SUCCEEDED:
                raise Conflict(f"Nothing is found in this job yet: it is {job.state}.")
            return wire.Findings(data=[from_finding(one) for one in self._desk.lookup.findings(job).values()])

        found = await self._access.act(request, "read", find)
        etag = etag_of(found)
        return not_modified(etag) if matches(request, etag) else answer(found, headers={"etag": etag, **PRIVATE})

    async def create(self, request: Request) -> Response:
        """Look for something in old calls."""
        caller = await self._access.admit(request, "write")
        body = await read_body(request, limit=JSON_LIMIT, timeout=self._desk.body_timeout)
        run = await run_in_threadpool(self._open, request, caller, body)
        headers = {"location": f"{BASE}/analyses/{run.id}", **NO_STORE}
        return answer(from_run(run), 202, headers=headers)

    async def page(self, request: Request) -> Response:
        """Return one page of runs."""
        asked = read_query(request, wire.AnalysesQuery)

        def find(caller: Caller) -> wire.AnalysisPage:
            runs, cursor = read_page(
                asked, lambda after, limit: self._desk.analyses.all(caller.tenant_id, limit=limit, after=after)
            )
            return wire.AnalysisPage(data=[from_run(run) for run in runs], next_cursor=cursor)

        return answer(await self._access.act(request, "read", find), headers=NO_STORE)

    async def get(self, request: Request) -> Response:
        """Return a run."""
        run_id = str(request.path_params["analysis_id"])
        run = await self._access.act(request, "read", lambda caller: self._desk.analyses.find(caller.tenant_id, run_id))
        return answer(from_run(run), headers=NO_STORE)

    async def analytics(self, request: Request) -> Response:
        """Return what all calls say together."""
        asked = read_query(request, AnalyticsQuery)
        last = asked.last or self._desk.clock().astimezone(UTC).date()
        first = asked.first or last - _MONTH
        if not first <= last <= first + _LONGEST:
            raise Invalid(f"from may be up to {_LONGEST.days} days before to.", field="from")
        since, until = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))

        def find(caller: Caller) -> Analytics:
            return from_calls(*self._desk.calls(caller.tenant_id, since, until), first, last)

        return answer(await self._access.act(request, "read", find))

    async def preferences(self, request: Request) -> Response:
        """Return what is chosen for analyses."""
        kept = await self._access.act(request, "read", lambda caller: self._desk.accounts.preferences(caller.tenant_id))
        return answer(from_preferences(kept))

    async def set_preferences(self, request: Request) -> Response:
        """Choose for analyses."""
        caller = await self._access.admit(request, "admin")
        asked = await read_model(request, wire.WritePreferences, timeout=self._desk.body_timeout)
        chosen = to_preferences(asked)
        await run_in_threadpool(self._desk.set_preferences, caller.tenant_id, chosen)
        return answer(from_preferences(chosen))

    def _open(self, request: Request, caller: Caller, body: bytes) -> AnalysisRun:
        asked = parse_model(body, wire.CreateAnalysis)
        if faults := feature_faults(asked.features, self._desk.features):
            raise ManyFaults(faults=faults)
        self._desk.require_scorecard(caller.tenant_id, asked.scorecard_id, field="scorecard_id", fault=NO_SCORECARD)
        names = to_findings(asked.features, asked.scorecard_id)
        once = read_once(request, body)
        return self._desk.analyses.open(caller.tenant_id, self._chosen(caller, asked), names, once=once)

    def _chosen(self, caller: Caller, asked: wire.CreateAnalysis) -> list[Job]:
        if asked.job_ids:
            return self._desk.lookup.jobs_named(caller.tenant_id, list(dict.fromkeys(asked.job_ids)))
        states: Any = [JobState.SUCCEEDED]
        chosen = Chosen(caller.tenant_id, asked.api, states, asked.begun_from, asked.begun_before)
        return self._desk.lookup.jobs(chosen, limit=MOST_JOBS + 1)
