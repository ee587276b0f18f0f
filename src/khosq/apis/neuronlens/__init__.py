"""The NeuronLens API: a call's URL in, a transcript with its agent and its customer out."""

from __future__ import annotations

from khosq.apis.face import Face
from khosq.apis.neuronlens.dialect import NeuronLensDialect
from khosq.apis.neuronlens.errors import render_error
from khosq.apis.neuronlens.gate import DOOR, meet
from khosq.apis.neuronlens.routes import build_router, owns

FACE = Face(
    name=DOOR,
    title="NeuronLens API",
    owns=owns,
    build_router=build_router,
    render_error=render_error,
    dialect=NeuronLensDialect(),
    meet=meet,
)
