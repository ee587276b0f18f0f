"""Xosum's URLs."""

from __future__ import annotations

import re
from contextlib import aclosing
from functools import partial

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.xosum import description
from khosq.apis.xosum.mapping import from_job, read_creation, to_wishes, too_much_metadata
from khosq.apis.xosum.wire import CreateTranscription
from khosq.errors import Invalid, TooLarge
from khosq.identifiers import is_name
from khosq.jobs.job import Job, JobState
from khosq.jobs.submission import Submission
from khosq.media.recording import MediaType
from khosq.media.uploads import sign_link, verify_link
from khosq.serving.answers import JsonAnswer, warning_headers
from khosq.serving.bodies import check_declared_size, media_chunks, read_json
from khosq.serving.credentials import bearer
from khosq.tenants.api_keys import Caller

DOOR = "xosum"
POLLS_PER_MINUTE = 60
ACCEPTED = frozenset({MediaType.MP3})

_NUMBERED = re.compile(r"/api/v[1-3](/.*)?", re.DOTALL)
_OURS = re.compile(r"/(api|upload)(/.*)?", re.DOTALL)


def owns(path: str) -> bool:
    """Tell whether a path is answered in this API's shape."""
    return _OURS.fullmatch(path) is not None and _NUMBERED.fullmatch(path) is None


def build_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes, router = _Routes(desk), APIRouter()
    router.add_api_route("/api/createTranscription", routes.create, methods=["POST"], **description.CREATE)
    router.add_api_route("/upload/{docId}", routes.upload, methods=["PUT"], **description.UPLOAD)
    router.add_api_route("/api/getTranscription", routes.poll, methods=["GET"], **description.POLL)
    return router


class _Routes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, request: Request) -> Response:
        caller = await run_in_threadpool(self._desk.api_keys.authenticate, bearer(request), scope="write", door=DOOR)
        try:
            body = await read_json(request, timeout=self._desk.body_timeout)
        except TooLarge as error:
            raise too_much_metadata() from error
        creation = read_creation(body)
        job = await run_in_threadpool(self._open, caller, creation, self._desk.base_url(request))
        structlog.contextvars.bind_contextvars(job_id=job.id)
        return JsonAnswer({"docId": job.id, "uploadUrl": job.base_url + self._upload_link(job)})

    async def upload(self, request: Request) -> Response:
        job_id = self._verified_id(request)
        structlog.contextvars.bind_contextvars(job_id=job_id)
        check_declared_size(request, self._desk.max_upload_bytes)
        async with aclosing(media_chunks(request, patience=self._desk.body_timeout)) as chunks:
            await self._desk.receive_upload(chunks, job_id, accept=ACCEPTED)
        return Response()

    async def poll(self, request: Request) -> Response:
        job_id = request.query_params.get("docId", "")
        if is_name(job_id):
            structlog.contextvars.bind_contextvars(job_id=job_id)
        job: Job = await self._desk.briefly(partial(self._look, bearer(request), job_id))
        outcome = None
        if job.state is JobState.SUCCEEDED:
            outcome = await run_in_threadpool(self._desk.lookup.outcome, job)
        return JsonAnswer(from_job(job, outcome), headers=warning_headers(job.warnings))

    def _open(self, caller: Caller, creation: CreateTranscription, base_url: str) -> Job:
        wishes = to_wishes(creation, default_language=self._desk.default_language)
        self._desk.require_language(wishes.language, field="languageCode")
        self._desk.require_scorecard(
            caller.tenant_id,
            wishes.scorecard_id,
            field="checklistId",
            fault="checklistId: there is no such checklist.",
        )
        self._desk.check_disk()
        return self._desk.submissions.open(
            Submission(caller.tenant_id, caller.key_id, DOOR, wishes, creation.metadata, base_url)
        )

    def _upload_link(self, job: Job) -> str:
        path = _upload_path(job.id)
        expires = job.created_at + self._desk.upload_ttl
        return f"{path}?{sign_link(self._desk.secret, method='PUT', path=path, expires=expires)}"

    def _verified_id(self, request: Request) -> str:
        job_id = str(request.path_params["docId"])
        query = request.scope["query_string"].decode("latin-1")
        now = self._desk.clock()
        verify_link(self._desk.secret, method=request.method, path=_upload_path(job_id), query=query, now=now)
        return job_id

    def _look(self, secret: str | None, job_id: str) -> Job:
        caller = self._desk.api_keys.authenticate(secret, scope="read", door=DOOR)
        self._desk.rate_limits.count(caller.key_id, "xosum.poll", limit=POLLS_PER_MINUTE)
        if not job_id:
            raise Invalid("docId is missing.", field="docId")
        return self._desk.lookup.job(caller.tenant_id, job_id)


def _upload_path(job_id: str) -> str:
    return f"/upload/{job_id}"
