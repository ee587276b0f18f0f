"""Recordings: uploaded, looked at, listened to, removed."""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from functools import partial

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import description
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import NO_STORE, answer
from khosq.apis.native.audio import audio
from khosq.apis.native.forms import read_recording
from khosq.apis.native.mapping import from_recording
from khosq.apis.native.pages import read_page
from khosq.apis.native.reading import read_model, read_query
from khosq.apis.native.wire import recordings as wire
from khosq.apis.native.wire.model import Paged
from khosq.identifiers import new_id
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.media.uploads import sign_link, verify_link
from khosq.recordings.recording import Recording
from khosq.serving.bodies import check_declared_size, media_chunks
from khosq.tenants.api_keys import Caller

_ID = 20
"""Characters of an id made here."""


class Recordings:
    """What can be asked of recordings."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add = router.add_api_route
        add(f"{BASE}/recordings", self.create, methods=["POST"], **description.CREATE_RECORDING)
        add(f"{BASE}/recordings", self.page, methods=["GET"], **description.LIST_RECORDINGS)
        add(f"{BASE}/recordings/uploads", self.link, methods=["POST"], **description.CREATE_UPLOAD)
        add(f"{BASE}/uploads/{{ticket}}", self.upload, methods=["PUT"], **description.UPLOAD_RECORDING)
        add(f"{BASE}/recordings/{{recording_id}}", self.get, methods=["GET"], **description.GET_RECORDING)
        add(f"{BASE}/recordings/{{recording_id}}", self.delete, methods=["DELETE"], **description.DELETE_RECORDING)
        where = f"{BASE}/recordings/{{recording_id}}/audio"
        add(where, self.audio, methods=["GET"], **description.GET_AUDIO)
        add(where, self.audio, methods=["HEAD"], **description.HEAD_AUDIO)

    async def create(self, request: Request) -> Response:
        """Take in a recording."""
        caller = await self._access.admit(request, "write")
        await self._check_room(request)
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            _, name, stored = await read_recording(request, self._desk)
        else:
            name, stored = read_query(request, wire.FileQuery).filename, await self._receive(request)
        return await self._keep(stored, caller.tenant_id, name)

    async def link(self, request: Request) -> Response:
        """Return a link to which a recording may be sent."""
        caller = await self._access.admit(request, "write")
        asked = await read_model(request, wire.CreateUpload, timeout=self._desk.body_timeout)
        recording_id, expires = new_id(_ID), self._desk.clock() + timedelta(seconds=asked.expires_in)
        path = _upload_path(caller.tenant_id + recording_id)
        query = sign_link(self._desk.secret, method="PUT", path=path, expires=expires)
        link = wire.UploadLink(url=f"{self._desk.base_url(request)}{path}?{query}", expires_at=expires)
        return answer(wire.UploadOfRecording(recording_id=recording_id, upload=link), 201, headers=NO_STORE)

    async def upload(self, request: Request) -> Response:
        """Take in a recording that comes by its link."""
        ticket, asked = str(request.path_params["ticket"]), read_query(request, wire.LinkQuery)
        query = request.scope["query_string"].decode("latin-1")
        path = _upload_path(ticket)
        verify_link(self._desk.secret, method="PUT", path=path, query=query, now=self._desk.clock())
        tenant_id, recording_id = ticket[:_ID], ticket[_ID:]
        await self._check_room(request)
        return await self._keep(await self._receive(request), tenant_id, asked.filename, recording_id)

    async def page(self, request: Request) -> Response:
        """Return one page of recordings."""
        asked = read_query(request, Paged)

        def find(caller: Caller) -> wire.RecordingPage:
            found, cursor = read_page(
                asked, lambda after, limit: self._desk.recordings.recordings(caller.tenant_id, limit=limit, after=after)
            )
            return wire.RecordingPage(data=[from_recording(one) for one in found], next_cursor=cursor)

        return answer(await self._access.act(request, "read", find))

    async def get(self, request: Request) -> Response:
        """Return what is known of a recording."""
        return answer(from_recording(await self._find(request)))

    async def audio(self, request: Request) -> Response:
        """Return a recording's bytes."""
        return await audio(request, await self._find(request), self._desk.open_blob)

    async def delete(self, request: Request) -> Response:
        """Let a recording's bytes go."""
        recording_id = str(request.path_params["recording_id"])
        await self._access.act(
            request, "write", lambda caller: self._desk.recordings.remove(caller.tenant_id, recording_id)
        )
        return Response(status_code=204)

    async def _find(self, request: Request) -> Recording:
        recording_id = str(request.path_params["recording_id"])
        return await self._access.look(
            request, "read", lambda caller: self._desk.recordings.recording(caller.tenant_id, recording_id)
        )

    async def _check_room(self, request: Request) -> None:
        check_declared_size(request, self._desk.max_upload_bytes)
        await run_in_threadpool(self._desk.check_disk)

    async def _receive(self, request: Request) -> StoredRecording:
        async with aclosing(media_chunks(request, patience=self._desk.body_timeout)) as chunks:
            return await self._desk.receive(chunks, accept=ALL_TYPES)

    async def _keep(
        self, stored: StoredRecording, tenant_id: str, filename: str, recording_id: str | None = None
    ) -> Response:
        keep = partial(self._desk.recordings.keep, tenant_id, stored, filename=filename, recording_id=recording_id)
        try:
            recording = await run_in_threadpool(keep)
        except Exception:
            await run_in_threadpool(self._desk.discard, stored)
            raise
        where = f"{BASE}/recordings/{recording.id}"
        return answer(from_recording(recording), 201, headers={"location": where})


def _upload_path(ticket: str) -> str:
    return f"{BASE}/uploads/{ticket}"
