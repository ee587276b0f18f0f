"""What the server says of itself, and the manners that every answer has."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import escape

from khosq.apis.native.errors import KINDS

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any


def test_models_and_languages_say_what_can_be_transcribed_now(api: Api) -> None:
    models = {model["name"]: model["state"] for model in api.get("/models").json()["data"]}
    assert models == {"armenian-large": "absent", "armenian-small": "ready", "english": "ready"}
    found = api.get("/languages").json()
    armenian, english, american = found["data"][2], found["data"][0], found["data"][1]
    assert found["default"] == "hy-AM"
    assert (english["tag"], english["state"], english["kind"], english["install"]) == (
        "en", "ready", "production", None,
    )  # fmt: skip
    assert american["tag"] == "en-US"
    assert armenian == {
        "tag": "hy", "state": "ready", "model": "armenian-small", "kind": "starter",
        "install": "khosq models pull armenian-large",
    }  # fmt: skip


def test_limits_are_told(api: Api) -> None:
    limits = api.get("/limits").json()
    assert limits["max_upload_bytes"] == 200_000
    assert (limits["max_batch"], limits["requests_per_minute"]) == (1000, 600)
    named = {"audio/mpeg", "audio/wav", "video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "audio/amr"}
    assert named <= set(limits["media_types"])
    assert "srt" in limits["export_formats"]


def test_the_type_of_every_problem_can_be_read(office: Office) -> None:
    for kind in office.client.get("/khosq/v1/problems").json()["data"]:
        assert office.client.get(kind["type"]).json() == kind
    assert office.client.get("/khosq/v1/problems/boredom").status_code == 404
    assert len(office.client.get("/khosq/v1/problems").json()["data"]) == len(KINDS)


def test_who_is_nobody_is_told_so(office: Office, api: Api) -> None:
    for headers in ({}, {"Authorization": "Bearer kq_no"}, {"Authorization": f"Basic {api.key}"}):
        answer = office.client.get("/khosq/v1/jobs", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["title"] == "A key is needed"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "", 404), ("PUT", "/jobs", 405), ("DELETE", "/limits", 405)],
)
def test_unknown_paths_and_methods_are_problems_too(api: Api, method: str, path: str, status: int) -> None:
    answer = api.call(method, path)
    assert answer.status_code == status
    assert status != 405 or answer.headers["allow"]


def test_every_answer_says_how_many_requests_are_left(api: Api, office: Office) -> None:
    first, second = api.get("/limits"), api.get("/jobs/nothing")
    assert first.headers["ratelimit-policy"] == '"default";q=600;w=60'
    assert first.headers["ratelimit"] == '"default";r=599;t=60'
    assert second.status_code == 404
    assert second.headers["ratelimit"] == '"default";r=598;t=60'
    key = office.core.keys.authenticate(api.key, scope="read", door="native").key_id
    for _ in range(598):
        office.core.rate_limits.count(key, "native", limit=600)
    last = api.get("/limits")
    assert last.status_code == 429
    assert last.headers["ratelimit"] == f'"default";r=0;t={last.headers["retry-after"]}'
    assert last.json()["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert last.json()["violated-policies"] == ["default"]
    assert api.another().get("/limits").status_code == 200
    office.clock.turn(60)
    assert api.get("/limits").status_code == 200


def test_the_page_that_describes_the_api_names_every_operation(office: Office) -> None:
    page = office.client.get("/docs/native").text
    described = office.client.get("/docs/native/openapi.json").json()
    names = [one["operationId"] for methods in described["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names)) >= 35
    assert all(escape(one["summary"]) in page for methods in described["paths"].values() for one in methods.values())
