"""Versions 1 and 2, for the vendor's own old client: the same sessions, worded as they were, timed in milliseconds."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.scriptix.clerk import Clerk, warning_of
from khosq.apis.scriptix.errors import BodyRefused, status_of
from khosq.apis.scriptix.mapping import from_transcript, milliseconds, name_of_source
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.reading import read_fields, read_object
from khosq.apis.scriptix.uploads import UploadRoutes
from khosq.apis.scriptix.wire import CreateSession
from khosq.errors import Conflict, LinkRefused, RateLimited, Refused, TooSlow
from khosq.jobs.job import FINAL, Job
from khosq.jobs.results import Outcome
from khosq.serving.answers import JsonAnswer
from khosq.transcript.exports import render

VTT = "text/vtt"
FORMATS = ("application/json", VTT)
"""Of callbacks, once; since 2020 they carry no transcript."""


class OlderRoutes:
    """Answers as versions 1 and 2 did."""

    def __init__(self, clerk: Clerk, opening: Opening, uploads: UploadRoutes) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._opening = opening
        self._uploads = uploads

    async def create(self, request: Request) -> Response:
        """Open a session."""
        try:
            caller = await self._clerk.maker(request)
            creation = _read(await read_object(request, patience=self._desk.body_timeout))
            base_url = self._desk.base_url(request)
            job = await run_in_threadpool(self._opening.open, caller, creation, base_url)
        except Refused as error:
            return _refuse(error)
        return JsonAnswer(_named(job) | {"language": job.wishes.language})

    async def send(self, request: Request) -> Response:
        """Take a recording as a file in a form, or the URL of one."""
        try:
            if request.headers.get("content-type", "").lower().startswith("application/json"):
                job = await self._fetch(request)
            else:
                job = await self._uploads.take(request)
        except Refused as error:
            return _refuse(error)
        return JsonAnswer(_named(job))

    async def look(self, request: Request) -> Response:
        """Tell whether a session is done, with its transcript."""
        try:
            job = await self._clerk.found(await self._clerk.reader(request), request)
        except Refused as error:
            return _refuse(error)
        return await run_in_threadpool(self._show, job, as_vtt=VTT in request.headers.get("accept", "").lower())

    async def _fetch(self, request: Request) -> Job:
        caller = await self._clerk.maker(request)
        job = await self._clerk.found(caller, request)
        body = await read_object(request, patience=self._desk.body_timeout)
        url = body.get("video_url")
        if not isinstance(url, str):
            raise BodyRefused("video_url must be a string.", field="video_url")
        self._opening.check_source(url, field="video_url")
        fetch = partial(self._desk.submissions.fetch_from, job.id, url, filename=name_of_source(url))
        try:
            return await run_in_threadpool(fetch)
        except LinkRefused as error:  # there was no link here
            raise Conflict("This session has ended; create a new one.") from error

    def _show(self, job: Job, *, as_vtt: bool) -> Response:
        outcome = self._clerk.outcome(job)
        if as_vtt and outcome is not None:
            subtitle = render(outcome.transcript, "vtt")
            return Response(subtitle, media_type=f"{VTT}; charset=utf-8", headers=warning_of(job))
        return JsonAnswer(_shown(job, outcome), headers=warning_of(job))


def _read(body: dict[str, Any]) -> CreateSession:
    named = {"callback_url": "webhook_url", "callback_method": "webhook_method", "callback_headers": "webhook_headers"}
    fields: dict[str, Any] = {name: body[name] for name in ("language", "punctuation") if name in body}
    fields |= {ours: body[theirs] for theirs, ours in named.items() if theirs in body}
    if isinstance(fields.get("webhook_method"), str):
        fields["webhook_method"] = fields["webhook_method"].upper()
    if isinstance(fields.get("webhook_headers"), dict):
        fields["webhook_headers"] = [f"{name}: {value}" for name, value in fields["webhook_headers"].items()]
    chosen = body.get("callback_format")
    if chosen is not None and str(chosen).lower() not in FORMATS:
        raise BodyRefused(f"callback_format must be one of {', '.join(FORMATS)}.", field="callback_format")
    return read_fields(CreateSession, fields)


def _named(job: Job) -> dict[str, str]:
    return {"sessionId": job.id, "zoom_id": job.id}


def _shown(job: Job, outcome: Outcome | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"done": job.state in FINAL, "results": []}
    if outcome is not None:
        shown["results"] = from_transcript(job, outcome.transcript, time=milliseconds)
    elif job.state in FINAL:
        shown["error"] = job.error or "The session was cancelled."
    return shown


def _refuse(error: Refused) -> Response:
    if isinstance(error, RateLimited | TooSlow):
        raise error  # more than its wording matters: how long to wait, and that the connection ends
    message = error.message.replace("webhook_", "callback_")  # as its field is called here
    return JsonAnswer({"error": error.code, "error_message": message}, status_code=status_of(error))
