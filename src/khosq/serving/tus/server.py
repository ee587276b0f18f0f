"""The protocol's requests and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from functools import partial
from typing import Generic

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import (
    Busy,
    Invalid,
    KhosqError,
    MethodRefused,
    NotFound,
    OffsetDiffers,
    Refused,
    TooLarge,
    UnsupportedMedia,
    UploadExpired,
    VersionRefused,
)
from khosq.media.partial import Checksum, HeldUpload, PartialUploads, Upload
from khosq.media.recording import MediaType
from khosq.serving.bodies import check_declared_size, media_chunks
from khosq.serving.refusals import HEADERS
from khosq.serving.tus import headers
from khosq.serving.tus.hooks import C, Creation, TusHooks
from khosq.storage.blocks import in_thread

log = structlog.get_logger("khosq.serving")

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_CUT_OFF = "The upload was cut off before its address was known."
_ROUTED = ("OPTIONS", "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE")
"""Any of them may carry X-HTTP-Method-Override."""
_OF_COLLECTION = ("OPTIONS", "POST")
_OF_UPLOAD = ("OPTIONS", "HEAD", "GET", "PATCH", "DELETE")
_OF_ANY_VERSION = frozenset({"OPTIONS", "GET"})


class TusServer(Generic[C]):
    """Answers the requests beneath one path.

    Args:
        mount: the path of the collection, without a slash at its end; ``{mount}/`` is served alike.
        uploads: where they are kept.
        hooks: the door's part.
        accept: formats of recordings.
        check_disk: raises ``Unavailable`` when nothing more should be taken in.
        patience: seconds; see ``serving.bodies``.
        base_url: what our links begin with, without a slash at the end.
        key_headers: the headers in which callers send their key, for browsers.

    """

    def __init__(  # noqa: PLR0913 - one server's facts
        self,
        *,
        mount: str,
        uploads: PartialUploads,
        hooks: TusHooks[C],
        accept: frozenset[MediaType],
        check_disk: Callable[[], None],
        patience: float,
        base_url: Callable[[Request], str],
        key_headers: Sequence[str] = ("Authorization",),
    ) -> None:
        self._mount = mount
        self._uploads = uploads
        self._hooks = hooks
        self._accept = accept
        self._check_disk = check_disk
        self._patience = patience
        self._base_url = base_url
        self._key_headers = key_headers

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        for path, answer in (("", self._collection), ("/", self._collection), ("/{upload_id}", self._upload)):
            router.add_api_route(self._mount + path, answer, methods=[*_ROUTED], include_in_schema=False)

    async def tidy(self) -> None:
        """Remove what has expired, and hand on what is whole but was not; for now and then, and for the start."""
        for upload in await in_thread(self._uploads.sweep):
            await self._hooks.on_dropped(upload.id, UploadExpired())
        for upload_id in await in_thread(self._uploads.stranded):
            try:
                await self._catch_up(upload_id)
            except KhosqError as error:
                log.warning("upload not handed on", action="upload_stranded", upload_id=upload_id, error=error.message)

    async def _collection(self, request: Request) -> Response:
        if self._begin(request, _OF_COLLECTION) == "OPTIONS":
            return self._options(_OF_COLLECTION)
        return await self._create(request, await self._hooks.authenticate(request))

    async def _upload(self, request: Request) -> Response:
        method = self._begin(request, _OF_UPLOAD)
        if method == "OPTIONS":
            return self._options(_OF_UPLOAD)
        caller = await self._hooks.authenticate(request)
        upload = await in_thread(partial(self._find, str(request.path_params["upload_id"]), caller.owner))
        match method:
            case "GET":
                return await self._hooks.show(upload, caller)
            case "HEAD":
                return await self._look(upload)
            case "PATCH":
                return await self._extend(request, upload)
            case _:
                return await self._terminate(upload)

    def _begin(self, request: Request, allowed: Sequence[str]) -> str:
        """Return the method that is meant; whatever the answer will be, it carries the protocol's headers."""
        method = headers.only(request.headers, "X-HTTP-Method-Override") or request.method
        carried = headers.shared_with_pages(request.headers.get("origin"))
        request.scope["state"][HEADERS] = carried
        if method != "OPTIONS":
            carried["Tus-Resumable"] = headers.VERSION
        if method not in allowed:
            carried["Allow"] = ", ".join(allowed)
            raise MethodRefused
        if method not in _OF_ANY_VERSION and headers.only(request.headers, "Tus-Resumable") != headers.VERSION:
            carried["Tus-Version"] = headers.VERSION
            raise VersionRefused(f"Send Tus-Resumable: {headers.VERSION}, the version of tus that is spoken here.")
        return method

    def _find(self, upload_id: str, owner: str) -> Upload:
        upload = self._uploads.find(upload_id) if _ID.fullmatch(upload_id) else None
        if upload is None or upload.facts.owner != owner:
            raise NotFound
        return upload

    def _options(self, methods: Sequence[str]) -> Response:
        described = headers.describe_server(self._uploads.max_bytes)
        return Response(status_code=204, headers=described | headers.allowed_to_pages(methods, self._key_headers))

    async def _create(self, request: Request, caller: C) -> Response:
        sent = request.headers
        length, metadata = headers.read_length(sent), headers.read_metadata(sent)
        has_body, checksum = headers.has_body(sent), headers.read_checksum(sent)
        self._uploads.check_length(length)
        await in_thread(self._check_disk)
        place = await self._hooks.on_created(Creation(metadata, length), caller, request)
        create = partial(self._uploads.create, place.upload_id, key=place.key, owner=caller.owner)
        try:
            await in_thread(partial(create, metadata=sent.get("Upload-Metadata", ""), length=length))
            async with self._hold(place.upload_id) as held:
                if has_body:
                    await self._receive(request, held, checksum)
                await self._finish(held)
        except Exception as error:  # without an answer nobody knows its address
            await self._drop(place.upload_id, error if isinstance(error, KhosqError) else Invalid(_CUT_OFF))
            raise
        known = headers.progress(held.upload) if has_body else headers.expiry(held.upload)
        location = f"{self._base_url(request)}{self._mount}/{place.upload_id}"
        return Response(status_code=201, headers={"Location": location, **known})

    async def _look(self, upload: Upload) -> Response:
        if upload.is_whole and not upload.has_ended:
            with suppress(Busy):
                upload = await self._catch_up(upload.id)
        return Response(headers=headers.describe_upload(upload))

    async def _extend(self, request: Request, upload: Upload) -> Response:
        sent = request.headers
        if not headers.has_body(sent):
            raise UnsupportedMedia(f"Send the bytes as Content-Type: {headers.CONTENT_TYPE}.")
        offset, length = headers.read_offset(sent), headers.read_number(sent, "Upload-Length")
        checksum = headers.read_checksum(sent)
        await in_thread(self._check_disk)
        async with self._hold(upload.id) as held:
            try:
                held.require_offset(offset)
                if length is not None:
                    await in_thread(partial(held.set_length, length))
                await self._receive(request, held, checksum)
            except OffsetDiffers as error:
                request.scope["state"][HEADERS]["Upload-Offset"] = str(error.offset)
                raise
            except UnsupportedMedia as refusal:
                await self._drop(upload.id, refusal)
                raise
            await self._finish_or_drop(held)
        return Response(status_code=204, headers=headers.progress(held.upload))

    async def _terminate(self, upload: Upload) -> Response:
        async with self._hold(upload.id) as held:
            if held.upload.has_ended:
                await in_thread(partial(self._uploads.remove, upload.id))
            else:
                await self._drop(upload.id, None)
        return Response(status_code=204)

    async def _receive(self, request: Request, held: HeldUpload, checksum: Checksum | None) -> None:
        check_declared_size(request, held.room)
        async with aclosing(media_chunks(request, patience=self._patience)) as chunks:
            if held.room:
                await held.extend(chunks, checksum=checksum)
            elif any([chunk async for chunk in chunks]):
                raise TooLarge

    async def _catch_up(self, upload_id: str) -> Upload:
        """Hand on what is whole."""
        async with self._hold(upload_id) as held:
            await self._finish_or_drop(held)
        return held.upload

    async def _finish_or_drop(self, held: HeldUpload) -> None:
        try:
            await self._finish(held)
        except Refused as refusal:
            await self._drop(held.upload.id, refusal)
            raise

    async def _finish(self, held: HeldUpload) -> None:
        """Hand the recording on once it is whole; whatever is killed here is done again."""
        upload = held.upload
        if upload.has_ended or not upload.is_whole:
            return
        if upload.offset == 0:
            await self._hooks.on_dropped(upload.id, Invalid("The upload is empty: there is no recording in it."))
        elif recording := await in_thread(held.settle):
            await self._hooks.on_finished(upload, recording)
        await in_thread(held.end)

    async def _drop(self, upload_id: str, reason: KhosqError | None) -> None:
        await self._hooks.on_dropped(upload_id, reason)
        await in_thread(partial(self._uploads.remove, upload_id))

    def _hold(self, upload_id: str) -> AbstractAsyncContextManager[HeldUpload]:
        return self._uploads.hold(upload_id, accept=self._accept)
