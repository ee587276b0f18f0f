"""OpenAI's URLs for audio, and one of our own: a transcript that took longer than its request."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from functools import partial

import anyio
import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from khosq.apis.face import Desk
from khosq.apis.openai import description, wire
from khosq.apis.openai.errors import StillRunning
from khosq.apis.openai.gate import DOOR, admit, show_job
from khosq.apis.openai.mapping import plain, require_translation, to_answer
from khosq.apis.openai.models import choose_languages, find_model, list_models
from khosq.apis.openai.reading import Asked, Look, Task, read_asked, read_look
from khosq.apis.openai.stream import KEEP_ALIVE, STILL_HERE, failure_event, transcript_events
from khosq.apis.openai.waiting import await_end, read_transcript, stop
from khosq.errors import Invalid, KhosqError
from khosq.identifiers import is_name
from khosq.jobs.job import AUTO, FINAL, Job, Keep, Wishes
from khosq.jobs.submission import Submission
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.serving.answers import JsonAnswer, warning_headers
from khosq.serving.bodies import check_declared_size
from khosq.serving.leaving import unless_gone
from khosq.serving.multipart import Form, read_form
from khosq.tenants.api_keys import Caller

TRANSCRIPTIONS = "/v1/audio/transcriptions"
_OWN = re.compile(r"/v1/(audio|models).*", re.DOTALL)
_FILE = "file"


def owns(path: str) -> bool:
    """Tell whether a path is answered in this API's shape."""
    return _OWN.fullmatch(path) is not None


def build_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    audio, models, router = _Audio(desk), _Models(desk), APIRouter()
    add = router.add_api_route
    add(TRANSCRIPTIONS, audio.transcribe, methods=["POST"], **description.TRANSCRIBE)
    add("/v1/audio/translations", audio.translate, methods=["POST"], **description.TRANSLATE)
    add(f"{TRANSCRIPTIONS}/{{job_id}}", audio.read, methods=["GET"], **description.READ)
    add("/v1/models", models.list, methods=["GET"], **description.LIST_MODELS)
    add("/v1/models/{model}", models.find, methods=["GET"], **description.FIND_MODEL)
    return router


