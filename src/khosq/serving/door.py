"""A door: who answers which paths, and in what shape it refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import KhosqError


@dataclass(frozen=True)
class Door:
    """One part of the address space with one way of speaking."""

    name: str
    title: str
    owns: Callable[[str], bool]
    """Tells whether a path, known or not, is answered in this door's shape."""
    router: APIRouter
    render_error: Callable[[KhosqError], Response]
    meet: Callable[[Request], Awaitable[None]] | None = None
    """Meets a caller whose request no route takes, before he is told so; what it raises is told instead."""
    documented: bool = False
    """Whether ``/docs/<name>`` describes it."""
    security_schemes: Mapping[str, Any] = field(default_factory=dict)
    """How callers prove who they are, as OpenAPI words it."""
    schemas: Mapping[str, Any] = field(default_factory=dict)
    """What its routes' descriptions refer to, by name."""


def owner(doors: Sequence[Door], path: str) -> Door:
    """Return the first door that owns ``path``; the last one owns what nobody else does."""
    return next((door for door in doors if door.owns(path)), doors[-1])
