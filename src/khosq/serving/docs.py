"""What a door can do, told from its OpenAPI description: as JSON, and as one plain page without scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from jinja2 import Environment, PackageLoader
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from khosq import __version__
from khosq.serving.answers import HtmlAnswer, JsonAnswer
from khosq.serving.door import Door

PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"

_templates = Environment(loader=PackageLoader("khosq.serving"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    method: str
    path: str
    summary: str
    description: str
    request_examples: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    """Status, meaning, examples."""


def docs_routes(door: Door) -> APIRouter:
    """Return ``/docs/<door>`` and its OpenAPI file; both are put together when first asked for."""
    router = APIRouter(include_in_schema=False)

    @cache
    def schema() -> dict[str, Any]:
        return describe(door)

    @cache
    def page() -> str:
        return _templates.get_template("docs.html").render(door=door, operations=list(operations(schema())))

    async def openapi() -> Response:
        return JsonAnswer(await run_in_threadpool(schema))

    async def read() -> Response:
        headers = {"content-security-policy": PAGE_POLICY, "x-content-type-options": "nosniff"}
        return HtmlAnswer(await run_in_threadpool(page), headers=headers)

    router.add_api_route(f"/docs/{door.name}/openapi.json", openapi, methods=["GET"])
    router.add_api_route(f"/docs/{door.name}", read, methods=["GET"])
    return router


def describe(door: Door) -> dict[str, Any]:
    """Return the OpenAPI description of a door."""
    schema: dict[str, Any] = get_openapi(title=door.title, version=__version__, routes=door.router.routes)
    components = schema.setdefault("components", {})
    components["securitySchemes"] = dict(door.security_schemes)
    components["schemas"] = components.get("schemas", {}) | dict(door.schemas)
    return schema


def operations(schema: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield every operation of an OpenAPI description, in its order."""
    for path, methods in schema["paths"].items():
        for method, facts in methods.items():
            yield Operation(
                method=method.upper(),
                path=path,
                summary=facts.get("summary", ""),
                description=facts.get("description", ""),
                request_examples=_examples(facts.get("requestBody", {})),
                answers=tuple(
                    (status, answer.get("description", ""), _examples(answer))
                    for status, answer in facts.get("responses", {}).items()
                ),
            )


def _examples(part: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (example.get("summary", name), json.dumps(example["value"], ensure_ascii=False, indent=2))
        for content in part.get("content", {}).values()
        for name, example in content.get("examples", {}).items()
    )
