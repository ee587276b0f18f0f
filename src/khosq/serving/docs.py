"""What the doors can do, told from their OpenAPI descriptions: as JSON, and as plain pages without scripts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq import __version__
from khosq.serving.addresses import base_url
from khosq.serving.answers import HtmlAnswer, JsonAnswer
from khosq.serving.door import Door

PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"

_HEADERS = {"content-security-policy": PAGE_POLICY, "x-content-type-options": "nosniff"}
_LIMITS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("maxProperties", "at most {} entries"),
)
_JOINED = (("anyOf", Markup(" or ")), ("oneOf", Markup(" or ")), ("allOf", Markup(" and ")))

Schema = Mapping[str, Any]
Examples = tuple[tuple[str, str], ...]
"""Names and texts."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body."""

    name: str
    place: str
    """``path``, ``query`` or ``header``; empty in a body."""
    required: bool
    kind: Markup
    text: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """One form of a body."""

    media_type: str
    kind: Markup
    text: str
    fields: tuple[Field, ...]
    examples: Examples


@dataclass(frozen=True, slots=True)
class Answer:
    """What one status means."""

    status: str
    text: str
    headers: tuple[tuple[str, str], ...]
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    access: tuple[str, ...]
    """The headers that prove who is calling; one is enough."""
    parameters: tuple[Field, ...]
    bodies: tuple[Content, ...]
    answers: tuple[Answer, ...]
    refusals: tuple[Answer, ...]
    curl: str


def docs_routes(doors: Sequence[Door]) -> APIRouter:
    """Return ``/docs``, and a page and an OpenAPI file for each door; they are put together when first asked for.

    A door is also found under the first word of its title.
    """
    router = APIRouter(include_in_schema=False)

    async def index(request: Request) -> Response:
        return HtmlAnswer(_rendered("docs_index.html", doors=doors, base=base_url(request, None)), headers=_HEADERS)

    async def style() -> Response:
        return Response(_templates.get_template("docs.css").render(), media_type="text/css")

    router.add_api_route("/docs", index, methods=["GET"])
    router.add_api_route("/docs/docs.css", style, methods=["GET"])
    for door in doors:
        _add(router, door)
    return router


def _add(router: APIRouter, door: Door) -> None:
    @cache
    def schema() -> dict[str, Any]:
        return describe(door)

    @lru_cache(maxsize=4)
    def page(base: str) -> str:
        found = list(operations(schema(), base))
        objects = [(name, _content("", {"schema": one})) for name, one in schema()["components"]["schemas"].items()]
        return _rendered("docs.html", door=door, base=base, operations=found, refusals=refusals(found), objects=objects)

    async def openapi() -> Response:
        return JsonAnswer(await run_in_threadpool(schema))

    async def read(request: Request) -> Response:
        return HtmlAnswer(await run_in_threadpool(page, base_url(request, None)), headers=_HEADERS)

    for name in dict.fromkeys((door.name, door.title.split()[0].lower())):
        router.add_api_route(f"/docs/{name}/openapi.json", openapi, methods=["GET"])
        router.add_api_route(f"/docs/{name}", read, methods=["GET"])


def describe(door: Door) -> dict[str, Any]:
    """Return the OpenAPI description of a door."""
    schema: dict[str, Any] = get_openapi(title=door.title, version=__version__, routes=door.router.routes)
    components = schema.setdefault("components", {})
    components["securitySchemes"] = dict(door.security_schemes)
    components["schemas"] = components.get("schemas", {}) | dict(door.schemas)
    return schema


