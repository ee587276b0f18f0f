"""The Xosum.am API: one MP3 in through a signed link, one text out."""

from __future__ import annotations

from khosq.apis.face import Face
from khosq.apis.xosum.dialect import XosumDialect
from khosq.apis.xosum.errors import render_error
from khosq.apis.xosum.routes import build_router, owns

FACE = Face(
    name="xosum",
    title="Xosum API",
    owns=owns,
    build_router=build_router,
    render_error=render_error,
    dialect=XosumDialect(),
)
