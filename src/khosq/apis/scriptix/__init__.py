"""The Scriptix API, generation 3 of its batch sessions, and as much of the older ones as their client needs."""

from __future__ import annotations

from khosq.apis.face import Face
from khosq.apis.scriptix.description import SCHEMAS
from khosq.apis.scriptix.dialect import ScriptixDialect
from khosq.apis.scriptix.errors import render_error
from khosq.apis.scriptix.routes import build_router, owns

FACE = Face(
    name="scriptix",
    title="Scriptix API",
    owns=owns,
    build_router=build_router,
    render_error=render_error,
    dialect=ScriptixDialect(),
    security_schemes={
        "key": {"type": "apiKey", "in": "header", "name": "x-zoom-s2t-key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    },
    schemas=SCHEMAS,
)