def operations(schema: Schema, base: str) -> Iterator[Operation]:
    """Yield every operation of an OpenAPI description, in its order; ``base`` begins its address."""
    components = schema["components"]
    for path, methods in schema["paths"].items():
        for method, facts in methods.items():
            answers = tuple(_answer(status, one) for status, one in sorted(facts.get("responses", {}).items()))
            access = tuple(
                _access(components["securitySchemes"][name]) for one in facts.get("security", ()) for name in one
            )
            yield Operation(
                anchor=facts.get("operationId", f"{method} {path}"),
                method=method.upper(),
                path=path,
                summary=facts.get("summary", ""),
                description=facts.get("description", ""),
                access=access,
                parameters=tuple(_parameter(one) for one in facts.get("parameters", ())),
                bodies=tuple(
                    _content(media_type, one, components["schemas"])
                    for media_type, one in facts.get("requestBody", {}).get("content", {}).items()
                ),
                answers=tuple(one for one in answers if one.status < "4"),
                refusals=tuple(one for one in answers if one.status >= "4"),
                curl=_curl(method.upper(), base + path, facts, access[:1], components["schemas"]),
            )


def refusals(found: Iterable[Operation]) -> dict[str, Any]:
    """Return what the operations refuse: each meaning once, and each example once."""
    every = [refusal for operation in found for refusal in operation.refusals]
    meanings = sorted({(one.status, one.text) for one in every})
    examples = {text: name for one in every for content in one.contents for name, text in content.examples}
    return {"anchors": {one: f"refusal-{number}" for number, one in enumerate(meanings)}, "examples": examples}


def prose(text: str) -> Markup:
    """Return text as HTML, with what stands in backticks as code."""
    return Markup(re.sub(r"(`+)(.+?)\1", r"<code>\2</code>", str(escape(text))))  # noqa: S704 - escaped before


def _rendered(template: str, **values: Any) -> str:
    return _templates.get_template(template).render(values)


def _answer(status: str, answer: Schema) -> Answer:
    return Answer(
        status,
        answer.get("description", ""),
        tuple((name, one.get("description", "")) for name, one in answer.get("headers", {}).items()),
        tuple(_content(media_type, one) for media_type, one in answer.get("content", {}).items() if any(one.values())),
    )


def _access(scheme: Schema) -> str:
    return f"{scheme['name']}: YOUR_KEY" if scheme["type"] == "apiKey" else "Authorization: Bearer YOUR_KEY"


def _parameter(facts: Schema) -> Field:
    return _field(facts["name"], facts["schema"], facts.get("description"), facts["in"], required=facts.get("required"))


def _field(name: str, schema: Schema, text: str | None, place: str, *, required: bool | None) -> Field:
    default = schema.get("default")
    return Field(
        name,
        place,
        bool(required),
        _kind(schema),
        text or schema.get("description", ""),
        None if required or default in (None, "") else _plain(default),
    )


def _content(media_type: str, facts: Schema, objects: Schema | None = None) -> Content:
    """Return a form of a body; the fields of an object that it names are found in ``objects``."""
    schema = facts.get("schema", {})
    whole = _resolved(schema, objects or {})
    return Content(
        media_type,
        _kind(schema),
        whole.get("description", ""),
        tuple(_fields(whole)),
        tuple(
            (one.get("summary", name), _shown(one["value"], media_type))
            for name, one in facts.get("examples", {}).items()
        ),
    )


def _shown(value: object, media_type: str) -> str:
    raw = isinstance(value, str) and "json" not in media_type
    return str(value) if raw else json.dumps(value, ensure_ascii=False, indent=2)


def _fields(schema: Schema, before: str = "") -> Iterator[Field]:
    """Yield the fields of an object, each followed by those of an unnamed object in it."""
    for name, one in schema.get("properties", {}).items():
        yield _field(before + name, one, None, "", required=name in schema.get("required", ()))
        for branch in (one, *one.get("anyOf", ())):
            yield from _fields(branch, f"{before}{name}.")
            yield from _fields(branch.get("items", {}), f"{before}{name}[].")


