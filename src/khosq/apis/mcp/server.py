"""The tools as the protocol tells of them and calls them."""

from __future__ import annotations

import json
from typing import Any

import structlog
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from khosq import __version__
from khosq.apis.face import Desk
from khosq.apis.mcp.access import caller_of
from khosq.apis.mcp.tools import Tool, Tools
from khosq.errors import Failed, Forbidden, Invalid, KhosqError
from khosq.serving.answers import to_json
from khosq.tenants.api_keys import Caller
from khosq.tenants.tenant import SCOPES

LARGEST_BODY = 1_000_000
"""Bytes of a message."""
_INSTRUCTIONS = (
    "Calls that were recorded, as they were written down. Find some with search_calls, read one with fetch_transcript, "
    "and cite what was said by the utterance's id, its time and its link."
)
_MOST_FAULTS = 5

log = structlog.get_logger()


def open_server(desk: Desk) -> type[Response]:
    """Return what answers a request as the protocol's own library has it; nothing stays of any."""
    server = _server(desk)

    class Answer(Response):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            manager = StreamableHTTPSessionManager(
                server, json_response=True, stateless=True, max_request_body_size=LARGEST_BODY
            )
            async with manager.run():
                await manager.handle_request(scope, receive, send)

    return Answer


def _server(desk: Desk) -> Server[Any]:
    tools = {tool.name: tool for tool in Tools(desk).all()}

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in tools.values()])

    async def call_tool(context: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        request: Any = context.request
        try:
            found = await run_in_threadpool(_call, tools, asked, caller_of(request), desk.base_url(request))
        except KhosqError as error:
            if isinstance(error, Failed):
                log.exception("tool failed", action="tool_failed", tool=asked.name)
            return _told(error.message, is_error=True)
        plain = json.loads(to_json(found.model_dump(mode="json")))
        return _told(json.dumps(plain, ensure_ascii=False), plain)

    return Server(
        "khosq", version=__version__, instructions=_INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )


def _call(tools: dict[str, Tool], asked: types.CallToolRequestParams, caller: Caller, base_url: str) -> BaseModel:
    tool = tools.get(asked.name)
    if tool is None:
        raise Invalid(f"There is no tool of this name; there are {', '.join(tools)}.")
    if SCOPES.index(caller.scope) < SCOPES.index(tool.scope):
        raise Forbidden(f"This API key has the scope {caller.scope!r}; {tool.scope!r} is needed.")
    try:
        given = tool.takes.model_validate(asked.arguments or {})
    except ValidationError as error:
        raise Invalid(_sentence(error)) from error
    return tool.run(caller.tenant_id, given, base_url)


def _sentence(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
    return " ".join(f"{'.'.join(map(str, fault['loc'])) or 'The arguments'}: {fault['msg']}." for fault in faults)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema=tool.gives.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(read_only_hint=tool.scope == "read", destructive_hint=False),
    )


def _told(text: str, structured: dict[str, Any] | None = None, *, is_error: bool = False) -> types.CallToolResult:
    content = [types.TextContent(type="text", text=text.encode("utf-8", "replace").decode())]
    return types.CallToolResult(content=content, structured_content=structured, is_error=is_error)
