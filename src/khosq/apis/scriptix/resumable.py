"""Resumable uploads: each makes a session of its own, or serves one that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.scriptix.clerk import KEY_HEADER, Clerk
from khosq.apis.scriptix.envelope import one
from khosq.apis.scriptix.errors import BodyRefused
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.reading import read_metadata
from khosq.errors import Busy, Conflict, Invalid, KhosqError, LinkRefused, NotFound
from khosq.identifiers import new_id
from khosq.media.partial import Upload
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.serving.answers import JsonAnswer
from khosq.serving.tus import Creation, Place, TusServer
from khosq.serving.tus.headers import read_metadata as read_header
from khosq.tenants.api_keys import Caller

MOUNT = "/api/v3/files"
LONGEST = timedelta(days=7)
"""Within this a resumable upload must be complete, however often it was broken off."""

_PAUSE = 60.0
"""Seconds between two looks for what has expired or was left by a killed server."""
_JOINED = "-"
"""Stands in the id of an upload between its session's id and what tells it from others of that session."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Uploader:
    """Whoever sends an upload."""

    key: Caller

    @property
    def owner(self) -> str:
        """The tenant: any of its keys may go on with an upload."""
        return self.key.tenant_id


class Resumable:
    """The door's part in resumable uploads."""

    def __init__(self, clerk: Clerk, opening: Opening) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._opening = opening

    async def authenticate(self, request: Request) -> Uploader:
        """Return who sends a request; a method in a header may be another than the request's.

        Raises:
            NotFound: the session of this upload was removed.

        """
        only_looks = request.method in {"GET", "HEAD"} and "x-http-method-override" not in request.headers
        caller = await (self._clerk.reader(request) if only_looks else self._clerk.writer(request))
        if upload_id := request.path_params.get("upload_id"):
            session_id = session_of(str(upload_id))
            await self._desk.briefly(lambda: self._desk.lookup.job(caller.tenant_id, session_id))
        return Uploader(caller)

    async def on_created(self, creation: Creation, caller: Uploader, request: Request) -> Place:
        """Open the upload's session, or find the one it is for."""
        await run_in_threadpool(self._clerk.count, caller.key)
        metadata = creation.metadata
        if metadata.get("session_id"):
            upload_id = await run_in_threadpool(self._join, caller.key, metadata["session_id"])
        else:
            upload_id = await run_in_threadpool(self._open, caller.key, dict(metadata), self._desk.base_url(request))
        return Place(upload_id, f"recordings/{new_id()}")

    async def on_finished(self, upload: Upload, recording: StoredRecording) -> None:
        """Give the session its recording, once."""
        job_id = session_of(upload.id)
        job = await run_in_threadpool(self._desk.lookup.job, upload.facts.owner, job_id)
        if job.recording is not None and job.recording.key == recording.key:
            return
        filename = _described(upload).get("filename", "")
        await self._desk.attach(job_id, recording, filename=filename)

    async def on_dropped(self, upload_id: str, reason: KhosqError | None) -> None:
        """End the session that was made for the upload; another one goes on waiting."""
        job_id = session_of(upload_id)
        if _JOINED in upload_id:
            await run_in_threadpool(self._desk.submissions.break_off_upload, job_id)
            return
        withdrawn = Conflict("The upload was withdrawn before it was complete.")
        await run_in_threadpool(self._desk.lookup.give_up_waiting, job_id, reason or withdrawn)

    async def show(self, upload: Upload, caller: Uploader) -> Response:
        """Tell which session an upload became."""
        return JsonAnswer(one({"session_id": session_of(upload.id), "metadata": _described(upload)}))

    def _open(self, caller: Caller, metadata: dict[str, str], base_url: str) -> str:
        try:
            job = self._opening.open(caller, read_metadata(metadata), base_url, filename=metadata.get("filename", ""))
        except BodyRefused as error:
            raise Invalid(f"Upload-Metadata: {error.message}", field=error.field) from error
        self._desk.submissions.begin_upload(job.id, until=self._desk.clock() + LONGEST)
        return job.id

    def _join(self, caller: Caller, session_id: str) -> str:
        job = self._desk.lookup.job(caller.tenant_id, session_id)
        try:
            self._desk.submissions.begin_upload(job.id, until=self._desk.clock() + LONGEST)
        except LinkRefused as error:
            raise Conflict("This session has ended; create a new one.") from error
        return f"{job.id}{_JOINED}{new_id()}"


def session_of(upload_id: str) -> str:
    """Return the id of an upload's session."""
    return upload_id.rpartition(_JOINED)[0] or upload_id


async def forget_upload(desk: Desk, session_id: str) -> None:
    """Remove what came of the upload that made a session, as the session is; one that others sent for it expires."""
    with suppress(Busy, NotFound):  # what comes at this moment is refused in the end
        async with desk.uploads.hold(session_id, accept=ALL_TYPES):
            await run_in_threadpool(desk.uploads.remove, session_id)


def tus_server(clerk: Clerk, opening: Opening) -> TusServer[Uploader]:
    """Return what speaks the protocol."""
    desk = clerk.desk
    return TusServer(
        mount=MOUNT,
        uploads=desk.uploads,
        hooks=Resumable(clerk, opening),
        accept=ALL_TYPES,
        check_disk=desk.check_disk,
        patience=desk.body_timeout,
        base_url=desk.base_url,
        key_headers=("Authorization", KEY_HEADER),
    )


@asynccontextmanager
async def tidied(tus: TusServer[Any]) -> AsyncGenerator[None, None]:
    """Look after uploads that nobody asks for any more, for as long as the block lasts."""
    tidying = asyncio.create_task(_tidy(tus))
    try:
        yield
    finally:
        tidying.cancel()
        with suppress(asyncio.CancelledError):
            await tidying


async def _tidy(tus: TusServer[Any]) -> None:
    while True:
        try:
            await tus.tidy()
        except Exception:  # the store or the database is away: the next look comes
            log.exception("uploads not tidied", action="uploads_untidied")
        await asyncio.sleep(_PAUSE)


def _described(upload: Upload) -> dict[str, str]:
    return read_header(Headers({"Upload-Metadata": upload.facts.metadata}))