def _resolved(schema: Schema, objects: Schema) -> Schema:
    found: Schema = objects.get(_name(schema), schema)
    return found


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: Schema) -> Markup:
    """Return in words what a value must be; named objects are links."""
    if name := _name(schema):
        return Markup('<a href="#object-{0}">{0}</a>').format(name)
    for key, word in _JOINED:
        if key in schema:
            return word.join(dict.fromkeys(_kind(one) for one in schema[key]))
    if choices := _choices(schema):
        return Markup(" · ").join(Markup("<code>{}</code>").format(_plain(one)) for one in choices)
    limits = [text.format(f"{schema[key]:.12g}") for key, text in _LIMITS if key in schema]
    return Markup(", ").join([_bare(schema), *limits])


def _bare(schema: Schema) -> Markup:
    kind = schema.get("type", "any")
    if kind == "array":
        return Markup("list of {}").format(_kind(schema.get("items", {})))
    if kind == "object" and schema.get("additionalProperties") not in (None, True, False):
        return Markup("object of {}").format(_kind(schema["additionalProperties"]))
    if schema.get("format") == "binary":
        return Markup("bytes")
    return escape(f"{kind} ({schema['format']})" if "format" in schema else kind)


def _choices(schema: Schema) -> list[Any]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _curl(method: str, url: str, facts: Schema, access: Sequence[str], objects: Schema) -> str:
    """Return a command that calls an operation, made from its first example and what it requires."""
    needed = {one["name"]: _sample(one["schema"], one["name"], objects) for one in facts.get("parameters", ())}
    places = {one["name"]: one["in"] for one in facts.get("parameters", ()) if one.get("required")}
    for name in places:
        url = url.replace(f"{{{name}}}", quote(str(needed[name])))
    query = "&".join(f"{quote(name)}={quote(str(needed[name]))}" for name, place in places.items() if place == "query")
    parts = ["curl"] + (["--head"] if method == "HEAD" else [] if method == "GET" else ["-X", method])
    lines = [f"{' '.join(parts)} {shlex.quote(url + ('?' + query if query else ''))}"]
    headers = [*access, *(f"{name}: {needed[name]}" for name, place in places.items() if place == "header")]
    lines += [f"-H {shlex.quote(one)}" for one in headers]
    contents = facts.get("requestBody", {}).get("content", {})
    if contents:
        media_type = next((name for name, one in contents.items() if one.get("examples")), next(iter(contents)))
        lines += _curl_body(media_type, contents[media_type], objects)
    return " \\\n  ".join(lines)


def _curl_body(media_type: str, facts: Schema, objects: Schema) -> list[str]:
    examples = [one["value"] for one in facts.get("examples", {}).values()]
    value = examples[0] if examples else _sample(facts["schema"], "body", objects)
    if media_type.startswith("multipart/"):
        return [f"-F {shlex.quote(f'{name}={_plain(one)}')}" for name, one in value.items()]
    kind = f"-H {shlex.quote(f'Content-Type: {media_type}')}"
    if "json" in media_type:
        return [kind, f"-d {shlex.quote(json.dumps(value, ensure_ascii=False))}"]
    return [kind, f"--data-binary {shlex.quote(str(value))}"]


def _sample(schema: Schema, name: str, objects: Schema) -> Any:
    """Return the least that a value may be; text is named after its field."""
    schema = _resolved(schema, objects)
    for key, _ in _JOINED:
        if key in schema:
            return _sample(schema[key][0], name, objects)
    if known := [*schema.get("examples", ()), *_choices(schema)]:
        return known[0]
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        fields = schema.get("properties", {})
        return {one: _sample(fields.get(one, {}), one, objects) for one in schema.get("required", ())}
    if kind == "array":
        return [_sample(schema.get("items", {}), name, objects)]
    if schema.get("format") == "binary":
        return "@recording.mp3"
    number = schema.get("default", schema.get("minimum", 1))
    word = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).upper()
    return {"integer": number, "number": number, "boolean": True}.get(str(kind), word)


_templates = Environment(loader=PackageLoader("khosq.serving"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_templates.filters["prose"] = prose
