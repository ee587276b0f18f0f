"""Refusals: RFC 9457 problem details."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from khosq.apis.native.wire.model import Answer


class Fault(Answer):
    """One thing that is wrong with a request."""

    pointer: str
    """JSON pointer to it in the body (RFC 6901), or `/` and the name of a parameter."""
    detail: str


def _required(schema: dict[str, Any]) -> None:
    schema["required"] = ["type", "title", "status", "detail"]


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=_required)

    type: str
    """A reference that names the kind of problem; `GET` it to read about it."""
    title: str
    """The kind of problem, in words."""
    status: int
    detail: str
    """What is wrong with this request."""
    request_id: str | None = None
    """Also in `X-Request-Id`; the server's log has it."""
    errors: list[Fault] | None = None
    """Every field that is wrong."""
    violated_policies: list[str] | None = Field(default=None, alias="violated-policies")
    """The rate limits that were reached."""


class ProblemKind(Answer):
    """One kind of problem."""

    type: str
    title: str
    status: int
    description: str


class ProblemKinds(Answer):
    """Every kind of problem."""

    data: list[ProblemKind]
