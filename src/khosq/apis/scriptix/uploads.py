"""Recordings that come in one request: to the session itself, or by a signed link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.scriptix.clerk import Clerk
from khosq.apis.scriptix.envelope import one
from khosq.apis.scriptix.links import UPLOADS
from khosq.apis.scriptix.mapping import moment
from khosq.errors import Conflict, Invalid, LinkRefused
from khosq.jobs.job import Job
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.serving.answers import JsonAnswer
from khosq.serving.bodies import check_declared_size, media_chunks
from khosq.serving.multipart import read_form

FIELD = "upload"
"""Name of the file in a form."""


class UploadRoutes:
    """Takes recordings in."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    async def send(self, request: Request) -> Response:
        """Take a recording as the body, or as a file in a form, and start the session."""
        return await self._clerk.answer(await self.take(request))

    async def take(self, request: Request) -> Job:
        """Give a session the recording that a request carries."""
        caller = await self._clerk.maker(request)
        job = await self._clerk.found(caller, request)
        is_form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
        try:
            return await self._take(request, job.id, is_form=is_form)
        except LinkRefused as error:  # there was no link here
            raise Conflict("This session has ended; create a new one.") from error

    async def link(self, request: Request) -> Response:
        """Hand out a link to which the recording can be put without a key."""
        caller = await self._clerk.maker(request)
        job = await self._clerk.found(caller, request)
        url, expires = self._clerk.links.upload(job, self._desk.base_url(request))
        try:
            await run_in_threadpool(self._desk.submissions.awaiting, job.id)
        except LinkRefused as error:
            raise Conflict("This session has ended; create a new one.") from error
        await run_in_threadpool(self._desk.submissions.await_upload_until, job.id, expires)
        shown = {"upload_url": url, "expires_at": moment(expires), "session_id": job.id}
        return JsonAnswer(one(shown | {"max_file_size": self._desk.max_upload_bytes}))

    async def put(self, request: Request) -> Response:
        """Take a recording that comes by a link, and start the session."""
        self._clerk.links.verify(request, UPLOADS)
        job_id = str(request.path_params["sessionId"])
        structlog.contextvars.bind_contextvars(job_id=job_id)
        await self._take(request, job_id, is_form=False)
        return Response(status_code=201)

    async def _take(self, request: Request, job_id: str, *, is_form: bool) -> Job:
        check_declared_size(request, self._desk.max_upload_bytes)
        return await self._desk.take_upload(job_id, partial(self._form if is_form else self._body, request))

    async def _body(self, request: Request) -> tuple[str, StoredRecording]:
        async with aclosing(media_chunks(request, patience=self._desk.body_timeout)) as chunks:
            return "", await self._desk.receive(chunks, accept=ALL_TYPES)

    async def _discard(self, stored: StoredRecording) -> None:
        await run_in_threadpool(self._desk.discard, stored)

    async def _form(self, request: Request) -> tuple[str, StoredRecording]:
        async def store(_: str, chunks: AsyncIterator[bytes]) -> StoredRecording:
            return await self._desk.receive(chunks, accept=ALL_TYPES)

        form = await read_form(
            request,
            store,
            files=frozenset({FIELD}),
            patience=self._desk.body_timeout,
            discard=self._discard,
        )
        if FIELD not in form.files:
            raise Invalid(f"The form has no file named {FIELD}.", field=FIELD)
        return form.files[FIELD]
