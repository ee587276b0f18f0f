"""The pages that describe the APIs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.testclient import TestClient

from khosq.apis import FACES, open_doors
from khosq.assembly.core import open_core
from khosq.assembly.server import build_desk
from khosq.serving.app import build_app
from khosq.serving.docs import docs_routes, prose
from khosq.serving.door import Door
from khosq.serving.metrics import Meters
from khosq.settings import Settings

HOSTILE = "<script>alert(1)</script> `<b>` & \"'"
REFUSAL = {"description": "Not `now`.", "content": {"application/json": {"examples": {"no": {"value": "later"}}}}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Give a client of every API."""
    with open_core(Settings(data_dir=tmp_path_factory.mktemp("data"))) as core:
        doors = open_doors(build_desk(core))
        yield TestClient(build_app(doors, readiness=lambda: None, meters=Meters(core.jobs.count_by_state)))
        core.queue.close()


async def _answer() -> None:
    """Do nothing: only the description of the route matters."""


def _client(path: str = "/things/{id}", *, title: str = "Stuff API", **facts: Any) -> TestClient:
    router = APIRouter()
    extra = facts.pop("openapi_extra", {})
    router.add_api_route(path, _answer, methods=["POST"], openapi_extra={"security": [{"key": []}], **extra}, **facts)
    door = Door(
        "things",
        title,
        lambda _: True,
        router,
        lambda _: Response(),
        security_schemes={"key": {"type": "apiKey", "in": "header", "name": "x-key"}},
        schemas={"Lid": {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}}},
    )
    app = FastAPI()
    app.include_router(docs_routes([door]))
    return TestClient(app)


def _body(**properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, **properties}}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _told(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _field_names(schema: dict[str, Any], objects: dict[str, Any]) -> set[str]:
    schema = objects.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return set(schema.get("properties", {}))


@pytest.mark.parametrize("name", FACES)
def test_every_operation_is_told_with_its_parameters_and_fields(name: str, served: TestClient) -> None:
    schema = served.get(f"/docs/{name}/openapi.json").json()
    page = served.get(f"/docs/{name}").text
    sections = dict(re.findall(r'<section class="card" id="([^"]+)">(.*?)</section>', page, re.DOTALL))
    for path, methods in schema["paths"].items():
        for method, facts in methods.items():
            section = sections[escape(facts["operationId"])]
            told = re.findall(r"<tr><td><code>(.*?)</code>", section)
            bodies = facts.get("requestBody", {}).get("content", {}).values()
            names = {one["name"] for one in facts.get("parameters", ())}.union(
                *(_field_names(one["schema"], schema["components"]["schemas"]) for one in bodies)
            )
            assert f"<code>{method.upper()} {path}</code>" in section
            assert names <= set(told)
            assert f'href="#{facts["operationId"]}"' in page
            assert ">curl " in section


@pytest.mark.parametrize("name", FACES)
def test_every_link_within_a_page_leads_somewhere(name: str, served: TestClient) -> None:
    page = served.get(f"/docs/{name}").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


@pytest.mark.parametrize("name", FACES)
def test_pages_carry_no_script_no_style_of_their_own_and_no_backtick(name: str, served: TestClient) -> None:
    answer = served.get(f"/docs/{name}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|style=| on[a-z]+=\"", answer.text)
    assert "`" not in re.sub(r"<pre.*?</pre>", "", answer.text, flags=re.DOTALL)


def test_an_index_leads_to_every_api(served: TestClient) -> None:
    index = served.get("/docs")
    assert index.status_code == 200
    linked = set(re.findall(r'href="(/docs/[^"]+)"', index.text))
    assert {f"/docs/{name}" for name in FACES} | {"/docs/docs.css"} <= linked
    for address in linked:
        assert served.get(address).status_code == 200


def test_our_own_api_is_also_found_under_its_title(served: TestClient) -> None:
    for rest in ("", "/openapi.json"):
        assert served.get(f"/docs/khosq{rest}").text == served.get(f"/docs/native{rest}").text


def test_hostile_text_stays_text() -> None:
    client = _client(
        title=f"Stuff {HOSTILE}",
        summary=HOSTILE,
        description=HOSTILE,
        responses={400: {"description": HOSTILE}},
        openapi_extra={
            "parameters": [{"name": HOSTILE, "in": "query", "schema": {"type": HOSTILE}, "description": HOSTILE}],
            **_body(lid={"enum": [HOSTILE], "default": HOSTILE, "description": HOSTILE}),
        },
    )
    page = client.get("/docs/things", headers={"host": "evil<script>"}).text
    assert "<script" not in page
    assert "<b>" not in page
    assert escape("<script>alert(1)</script>") in page


def test_code_and_paragraphs_are_rendered() -> None:
    assert prose("Send `a<b` or ``c``, not `") == "Send <code>a&lt;b</code> or <code>c</code>, not `"
    page = _client(description="One.\n\nTwo.").get("/docs/things").text
    assert "<p>One.</p>" in page
    assert "<p>Two.</p>" in page


def test_a_field_tells_its_type_its_limits_and_its_default() -> None:
    extra = _body(
        size={"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}], "default": 3},
        lids={"type": "array", "items": {"$ref": "#/components/schemas/Lid"}, "description": "Its `lids`."},
        kind={"enum": ["box", "bag"]},
        inner={"type": "object", "properties": {"depth": {"type": "number"}}},
    )
    page = _client(openapi_extra=extra).get("/docs/things").text
    told = _told(page)
    assert "name required string" in told
    assert "size integer, at least 1, at most 9 or null Default: 3 ." in told
    assert "lids list of Lid Its lids ." in told
    assert "kind box · bag" in told
    assert "inner.depth number" in told
    assert '<a href="#object-Lid">Lid</a>' in page
    assert "colour red · blue" in told


def test_the_command_is_made_of_the_first_example_or_of_what_is_required() -> None:
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "sig", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "rest", "in": "query", "schema": {"type": "string"}},
    ]
    extra = {"parameters": parameters, **_body(file={"type": "string", "format": "binary"})}
    command = (
        "curl -X POST 'http://testserver/things/ID?sig=SIG' \\\n  -H 'x-key: YOUR_KEY' \\\n"
        "  -H 'Content-Type: application/json' \\\n  -d '{}'"
    )
    page = unescape(_client(openapi_extra=extra).get("/docs/things").text)
    assert command.replace("{}", '{"name": "NAME"}') in page
    extra["requestBody"]["content"]["application/json"]["examples"] = {"one": {"value": {"name": "it's"}}}
    page = unescape(_client(openapi_extra=extra).get("/docs/things").text)
    assert command.replace("{}", """{"name": "it'"'"'s"}""") in page
    fields = {"file": {"format": "binary"}, "size": {"type": "string", "examples": ["big"]}}
    extra["requestBody"]["content"] = {"multipart/form-data": {"schema": {"required": [*fields], "properties": fields}}}
    page = _client(openapi_extra=extra).get("/docs/things").text
    assert "-F file=@recording.mp3 \\\n  -F size=big" in page


def test_answers_come_in_order_and_each_refusal_is_told_once() -> None:
    client = _client(
        responses={503: REFUSAL, 400: REFUSAL, 304: {"description": "Same."}, 200: {"description": "Good."}}
    )
    page = client.get("/docs/things").text
    told = _told(page)
    assert "200 Good. 304 Same. Refusals: 400 503 " in told
    assert page.count("later") == 1
    assert "400 Not now . " in told
    assert told.index("400 Not now") < told.index("503 Not now")
