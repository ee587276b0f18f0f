"""The OpenAI API for audio: a recording in, its text in the same answer."""

from __future__ import annotations

from khosq.apis.face import Face
from khosq.apis.openai.dialect import OpenAiDialect
from khosq.apis.openai.errors import render_error
from khosq.apis.openai.gate import DOOR
from khosq.apis.openai.routes import build_router, owns

FACE = Face(
    name=DOOR,
    title="OpenAI-compatible API",
    owns=owns,
    build_router=build_router,
    render_error=render_error,
    dialect=OpenAiDialect(),
)
