"""The models are those of the OpenAPI file."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from tests.client.made import CLIENT, script

from khosq.client import models

_DETAILS = {"title", "description", "default", "examples", "format"}


@pytest.fixture(scope="module")
def described() -> Any:
    return script().description()


def in_order(part: Any) -> str:
    return json.dumps(part, sort_keys=True)


def shape(part: Any) -> Any:
    """What a schema says, without how it says it."""
    if isinstance(part, list):
        return sorted(map(shape, part), key=in_order)
    if not isinstance(part, dict):
        return part
    kept = {name: shape(one) for name, one in part.items() if name not in _DETAILS or isinstance(one, dict)}
    if "anyOf" in kept:  # one of (one of a, b), c is one of a, b, c
        flat = [deep for one in kept["anyOf"] for deep in (one.get("anyOf", [one]) if isinstance(one, dict) else [one])]
        kept["anyOf"] = sorted(flat, key=in_order)
    if "$ref" in kept:
        kept["$ref"] = kept["$ref"].rpartition("/")[2]
    return {name: one for name, one in kept.items() if not (name == "additionalProperties" and one is True)}


def test_every_answer_has_its_model_with_the_same_fields(described: Any) -> None:
    wanted = script().answers_of(described)["components"]["schemas"]
    assert len(wanted) > 30
    for name, schema in wanted.items():
        made = getattr(models, name).model_json_schema()
        assert set(made["properties"]) == set(schema["properties"]), name
        assert set(made.get("required", [])) == set(schema.get("required", [])), name
        for field, facts in schema["properties"].items():
            assert shape(made["properties"][field]) == shape(facts), (name, field)


def test_every_option_is_one_that_the_server_takes(described: Any) -> None:
    schemas = described["components"]["schemas"]
    export = described["paths"]["/khosq/v1/jobs/{job_id}/exports/{format}"]["get"]
    knobs = {one["name"] for one in export["parameters"] if one["in"] == "query"}
    source = ast.parse((CLIENT / "options.py").read_text("utf-8"))
    named = {
        one.name: {field.target.id for field in one.body if isinstance(field, ast.AnnAssign)}  # type: ignore[union-attr]
        for one in source.body
        if isinstance(one, ast.ClassDef)
    }
    assert named["JobOptions"] == set(schemas["JobOptions"]["properties"])
    assert named["JobOptions"] | named["CreateJob"] == set(schemas["CreateJob"]["properties"])
    assert named["Captions"] == knobs