class _Audio:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def transcribe(self, request: Request) -> Response:
        return await self._make(request, "transcribe")

    async def translate(self, request: Request) -> Response:
        return await self._make(request, "translate")

    async def read(self, request: Request) -> Response:
        caller = await admit(self._desk, request, "read")
        self._desk.watch.require_seat(caller.tenant_id)
        query = request.query_params
        look = read_look({name: query.getlist(name) for name in query})
        job_id = str(request.path_params["job_id"])
        if is_name(job_id):
            structlog.contextvars.bind_contextvars(job_id=job_id)
        job: Job = await self._desk.briefly(partial(self._desk.lookup.job, caller.tenant_id, job_id))
        show_job(request, job.id)
        return await self._answer(request, await self._await_end(request, job), look)

    async def _make(self, request: Request, task: Task) -> Response:
        caller = await admit(self._desk, request, "write")
        self._desk.watch.require_seat(caller.tenant_id)
        asked, job = await self._take(request, caller, task)
        structlog.contextvars.bind_contextvars(job_id=job.id)
        show_job(request, job.id)
        if asked.stream:
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            told = self._tell(request, job, asked.look)
            return StreamingResponse(told, media_type="text/event-stream", headers=headers)
        try:
            ended = await self._await_end(request, job)
        except ClientDisconnect:
            await stop(self._desk, job)
            raise
        return await self._answer(request, ended, asked.look, task)

    async def _take(self, request: Request, caller: Caller, task: Task) -> tuple[Asked, Job]:
        """Read the form, and open a job for what is in it."""
        check_declared_size(request, self._desk.max_upload_bytes)
        await run_in_threadpool(self._desk.check_disk)
        form = await read_form(
            request,
            lambda _, chunks: self._desk.receive(chunks, accept=ALL_TYPES),
            files=frozenset({_FILE}),
            patience=self._desk.body_timeout,
            discard=self._discard,
        )
        try:
            asked, job = await run_in_threadpool(self._open, request, caller, form, task)
        except Exception:
            for _, stored in form.files.values():
                await self._discard(stored)
            raise
        name, stored = form.files[_FILE]
        return asked, await self._desk.attach(job.id, stored, filename=name)

    def _open(self, request: Request, caller: Caller, form: Form[StoredRecording], task: Task) -> tuple[Asked, Job]:
        if _FILE not in form.files:
            raise Invalid("file: send the recording as a file, with a filename.", field=_FILE)
        asked = read_asked(form.fields, task=task)
        languages = choose_languages(self._desk, asked.model, asked.languages, may_open=task == "transcribe")
        if task == "translate":
            require_translation(languages[0])
        wishes = Wishes(
            language=languages[0] if len(languages) == 1 else AUTO,
            languages=languages if len(languages) > 1 else (),
            speakers=asked.speakers,
            keep=Keep.NOTHING,
        )
        base_url = self._desk.base_url(request)
        return asked, self._desk.submissions.open(
            Submission(caller.tenant_id, caller.key_id, DOOR, wishes, {}, base_url)
        )

    async def _await_end(self, request: Request, job: Job) -> Job:
        """Return a job that has ended, or as it is when time is up.

        Raises:
            ClientDisconnect: nobody waits for it any more.

        """
        with self._desk.watch.seat(job.tenant_id):
            waiting = asyncio.ensure_future(await_end(self._desk, job, within=self._desk.sync_wait))
            seen = await unless_gone(request, waiting)
        if seen is None:
            raise ClientDisconnect
        return seen

    async def _answer(self, request: Request, job: Job, look: Look, task: Task = "transcribe") -> Response:
        if job.state not in FINAL:
            raise self._still_running(request, job)
        transcript = await read_transcript(self._desk, job)
        answer = await run_in_threadpool(to_answer, transcript, look, task=task)  # hours of speech take a while
        answer.headers.update(warning_headers(job.warnings))
        return answer

    async def _tell(self, request: Request, job: Job, look: Look) -> AsyncGenerator[bytes, None]:
        """Yield signs of life until the job has ended, then its transcript."""
        until = asyncio.get_running_loop().time() + self._desk.sync_wait
        try:
            yield STILL_HERE
            with self._desk.watch.seat(job.tenant_id):
                while job.state not in FINAL and (left := until - asyncio.get_running_loop().time()) > 0:
                    job = await await_end(self._desk, job, within=min(left, KEEP_ALIVE))
                    yield STILL_HERE
            if job.state not in FINAL:
                raise self._still_running(request, job)
            transcript = await read_transcript(self._desk, job)
            yield await run_in_threadpool(transcript_events, transcript, look)
        except KhosqError as error:
            yield failure_event(error)
        finally:
            with anyio.CancelScope(shield=True):  # a client that leaves ends this in the middle
                if await request.is_disconnected():
                    await stop(self._desk, job)

    def _still_running(self, request: Request, job: Job) -> StillRunning:
        address = f"{self._desk.base_url(request)}{TRANSCRIPTIONS}/{job.id}"
        return StillRunning(
            f"The transcript was not ready after {self._desk.sync_wait:g} s; the job {job.id} goes on. "
            f"GET {address} waits for it again."
        )

    async def _discard(self, stored: StoredRecording) -> None:
        await run_in_threadpool(self._desk.discard, stored)


class _Models:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list(self, request: Request) -> Response:
        await admit(self._desk, request, "read")
        found = await run_in_threadpool(list_models, self._desk)
        return JsonAnswer(plain(wire.ModelList(data=found)))

    async def find(self, request: Request) -> Response:
        await admit(self._desk, request, "read")
        name = str(request.path_params["model"])
        return JsonAnswer(plain(await run_in_threadpool(find_model, self._desk, name)))
