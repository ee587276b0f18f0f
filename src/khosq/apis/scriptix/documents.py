"""Documents of sessions: make, look, export, change, remove; and links that download them."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.scriptix.clerk import Clerk, warning_of
from khosq.apis.scriptix.envelope import one, page
from khosq.apis.scriptix.files import (
    JSON,
    File,
    Look,
    check_format,
    make_file,
    name_of_recording,
    send_file,
    send_recording,
)
from khosq.apis.scriptix.links import DOWNLOAD_TTL, DOWNLOADS, MEDIA
from khosq.apis.scriptix.mapping import KINDS, from_document, to_cues
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.reading import read_fields, read_object, read_truth
from khosq.apis.scriptix.wire import ChangeDocument, CreateDocument
from khosq.documents.document import Document
from khosq.errors import Conflict, NotFound
from khosq.jobs.job import Job
from khosq.serving.answers import JsonAnswer
from khosq.tenants.api_keys import Caller
from khosq.transcript.cues import CueOptions

_WITHOUT = ("without_timestamps", "without_speakers")


class DocumentRoutes:
    """Answers about documents."""

    def __init__(self, clerk: Clerk, opening: Opening) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._opening = opening

    async def create(self, request: Request) -> Response:
        """Make a document of a finished session."""
        caller = await self._clerk.maker(request)
        job = await self._clerk.found(caller, request)
        creation = read_fields(CreateDocument, await read_object(request, patience=self._desk.body_timeout))
        document = await run_in_threadpool(self._create, caller, job, creation)
        return JsonAnswer(one(from_document(job, document, None)), status_code=201)

    async def list(self, request: Request) -> Response:
        """Tell of a session's documents."""
        job = await self._clerk.found(await self._clerk.reader(request), request)
        shown = [from_document(job, one_, None) for one_ in await run_in_threadpool(self._desk.documents.of_job, job)]
        return JsonAnswer(page(shown, len(shown)))

    async def look(self, request: Request) -> Response:
        """Show a document, or export it."""
        caller = await self._clerk.reader(request)
        format_name, as_link = _format(request), read_truth(request, "direct_download")
        look = _look(request)
        job, document = await run_in_threadpool(self._find, caller, request)
        if format_name == MEDIA:
            return await self._media(request, job, as_link=as_link)
        check_format(format_name)
        if format_name == JSON and not as_link:
            return await run_in_threadpool(self._show, job, document)
        file = await run_in_threadpool(self._file, job, document, format_name, look)
        if not as_link:
            return send_file(job, file)
        wishes = {"format": format_name, **{name: request.query_params[name] for name in _given(request)}}
        link = self._clerk.links.download(job, self._desk.base_url(request), document.id, wishes)
        return _shown_link(link, file.name, file.media_type, len(file.content))

    async def change(self, request: Request) -> Response:
        """Change how a document is laid out."""
        caller = await self._clerk.writer(request)
        job, document = await run_in_threadpool(self._find, caller, request)
        change = read_fields(ChangeDocument, await read_object(request, patience=self._desk.body_timeout))
        changed = await run_in_threadpool(self._change, job, document, change)
        return JsonAnswer(one(from_document(job, changed, None)))

    async def delete(self, request: Request) -> Response:
        """Remove a document."""
        caller = await self._clerk.writer(request)
        await run_in_threadpool(lambda: self._desk.documents.remove(*self._find(caller, request)))
        return Response(status_code=204)

    async def download(self, request: Request) -> Response:
        """Send what a link of ours leads to."""
        self._clerk.links.verify(request, DOWNLOADS)
        owner, what = (str(request.path_params[name]) for name in ("owner", "what"))
        job = await run_in_threadpool(self._desk.lookup.job, owner, str(request.path_params["sessionId"]))
        if what == MEDIA:
            return await self._media(request, job, as_link=False)
        format_name, look = _format(request), _look(request)
        check_format(format_name)
        document = await run_in_threadpool(self._desk.documents.find, job, what)
        return send_file(job, await run_in_threadpool(self._file, job, document, format_name, look))

    def _create(self, caller: Caller, job: Job, creation: CreateDocument) -> Document:
        document, (_, *told) = self._opening.document(caller, job.id, creation, prefix="")
        self._desk.documents.add(job, document, also=told)
        return document

    def _find(self, caller: Caller, request: Request) -> tuple[Job, Document]:
        job = self._clerk.find(caller, request)
        return job, self._desk.documents.find(job, str(request.path_params["documentId"]))

    def _show(self, job: Job, document: Document) -> Response:
        outcome = self._clerk.outcome(job)
        transcript = None if outcome is None else outcome.transcript
        return JsonAnswer(one(from_document(job, document, transcript)), headers=warning_of(job))

    def _file(self, job: Job, document: Document, format_name: str, look: Look) -> File:
        outcome = self._clerk.outcome(job)
        if outcome is None:
            raise Conflict("There is no transcript yet to make a document of.")
        return make_file(job, document, outcome, format_name, look)

    def _change(self, job: Job, document: Document, change: ChangeDocument) -> Document:
        changes: dict[str, Any] = {}
        if change.document_type is not None:
            changes["kind"] = KINDS[change.document_type]
        if change.filename is not None:
            changes["filename"] = change.filename
        given = to_cues(change)
        if given:
            before = {name: getattr(document.cues, name) for name in CueOptions.__dataclass_fields__}
            changes["cues"] = CueOptions(**before | given)
        return self._desk.documents.change(job, document, **changes)

    async def _media(self, request: Request, job: Job, *, as_link: bool) -> Response:
        recording = job.recording
        if recording is None or recording.erased_at is not None:
            raise NotFound("The recording of this session is not kept.")
        name = name_of_recording(job, recording)
        if as_link:
            link = self._clerk.links.download(job, self._desk.base_url(request), MEDIA)
            return _shown_link(link, name, recording.media_type, recording.size_bytes)
        file = await run_in_threadpool(self._desk.open_blob, recording.key)
        return await send_recording(request, recording, file, name)


def _format(request: Request) -> str:
    return request.query_params.get("format", JSON)


def _look(request: Request) -> Look:
    times, speakers = (not read_truth(request, name) for name in _WITHOUT)
    return Look(with_timestamps=times, with_speakers=speakers)


def _given(request: Request) -> list[str]:
    return [name for name in _WITHOUT if name in request.query_params]


def _shown_link(link: str, name: str, media_type: str, size_bytes: int) -> Response:
    lifetime = int(DOWNLOAD_TTL.total_seconds())
    shown = {"download_url": link, "expires_in": lifetime, "filename": name, "content_type": media_type}
    return JsonAnswer(one(shown | {"size_bytes": size_bytes}))
