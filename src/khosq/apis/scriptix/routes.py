"""Scriptix' URLs, each with and without a slash at its end, and open to pages of any site."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.scriptix import description
from khosq.apis.scriptix.clerk import KEY_HEADER, Clerk
from khosq.apis.scriptix.documents import DocumentRoutes
from khosq.apis.scriptix.links import DOWNLOADS, UPLOADS
from khosq.apis.scriptix.older import OlderRoutes
from khosq.apis.scriptix.opening import Opening
from khosq.apis.scriptix.resumable import tidied, tus_server
from khosq.apis.scriptix.sessions import SessionRoutes
from khosq.apis.scriptix.uploads import UploadRoutes
from khosq.errors import MethodRefused
from khosq.serving.refusals import HEADERS
from khosq.serving.tus.headers import allowed_to_pages, shared_with_pages

SESSIONS = "/api/v3/speech-to-text/session"
SESSION = f"{SESSIONS}/{{sessionId}}"
DOCUMENTS = f"{SESSION}/document"
DOCUMENT = f"{DOCUMENTS}/{{documentId}}"
OLDER = "/api/v{version}/speech-to-text/session"

Answer = Callable[[Request], Awaitable[Response]]

_OURS = re.compile(r"/api/v[1-3](/.*)?", re.DOTALL)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = ("Authorization", KEY_HEADER, "Accept", "Range", "x-ms-blob-type")
"""What pages may send besides what resumable uploads need."""


def owns(path: str) -> bool:
    """Tell whether a path is answered in this API's shape."""
    return _OURS.fullmatch(path) is not None


def build_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    clerk, opening = Clerk(desk), Opening(desk)
    sessions, uploads = SessionRoutes(clerk, opening), UploadRoutes(clerk)
    documents, older = DocumentRoutes(clerk, opening), OlderRoutes(clerk, opening, uploads)
    tus = tus_server(clerk, opening)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncGenerator[None, None]:
        async with tidied(tus):
            yield

    router = APIRouter(lifespan=lifespan)
    tus.add_to(router)
    _add(router, SESSIONS, POST=(sessions.create, description.CREATE), GET=(sessions.list, description.LIST))
    _add(
        router,
        SESSION,
        GET=(sessions.look, description.LOOK),
        PUT=(uploads.send, description.SEND),
        POST=(uploads.send, description.SEND),
        DELETE=(sessions.delete, description.DELETE),
    )
    _add(router, f"{SESSION}/result", GET=(sessions.result, description.RESULT))
    _add(router, f"{SESSION}/upload-url", POST=(uploads.link, description.UPLOAD_URL))
    _add(router, UPLOADS, PUT=(uploads.put, description.PUT_BY_LINK))
    _add(
        router,
        DOCUMENTS,
        POST=(documents.create, description.CREATE_DOCUMENT),
        GET=(documents.list, description.LIST_DOCUMENTS),
    )
    _add(
        router,
        DOCUMENT,
        GET=(documents.look, description.LOOK_AT_DOCUMENT),
        PUT=(documents.change, description.CHANGE_DOCUMENT),
        DELETE=(documents.delete, description.DELETE_DOCUMENT),
    )
    _add(router, DOWNLOADS, GET=(documents.download, description.DOWNLOAD))
    for version in (1, 2):
        path = OLDER.format(version=version)
        _add(router, path, POST=(older.create, None))
        _add(router, f"{path}/{{sessionId}}", POST=(older.send, None), GET=(older.look, None))
    return router


def _add(router: APIRouter, path: str, **answers: tuple[Answer, Mapping[str, Any] | None]) -> None:
    """Add what answers at a path, by method; one without a description is not shown."""
    refused = [method for method in _METHODS if method not in answers]
    for spelling in (path, f"{path}/"):
        for method, (answer, told) in answers.items():
            is_shown = told is not None and spelling == path
            router.add_api_route(
                spelling, _shared(answer), methods=[method], include_in_schema=is_shown, **(told or {})
            )
        for methods, answer in ((["OPTIONS"], _preflight([*answers])), (refused, _refusal([*answers]))):
            router.add_api_route(spelling, answer, methods=methods, include_in_schema=False)


def _shared(answer: Answer) -> Answer:
    """Let pages of any site read an answer: callers show a key, which no browser adds by itself."""

    async def endpoint(request: Request) -> Response:
        request.scope["state"][HEADERS] = _shared_headers(request)
        return await answer(request)

    return endpoint


def _preflight(methods: list[str]) -> Answer:
    async def endpoint(request: Request) -> Response:
        allowed = allowed_to_pages(methods, _HEADERS) | _shared_headers(request)
        return Response(status_code=204, headers={"Allow": ", ".join(methods)} | allowed)

    return endpoint


def _refusal(methods: list[str]) -> Answer:
    async def endpoint(request: Request) -> Response:
        request.scope["state"][HEADERS] = {"Allow": ", ".join(methods)} | _shared_headers(request)
        raise MethodRefused

    return endpoint


def _shared_headers(request: Request) -> dict[str, str]:
    headers = shared_with_pages(request.headers.get("origin"))
    if headers:
        headers["Access-Control-Expose-Headers"] += ", Content-Disposition, Content-Range, X-Khosq-Warning"
    return headers
