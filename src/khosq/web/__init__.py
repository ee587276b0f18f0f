"""The dashboard: server-rendered pages that show one tenant its recordings."""

from __future__ import annotations

from khosq.serving.door import Door
from khosq.web.answers import render_error
from khosq.web.desk import WebDesk
from khosq.web.pages import build_router


def open_web(desk: WebDesk) -> Door:
    """Return the door that owns every path no other does."""
    return Door("web", "Dashboard", lambda _: True, build_router(desk), render_error)
