"""The one address of MCP: every request stands for itself, and carries its key."""

from __future__ import annotations

from functools import cache, partial

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import Desk
from khosq.apis.mcp.access import admit

PATH = "/mcp"


def build_router(desk: Desk) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @cache
    def answering() -> type[Response]:
        from khosq.apis.mcp.server import open_server  # noqa: PLC0415 - half a second, for those who come here alone

        return open_server(desk)

    async def answer(request: Request) -> Response:
        await desk.briefly(partial(admit, desk, request))
        return (await run_in_threadpool(answering))()

    router.add_api_route(PATH, answer, methods=["POST"], include_in_schema=False, response_class=Response)
    return router
