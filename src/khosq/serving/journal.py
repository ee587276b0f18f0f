"""One log line and one measurement per request; no query string and no key in either."""

from __future__ import annotations

import time
from collections.abc import Sequence
from secrets import token_hex

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from khosq.serving.door import Door, owner
from khosq.serving.metrics import Meters

log = structlog.get_logger("khosq.serving")

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
CLIENT_GONE = 499
"""Logged, never sent: the client left before the answer (nginx's number)."""


class Journal:
    """Middleware: gives each request an id, notes how it went."""

    def __init__(self, app: ASGIApp, *, doors: Sequence[Door], meters: Meters) -> None:
        self.app = app
        self.doors = doors
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = token_hex(6), time.perf_counter(), CLIENT_GONE

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, watch)
        finally:
            self._note(scope, status, time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id", "job_id")

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path, method = scope["path"], scope["method"]
        template = getattr(scope.get("route"), "path", "unmatched")
        self.meters.note(owner(self.doors, path).name, template, method, status, seconds)
        write = log.debug if path in QUIET else log.info
        write(
            "request answered",
            action="request_answered",
            method=method,
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
        )
