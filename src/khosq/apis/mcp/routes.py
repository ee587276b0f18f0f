"""The one address of MCP: every request stands for itself, and carries its key."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from khosq.apis.face import Desk
from khosq.apis.mcp.server import CALLER, build_mcp_server
from khosq.serving.credentials import bearer
from khosq.tenants.api_keys import Caller

PATH = "/mcp"
DOOR = "mcp"
REQUESTS_PER_MINUTE = 600
_LARGEST_BODY = 1_000_000


def build_router(desk: Desk) -> APIRouter:
    """Return the route."""
    router, server = APIRouter(), build_mcp_server(desk)

    async def answer(request: Request) -> Response:
        caller = await desk.briefly(partial(_admit, desk, request))
        request.scope.setdefault("state", {})[CALLER] = caller
        return _Answer(
            StreamableHTTPSessionManager(
                server, json_response=True, stateless=True, max_request_body_size=_LARGEST_BODY
            )
        )

    router.add_api_route(PATH, answer, methods=["POST"], include_in_schema=False, response_class=Response)
    return router


class _Answer(Response):
    """What the protocol's own library answers."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing of it stays."""
        async with self._manager.run():
            await self._manager.handle_request(scope, receive, send)


def _admit(desk: Desk, request: Request) -> Caller:
    caller = desk.api_keys.authenticate(bearer(request), scope="read", door=DOOR)
    desk.rate_limits.count(caller.key_id, DOOR, limit=REQUESTS_PER_MINUTE)
    return caller
