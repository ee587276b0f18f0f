"""The doors: every HTTP API we answer. To add one: write its folder, add its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khosq import registry

if TYPE_CHECKING:
    from khosq.apis.face import Desk, Face
    from khosq.serving.door import Door

FACES = {
    "xosum": "khosq.apis.xosum:FACE",
    "native": "khosq.apis.native:FACE",
    "neuronlens": "khosq.apis.neuronlens:FACE",
    "scriptix": "khosq.apis.scriptix:FACE",
    "openai": "khosq.apis.openai:FACE",
}
"""Name → where its ``Face`` lies, in order of precedence over paths."""

OTHERS = {"mcp": "khosq.apis.mcp:open_mcp"}
"""Name → where lies what opens a door at which no job is made."""


def load_face(name: str) -> Face:
    """Return the face called ``name``.

    Raises:
        ModelMissing: there is none.

    """
    face: Face = registry.load(name, FACES, "khosq.faces")
    return face


def open_doors(desk: Desk) -> list[Door]:
    """Return the doors of every face we ship, and those that are no face."""
    others: list[Door] = [registry.load(name, OTHERS, "khosq.doors")(desk) for name in OTHERS]
    return [*(load_face(name).open(desk) for name in FACES), *others]
