"""What every request at this door goes through: its key, its share of the minute, and how a session is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.scriptix.envelope import one
from khosq.apis.scriptix.links import Links
from khosq.apis.scriptix.mapping import from_job
from khosq.errors import Unauthorized
from khosq.jobs.job import Job, JobState
from khosq.jobs.results import Outcome
from khosq.serving.answers import JsonAnswer, warning_headers
from khosq.serving.credentials import bearer
from khosq.tenants.api_keys import Caller
from khosq.tenants.tenant import Scope

DOOR = "scriptix"
KEY_HEADER = "X-Zoom-S2T-Key"
MADE_PER_MINUTE = 60
"""Sessions, documents and uploads that one key may begin."""


class Clerk:
    """Knows callers and shows them their sessions."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.links = Links(desk.secret, desk.clock)

    async def reader(self, request: Request) -> Caller:
        """Return who looks at something."""
        caller: Caller = await self.desk.briefly(lambda: self._authenticate(request, "read"))
        return caller

    async def writer(self, request: Request) -> Caller:
        """Return who changes or removes something."""
        return await run_in_threadpool(self._authenticate, request, "write")

    async def maker(self, request: Request) -> Caller:
        """Return who makes or uploads something; only this counts against the minute.

        Raises:
            RateLimited: the key has begun as much in this minute as it may.

        """
        caller = await self.writer(request)
        await run_in_threadpool(self.count, caller)
        return caller

    def count(self, caller: Caller) -> None:
        """Count something that is begun against the minute; see ``maker``."""
        self.desk.rate_limits.count(caller.key_id, f"{DOOR}.make", limit=MADE_PER_MINUTE)

    def find(self, caller: Caller, request: Request) -> Job:
        """Return the session that a path names."""
        return self.desk.lookup.job(caller.tenant_id, str(request.path_params["sessionId"]))

    async def found(self, caller: Caller, request: Request) -> Job:
        """Return the session that a path names, without a thread of its own where the database is near."""
        job: Job = await self.desk.briefly(lambda: self.find(caller, request))
        structlog.contextvars.bind_contextvars(job_id=job.id)
        return job

    def show(self, job: Job) -> dict[str, Any]:
        """Return a session as callers see it."""
        document = self.desk.documents.first_of([job]).get(job.id)
        return from_job(job, document, media_link=self.links.media)

    async def answer(self, job: Job, *, headers: Mapping[str, str] | None = None) -> Response:
        """Answer with one session."""
        structlog.contextvars.bind_contextvars(job_id=job.id)
        shown: dict[str, Any] = await self.desk.briefly(lambda: self.show(job))
        return JsonAnswer(one(shown), headers=dict(headers or {}))

    def outcome(self, job: Job) -> Outcome | None:
        """Return what a session made, None where it made nothing (yet)."""
        return self.desk.lookup.outcome(job) if job.state is JobState.SUCCEEDED else None

    def _authenticate(self, request: Request, scope: Scope) -> Caller:
        secret = request.headers.get(KEY_HEADER) or bearer(request)
        try:
            return self.desk.api_keys.authenticate(secret, scope=scope, door=DOOR)
        except Unauthorized as error:
            raise Unauthorized(f"A valid API key is required: send it in the header {KEY_HEADER.lower()}.") from error


def warning_of(job: Job) -> dict[str, str]:
    """Return the header that tells what a reader of the text must know."""
    return warning_headers(job.warnings)
