"""Transcripts, and the files they are exported to."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import description
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import PRIVATE, answer, attachment, matches, not_modified
from khosq.apis.native.mapping import from_outcome, to_export_options
from khosq.apis.native.reading import read_query
from khosq.apis.native.wire.transcripts import ExportQuery
from khosq.errors import Conflict, Invalid
from khosq.jobs.job import Job, JobState
from khosq.transcript.exports import FORMATS, render

_SEPARATORS = re.compile(r"[/\\\x00-\x1f\x7f]+")


class Transcripts:
    """What can be asked of what a job made."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add, job = router.add_api_route, f"{BASE}/jobs/{{job_id}}"
        add(f"{job}/transcript", self.get, methods=["GET"], **description.GET_TRANSCRIPT)
        add(f"{job}/exports/{{format}}", self.export, methods=["GET"], **description.EXPORT)

    async def get(self, request: Request) -> Response:
        """Return a transcript."""
        job = await self._find(request)
        etag = f'"{job.id}"'  # what a job made never changes
        if matches(request, etag):
            return not_modified(etag)
        headers = {"etag": etag, **PRIVATE}
        return await run_in_threadpool(
            lambda: answer(from_outcome(job, self._desk.lookup.outcome(job)), headers=headers)
        )

    async def export(self, request: Request) -> Response:
        """Return a transcript as a file."""
        asked, name = read_query(request, ExportQuery), str(request.path_params["format"])
        if name not in FORMATS:
            raise Invalid(f"There is no format {name!r}; there are {', '.join(FORMATS)}.", field="format")
        job = await self._find(request)
        written = await run_in_threadpool(self._write, job, name, asked)
        headers = {"content-disposition": attachment(f"{_stem(job)}.{FORMATS[name].extension}"), **PRIVATE}
        headers["x-content-type-options"] = "nosniff"
        return Response(written, media_type=FORMATS[name].media_type, headers=headers)

    def _write(self, job: Job, name: str, asked: ExportQuery) -> bytes:
        outcome = self._desk.lookup.outcome(job)
        return render(outcome.transcript, name, options=to_export_options(asked, job, outcome))

    async def _find(self, request: Request) -> Job:
        job_id = str(request.path_params["job_id"])
        job = await self._access.look(request, "read", lambda caller: self._desk.lookup.job(caller.tenant_id, job_id))
        if job.state is not JobState.SUCCEEDED:
            raise Conflict(f"This job has no transcript: it is {job.state}.")
        return job


def _stem(job: Job) -> str:
    """Return what a job's files are called, without an extension."""
    name = PurePosixPath(_SEPARATORS.sub("_", job.filename)).stem
    return name.strip(". ")[:100] or job.id
