"""Our tools for language models, over the Model Context Protocol."""

from __future__ import annotations

from khosq.apis.face import Desk
from khosq.apis.mcp.errors import render_error
from khosq.apis.mcp.routes import PATH, build_router
from khosq.serving.door import Door


def open_mcp(desk: Desk) -> Door:
    """Return the door through which language models come; it makes no jobs, so it is no face."""
    return Door("mcp", "MCP", lambda path: path == PATH, build_router(desk), render_error)
