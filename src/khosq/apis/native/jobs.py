"""Jobs: created, looked at, waited for, cancelled, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from khosq.apis.native import description
from khosq.apis.native.access import BASE, DOOR, Access
from khosq.apis.native.answers import NO_STORE, PRIVATE, answer, etag_of, matches, not_modified, plain
from khosq.apis.native.forms import read_recording
from khosq.apis.native.mapping import from_deletion, from_job, to_event
from khosq.apis.native.pages import read_page
from khosq.apis.native.reading import parse_model, read_query
from khosq.apis.native.stream import events
from khosq.apis.native.submitting import Submitting, read_once
from khosq.apis.native.wire import jobs as wire
from khosq.apis.native.wire.recordings import FileQuery, LinkQuery
from khosq.errors import Conflict, Invalid, NotFound
from khosq.identifiers import is_name
from khosq.jobs.job import FINAL, Chosen, Job, JobState
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.media.uploads import sign_link, verify_link
from khosq.serving.bodies import JSON_LIMIT, check_declared_size, media_chunks, read_body
from khosq.serving.leaving import unless_gone
from khosq.tenants.api_keys import Caller

LARGEST_BATCH = 4 * 1024**2
"""Bytes of JSON."""
_MOMENTARY = frozenset({"eta_seconds"})
"""Fields of a job that change although nothing has happened."""


class Jobs:
    """What can be asked of jobs."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk
        self._watch = access.desk.watch

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add = router.add_api_route
        add(f"{BASE}/jobs", self.create, methods=["POST"], **description.CREATE_JOB)
        add(f"{BASE}/jobs/batch", self.create_batch, methods=["POST"], **description.CREATE_JOBS)
        add(f"{BASE}/jobs", self.page, methods=["GET"], **description.LIST_JOBS)
        add(f"{BASE}/jobs/{{job_id}}", self.get, methods=["GET"], **description.GET_JOB)
        add(f"{BASE}/jobs/{{job_id}}", self.delete, methods=["DELETE"], **description.DELETE_JOB)
        add(f"{BASE}/jobs/{{job_id}}/upload", self.upload, methods=["PUT"], **description.UPLOAD_TO_JOB)
        add(f"{BASE}/jobs/{{job_id}}/cancel", self.cancel, methods=["POST"], **description.CANCEL_JOB)
        add(f"{BASE}/jobs/{{job_id}}/events", self.events, methods=["GET"], **description.STREAM_JOB)
        add(f"{BASE}/deletions/{{job_id}}", self.deletion, methods=["GET"], **description.GET_DELETION)

    async def create(self, request: Request) -> Response:
        """Open one job."""
        caller = await self._access.admit(request, "write")
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            return self._accepted(await self._create_with_file(request, caller), caller)
        body = await read_body(request, limit=JSON_LIMIT, timeout=self._desk.body_timeout)

        def open_one() -> Job:
            asked = parse_model(body, wire.CreateJob)
            return self._submitting(request, caller).open([((), asked)], read_once(request, body))[0]

        return self._accepted(await run_in_threadpool(open_one), caller)

    async def create_batch(self, request: Request) -> Response:
        """Open many jobs, all or none."""
        caller = await self._access.admit(request, "write")
        body = await read_body(request, limit=LARGEST_BATCH, timeout=self._desk.body_timeout)

        def open_all() -> wire.JobBatch:
            asked = parse_model(body, wire.CreateJobs).jobs
            placed = [(("jobs", number), one) for number, one in enumerate(asked)]
            opened = self._submitting(request, caller).open(placed, read_once(request, body))
            return wire.JobBatch(data=[self._shown(job, caller) for job in opened])

        return answer(await run_in_threadpool(open_all), 202, headers=NO_STORE)

    async def page(self, request: Request) -> Response:
        """Return one page of jobs."""
        asked = read_query(request, wire.JobsQuery)

        def find(caller: Caller) -> wire.JobPage:
            chosen = Chosen(
                caller.tenant_id, asked.api, [JobState(state) for state in asked.state],
                asked.begun_from, asked.begun_before,
            )  # fmt: skip
            jobs, cursor = read_page(
                asked, lambda after, limit: self._desk.lookup.jobs(chosen, limit=limit, after=after)
            )
            return wire.JobPage(data=[self._shown(job, caller) for job in jobs], next_cursor=cursor)

        return answer(await self._access.act(request, "read", find), headers=NO_STORE)

    async def get(self, request: Request) -> Response:
        """Return a job, at once or when there is news."""
        caller, job = await self._find(request)
        wait = read_query(request, wire.JobQuery).wait
        if wait and not self._is_news(request, caller, job):
            self._watch.require_seat(job.tenant_id)
            with self._watch.seat(job.tenant_id):
                waiting = asyncio.ensure_future(self._await_news(request, caller, job, wait))
                job = await unless_gone(request, waiting) or job
        shown, etag = self._with_etag(job, caller)
        if matches(request, etag):
            return not_modified(etag)
        return answer(shown, headers={"etag": etag, **PRIVATE})

    async def events(self, request: Request) -> Response:
        """Tell of a job's course as it happens."""
        caller, job = await self._find(request)
        after = request.headers.get("last-event-id")
        if job.state in FINAL and after == self._event(job)[0]:
            return Response(status_code=204)  # tells an EventSource not to come again
        self._watch.require_seat(caller.tenant_id)

        async def look() -> Job:
            job: Job = await self._desk.briefly(partial(self._look_again, caller, request.path_params["job_id"]))
            return job

        async def told() -> AsyncIterator[bytes]:
            with self._watch.seat(caller.tenant_id):
                async with aclosing(events(job, look, self._event, self._watch, after=after)) as found:
                    async for event in found:
                        yield event

        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(told(), media_type="text/event-stream", headers=headers)

    async def cancel(self, request: Request) -> Response:
        """Stop a job."""
        job_id = _job_id(request)

        def cancel(caller: Caller) -> wire.Job:
            return self._shown(self._desk.lookup.cancel(caller.tenant_id, job_id), caller)

        return answer(await self._access.act(request, "write", cancel))

    async def delete(self, request: Request) -> Response:
        """Delete a job and return the proof."""
        job_id = _job_id(request)

        def delete(caller: Caller) -> wire.Deletion:
            self._desk.lookup.delete(caller.tenant_id, job_id, key_id=caller.key_id)
            return self._proof(caller, job_id)

        return answer(await self._access.act(request, "write", delete))

    async def deletion(self, request: Request) -> Response:
        """Return the proof that a job was deleted."""
        job_id = _job_id(request)
        return answer(await self._access.act(request, "read", lambda caller: self._proof(caller, job_id)))

    async def upload(self, request: Request) -> Response:
        """Take in a job's recording."""
        job_id, asked = _job_id(request), read_query(request, LinkQuery)
        query = request.scope["query_string"].decode("latin-1")
        path = _upload_path(job_id)
        verify_link(self._desk.secret, method="PUT", path=path, query=query, now=self._desk.clock())
        check_declared_size(request, self._desk.max_upload_bytes)
        async with aclosing(media_chunks(request, patience=self._desk.body_timeout)) as chunks:
            await self._desk.receive_upload(chunks, job_id, accept=ALL_TYPES, filename=asked.filename)
        return Response(status_code=204)

    async def _create_with_file(self, request: Request, caller: Caller) -> Job:
        """Open a job and give it the recording that came in the same form."""
        check_declared_size(request, self._desk.max_upload_bytes)
        await run_in_threadpool(self._desk.check_disk)
        form, name, stored = await read_recording(request, self._desk)
        try:
            job = await run_in_threadpool(self._open_for, request, caller, form.fields, stored, name)
        except Exception:
            await run_in_threadpool(self._desk.discard, stored)
            raise
        if job.state is not JobState.AWAITING_MEDIA:  # the same request came before
            await run_in_threadpool(self._desk.discard, stored)
            return job
        try:
            return await self._desk.attach(job.id, stored)
        except Conflict:
            if "idempotency-key" not in request.headers:
                raise
        return await run_in_threadpool(self._desk.lookup.job, caller.tenant_id, job.id)  # the same request was faster

    def _open_for(
        self, request: Request, caller: Caller, fields: dict[str, list[str]], stored: StoredRecording, name: str
    ) -> Job:
        if strange := sorted(fields.keys() - {"options"}):
            raise Invalid("unknown; known are file and options, a JSON object with everything else", field=strange[0])
        written = fields.get("options", [""])[-1].encode("utf-8", "surrogatepass")
        asked = parse_model(written, wire.JobOptions, name="options")
        if not asked.filename:
            asked.filename = FileQuery(filename=name.encode("utf-8", "replace").decode()[:255]).filename
        once = read_once(request, written, stored.sha256.encode())
        return self._submitting(request, caller).open([((), asked)], once)[0]

    def _submitting(self, request: Request, caller: Caller) -> Submitting:
        return Submitting(self._desk, caller, self._desk.base_url(request))

    async def _find(self, request: Request) -> tuple[Caller, Job]:
        job_id = _job_id(request)
        return await self._access.look(
            request, "read", lambda caller: (caller, self._desk.lookup.job(caller.tenant_id, job_id))
        )

    def _look_again(self, caller: Caller, job_id: str) -> Job:
        self._desk.api_keys.recall(caller.key_id, scope="read", door=DOOR)
        return self._desk.lookup.job(caller.tenant_id, job_id)

    async def _await_news(self, request: Request, caller: Caller, job: Job, wait: float) -> Job:
        """Return a job once it is not as it was, or has ended, or time is up."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while (left := until - loop.time()) > 0 and await self._watch.change(job, within=left):
            job = await self._desk.briefly(partial(self._desk.lookup.job, job.tenant_id, job.id))
            if self._is_news(request, caller, job):
                break
        return job

    def _is_news(self, request: Request, caller: Caller, job: Job) -> bool:
        """Tell whether a caller who waits is to be answered."""
        if "if-none-match" not in request.headers:
            return job.state in FINAL
        return job.state in FINAL or not matches(request, self._with_etag(job, caller)[1])

    def _proof(self, caller: Caller, job_id: str) -> wire.Deletion:
        proof = self._desk.lookup.deletion(caller.tenant_id, job_id)
        if proof is None:
            raise NotFound
        return from_deletion(proof)

    def _accepted(self, job: Job, caller: Caller) -> Response:
        structlog.contextvars.bind_contextvars(job_id=job.id)
        return answer(self._shown(job, caller), 202, headers={"location": f"{BASE}/jobs/{job.id}", **NO_STORE})

    def _shown(self, job: Job, caller: Caller) -> wire.Job:
        """Return a job as a caller may see it: who may only look gets no link to write to."""
        may_upload = job.door == DOOR and caller.scope != "read"
        return from_job(job, now=self._desk.clock(), link=self._upload_link if may_upload else None)

    def _with_etag(self, job: Job, caller: Caller) -> tuple[wire.Job, str]:
        shown = self._shown(job, caller)
        return shown, etag_of(shown, leaving_out=_MOMENTARY)

    def _event(self, job: Job) -> tuple[str, Any]:
        event = to_event(job, now=self._desk.clock())
        return etag_of(event, leaving_out=_MOMENTARY)[3:-1], plain(event)

    def _upload_link(self, job: Job) -> str:
        path = _upload_path(job.id)
        expires = job.upload_deadline or job.created_at
        return f"{job.base_url}{path}?{sign_link(self._desk.secret, method='PUT', path=path, expires=expires)}"


def _job_id(request: Request) -> str:
    job_id = str(request.path_params["job_id"])
    if is_name(job_id):
        structlog.contextvars.bind_contextvars(job_id=job_id)
    return job_id


def _upload_path(job_id: str) -> str:
    return f"{BASE}/jobs/{job_id}/upload"
