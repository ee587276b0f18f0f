"""Sessions: open, look, list, remove."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.scriptix.clerk import Clerk, warning_of
from khosq.apis.scriptix.envelope import one, page
from khosq.apis.scriptix.errors import AlreadyRemoved
from khosq.apis.scriptix.mapping import from_job, from_transcript
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.reading import LARGEST_PAGE, USUAL_PAGE, read_fields, read_number, read_object
from khosq.apis.scriptix.resumable import forget_upload
from khosq.apis.scriptix.wire import CreateSession
from khosq.errors import NotFound
from khosq.jobs.job import Chosen, Job
from khosq.serving.answers import JsonAnswer
from khosq.tenants.api_keys import Caller


class SessionRoutes:
    """Answers about sessions."""

    def __init__(self, clerk: Clerk, opening: Opening) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._opening = opening

    async def create(self, request: Request) -> Response:
        """Open a session; with a source it starts at once."""
        caller = await self._clerk.maker(request)
        creation = read_fields(CreateSession, await read_object(request, patience=self._desk.body_timeout))
        base_url = self._desk.base_url(request)
        job = await run_in_threadpool(self._opening.open, caller, creation, base_url)
        return await self._clerk.answer(job)

    async def look(self, request: Request) -> Response:
        """Tell how a session stands."""
        caller = await self._clerk.reader(request)
        return await self._clerk.answer(await self._clerk.found(caller, request))

    async def result(self, request: Request) -> Response:
        """Tell how a session stands, with its transcript once it is done."""
        caller = await self._clerk.reader(request)
        job = await self._clerk.found(caller, request)
        return await run_in_threadpool(self._result, job)

    async def list(self, request: Request) -> Response:
        """Tell of a caller's sessions, newest first."""
        caller = await self._clerk.reader(request)
        offset = read_number(request, "offset", otherwise=0)
        limit = read_number(request, "limit", otherwise=USUAL_PAGE, most=LARGEST_PAGE)
        return await run_in_threadpool(self._list, caller, offset, limit)

    async def delete(self, request: Request) -> Response:
        """Remove a session, at work or not, and everything about it."""
        caller = await self._clerk.writer(request)
        session_id = str(request.path_params["sessionId"])
        await run_in_threadpool(self._delete, caller, session_id)
        await forget_upload(self._desk, session_id)
        return JsonAnswer(one({"session_id": session_id}))

    def _result(self, job: Job) -> Response:
        outcome = self._clerk.outcome(job)
        results = [] if outcome is None else from_transcript(job, outcome.transcript)
        return JsonAnswer(one(self._clerk.show(job) | {"results": results}), headers=warning_of(job))

    def _list(self, caller: Caller, offset: int, limit: int) -> Response:
        chosen = Chosen(caller.tenant_id)
        jobs = self._desk.lookup.jobs(chosen, limit=limit, offset=offset)
        documents = self._desk.documents.first_of(jobs)
        shown = [from_job(job, documents.get(job.id), media_link=self._clerk.links.media) for job in jobs]
        return JsonAnswer(page(shown, self._desk.lookup.count(chosen)))

    def _delete(self, caller: Caller, session_id: str) -> None:
        try:
            self._desk.lookup.delete(caller.tenant_id, session_id, key_id=caller.key_id)
        except NotFound as error:
            if self._desk.lookup.deletion(caller.tenant_id, session_id) is not None:
                raise AlreadyRemoved from error
            raise
