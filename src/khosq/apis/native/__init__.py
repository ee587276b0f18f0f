"""Our own API: recordings, jobs, transcripts, exports, webhooks, keys, usage."""

from __future__ import annotations

from khosq.apis.face import Face
from khosq.apis.native.description import schemas
from khosq.apis.native.dialect import NativeDialect
from khosq.apis.native.errors import render_error
from khosq.apis.native.routes import build_router, owns

FACE = Face(
    name="native",
    title="khosq API",
    owns=owns,
    build_router=build_router,
    render_error=render_error,
    dialect=NativeDialect(),
    schemas=schemas(),
)
