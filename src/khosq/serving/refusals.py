"""Every error that reaches the edge becomes an answer in the shape of the door that owns the path."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from khosq.errors import (
    Failed,
    Invalid,
    KhosqError,
    MethodRefused,
    NotFound,
    RateLimited,
    TooLarge,
    TooSlow,
    Unavailable,
)
from khosq.serving.door import Door, owner

CUT = "khosq.cut"
"""Set in a request's state when its connection must not wait for the rest of the body."""
HEADERS = "khosq.headers"
"""Set in a request's state: headers that its answer carries, whether it is a refusal or not."""

log = structlog.get_logger("khosq.serving")

_BY_STATUS: dict[int, type[KhosqError]] = {404: NotFound, 405: MethodRefused, 413: TooLarge, 503: Unavailable}
_UNROUTED = {404, 405}
"""What the framework says of a request that no route takes; our routes raise errors of our own."""


def refusal(doors: Sequence[Door], path: str, error: Exception) -> Response:
    """Return the answer that tells the caller of ``path`` about ``error``."""
    known = as_khosq_error(error)
    door = owner(doors, path)
    response = door.render_error(known)
    if isinstance(known, RateLimited | Unavailable):
        response.headers["retry-after"] = str(max(1, known.retry_after))
    if isinstance(known, TooSlow):
        response.headers["connection"] = "close"
    if isinstance(error, HTTPException) and "Allow" in (error.headers or {}):
        response.headers["allow"] = ", ".join(_methods(door, path)) or (error.headers or {})["Allow"]
    return response


def _methods(door: Door, path: str) -> list[str]:
    """Return what may be done at a path; the framework names the first route's methods alone."""
    here = {"type": "http", "method": "", "path": path, "root_path": ""}
    routes = [route for route in door.router.routes if route.matches(here)[0] is not Match.NONE]
    return sorted({method for route in routes for method in getattr(route, "methods", ())})


def as_khosq_error(error: Exception) -> KhosqError:
    """Return ``error`` as one of ours; what nobody foresaw says nothing of itself to the outside."""
    if isinstance(error, KhosqError):
        return error
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, Invalid)()
    if isinstance(error, RequestValidationError):
        return Invalid()
    return Failed("The server met an unexpected fault; it was noted.")


class Refusals:
    """Middleware: renders what the routes raise."""

    def __init__(self, app: ASGIApp, *, doors: Sequence[Door]) -> None:
        self.app = app
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(scope.get("state", {}).get(HEADERS, {}))
            await send(message)

        try:
            _check_host(scope)
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            log.info("client left before its answer", action="client_gone", path=scope["path"])
        except Exception as error:
            if started:
                _note(scope, error)
                raise
            told = await self._meet(scope, receive, error)
            _note(scope, told)
            await refusal(self.doors, scope["path"], told)(scope, receive, watch)

    async def _meet(self, scope: Scope, receive: Receive, error: Exception) -> Exception:
        """Let the door meet a caller whose request no route takes; return what to tell him."""
        door = owner(self.doors, scope["path"])
        if door.meet is not None and isinstance(error, HTTPException) and error.status_code in _UNROUTED:
            try:
                await door.meet(Request(scope, receive))
            except KhosqError as stronger:
                return stronger
        return error


def _check_host(scope: Scope) -> None:
    """Refuse what RFC 9112 (3.2) refuses: with two hosts, a proxy and we may not mean the same one."""
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    if hosts > 1 or (hosts == 0 and scope.get("http_version") == "1.1"):
        raise Invalid("The request must have one Host header.")


def _note(scope: Scope, error: Exception) -> None:
    scope.setdefault("state", {})[CUT] = isinstance(error, TooSlow)
    if isinstance(error, Failed) or not isinstance(error, KhosqError | HTTPException | RequestValidationError):
        unexpected = not isinstance(error, Unavailable)
        log.error("request failed", action="request_failed", path=scope["path"], error=str(error), exc_info=unexpected)
