"""NeuronLens' URLs, at the seed's paths and under the vendor's prefix alike."""

from __future__ import annotations

import re
from functools import partial

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.neuronlens import description
from khosq.apis.neuronlens.analytics import from_calls, read_range
from khosq.apis.neuronlens.gate import DOOR, admit, read_object, read_once
from khosq.apis.neuronlens.mapping import caveats, from_job, from_submitted, new_job_id, read_submission, to_wishes
from khosq.apis.neuronlens.receivers import from_endpoint, read_page, read_registration
from khosq.apis.neuronlens.wire import CreateTranscription, CreateWebhook
from khosq.delivery.endpoint import Endpoint
from khosq.errors import AddressRefused, Invalid, NotFound
from khosq.identifiers import is_name
from khosq.jobs.job import Job, JobState
from khosq.jobs.submission import IdempotencyKey, Submission
from khosq.serving.answers import JsonAnswer, warning_headers
from khosq.tenants.api_keys import Caller

PREFIX = "/v1"
_CREATED, _ACCEPTED, _NO_CONTENT = 201, 202, 204

_OWN = re.compile(r"/(transcription|webhooks|analytics|calls|v1(/|$)).*", re.DOTALL)
_OTHERS = re.compile(r"/v1/(audio|models).*", re.DOTALL)


def owns(path: str) -> bool:
    """Tell whether a path is answered in this API's shape."""
    return _OWN.fullmatch(path) is not None and _OTHERS.fullmatch(path) is None


def build_router(desk: Desk) -> APIRouter:
    """Return the routes; the description shows them under the vendor's prefix."""
    jobs, webhooks, analytics = _Jobs(desk), _Webhooks(desk), _Analytics(desk)
    router = APIRouter()
    for prefix in (PREFIX, ""):
        add = partial(router.add_api_route, include_in_schema=prefix == PREFIX)
        add(f"{prefix}/transcription", jobs.submit, methods=["POST"], **description.SUBMIT)
        add(f"{prefix}/transcription/{{job_id}}", jobs.read, methods=["GET"], **description.READ)
        add(f"{prefix}/webhooks", webhooks.register, methods=["POST"], **description.REGISTER)
        add(f"{prefix}/webhooks", webhooks.list, methods=["GET"], **description.LIST)
        add(f"{prefix}/webhooks/{{webhook_id}}", webhooks.remove, methods=["DELETE"], **description.REMOVE)
        add(f"{prefix}/analytics/calls", analytics.calls, methods=["GET"], **description.CALLS)
    return router


class _Jobs:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def submit(self, request: Request) -> Response:
        caller = await admit(self._desk, request, writes=True)
        body = await read_object(self._desk, request)
        submission = read_submission(body)
        base_url = self._desk.base_url(request)
        job = await run_in_threadpool(self._open, caller, submission, base_url, read_once(request, body))
        structlog.contextvars.bind_contextvars(job_id=job.id)
        return JsonAnswer(from_submitted(job), status_code=_ACCEPTED)

    async def read(self, request: Request) -> Response:
        caller = await admit(self._desk, request)
        job_id = str(request.path_params["job_id"])
        if is_name(job_id):
            structlog.contextvars.bind_contextvars(job_id=job_id)
        job: Job = await self._desk.briefly(partial(self._desk.lookup.job, caller.tenant_id, job_id))
        outcome = None
        if job.state is JobState.SUCCEEDED:
            outcome = await run_in_threadpool(self._desk.lookup.outcome, job)
        return JsonAnswer(from_job(job, outcome), headers=warning_headers(caveats(job, outcome)))

    def _open(self, caller: Caller, submission: CreateTranscription, base_url: str, once: IdempotencyKey | None) -> Job:
        self._desk.require_language(submission.language, field="language")
        wishes = to_wishes(submission)
        self._desk.require_scorecard(
            caller.tenant_id,
            wishes.scorecard_id,
            field="qa_scorecard_id",
            fault="qa_scorecard_id: there is no such scorecard.",
        )
        try:
            self._desk.check_source(submission.audio_url)
        except AddressRefused as error:
            raise Invalid(f"audio_url: {error.message}", field="audio_url") from error
        self._desk.check_disk()
        return self._desk.submissions.open(
            Submission(
                caller.tenant_id,
                caller.key_id,
                DOOR,
                wishes,
                submission.metadata,
                base_url,
                job_id=new_job_id(),
                source_url=submission.audio_url,
            ),
            once=once,
        )


class _Webhooks:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def register(self, request: Request) -> Response:
        caller = await admit(self._desk, request, writes=True)
        body = await read_object(self._desk, request)
        endpoint = await run_in_threadpool(self._create, caller, read_registration(body), read_once(request, body))
        return JsonAnswer(from_endpoint(endpoint, None), status_code=_CREATED)

    async def list(self, request: Request) -> Response:
        caller = await admit(self._desk, request)
        limit, offset = read_page(request.query_params)
        return JsonAnswer(await run_in_threadpool(self._page, caller, limit, offset))

    async def remove(self, request: Request) -> Response:
        caller = await admit(self._desk, request, writes=True)
        await run_in_threadpool(self._remove, caller, str(request.path_params["webhook_id"]))
        return Response(status_code=_NO_CONTENT)

    def _create(self, caller: Caller, registration: CreateWebhook, once: IdempotencyKey | None) -> Endpoint:
        try:
            self._desk.endpoints.check(registration.url, {})
        except AddressRefused as error:
            raise Invalid(f"url: {error.message}", field="url") from error
        events = tuple(dict.fromkeys(registration.events))
        return self._desk.endpoints.create(
            caller.tenant_id, DOOR, registration.url, registration.secret, events=events, once=once
        )

    def _page(self, caller: Caller, limit: int, offset: int) -> dict[str, object]:
        found = self._desk.endpoints.all(caller.tenant_id, door=DOOR)
        shown = [from_endpoint(one, self._desk.endpoints.last_delivery(one)) for one in found[offset : offset + limit]]
        return {"data": shown, "total": len(found), "limit": limit, "offset": offset}

    def _remove(self, caller: Caller, webhook_id: str) -> None:
        if self._desk.endpoints.find(caller.tenant_id, webhook_id).door != DOOR:
            raise NotFound
        self._desk.endpoints.remove(caller.tenant_id, webhook_id)


class _Analytics:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def calls(self, request: Request) -> Response:
        caller = await admit(self._desk, request)
        query = request.query_params
        since, until = read_range(query.get("from"), query.get("to"), self._desk.clock())
        insight, tallies = await run_in_threadpool(self._desk.calls, caller.tenant_id, since, until)
        return JsonAnswer(from_calls(insight, tallies, since, until))
