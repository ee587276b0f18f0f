"""Keys and usage, before the real application."""

from __future__ import annotations

from typing import Any

from khosq.jobs.results import Outcome

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any


def test_a_key_made_here_opens_what_it_is_for(api: Api, office: Office) -> None:
    admin = api.another(scope="admin")
    answer = admin.post("/keys", json={"name": "importer", "scope": "read", "expires_at": "2030-01-01T10:00:00Z"})
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert made["secret"].startswith(made["prefix"])
    reader = type(api)(office, made["secret"])
    assert reader.get("/jobs").status_code == 200
    assert reader.post("/jobs", json={}).status_code == 403
    office.clock.turn(3600)
    assert reader.get("/jobs").status_code == 401

    elsewhere = type(api)(office, admin.made("/keys", json={"api": "xosum"})["secret"])
    refused = elsewhere.get("/jobs")
    assert (refused.status_code, refused.json()["detail"]) == (403, "This API key is for another API.")


def test_keys_are_listed_without_their_secrets_and_revoked(api: Api, office: Office) -> None:
    admin = api.another(scope="admin")
    made = admin.made("/keys", json={"name": "one"})
    foreign = api.another("other", scope="admin").made("/keys")["id"]
    listed = admin.get("/keys").json()["data"]
    assert {key["name"] for key in listed} == {"", "one"}
    assert all("secret" not in key for key in listed)
    assert admin.call("DELETE", f"/keys/{made['id']}").status_code == 204
    assert admin.call("DELETE", f"/keys/{made['id']}").status_code == 404
    assert admin.call("DELETE", f"/keys/{foreign}").status_code == 404
    assert type(api)(office, made["secret"]).get("/jobs").status_code == 401
    assert next(key for key in admin.get("/keys").json()["data"] if key["id"] == made["id"])["revoked_at"]


def test_only_an_administrators_key_makes_keys(api: Api) -> None:
    for method, path in (("POST", "/keys"), ("GET", "/keys"), ("DELETE", "/keys/Qm7Tz1Wc9Lp4Ks2Vb8Dx")):
        assert api.call(method, path).status_code == 403


def test_a_key_that_makes_no_sense_is_not_made(api: Api) -> None:
    admin = api.another(scope="admin")
    for body, pointer in (
        ({"scope": "god"}, "/scope"),
        ({"api": "fax"}, "/api"),
        ({"expires_at": "2029-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"name": "x" * 101}, "/name"),
    ):
        answer = admin.post("/keys", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), body


def test_an_administrator_says_which_words_to_expect(api: Api) -> None:
    admin = api.another(scope="admin")
    assert api.get("/hotwords").json() == {"terms": []}
    kept = admin.call("PUT", "/hotwords", json={"terms": [" Khosq ", "Anahit  Sargsyan", "Khosq"]})
    assert (kept.status_code, kept.json()) == (200, {"terms": ["Khosq", "Anahit Sargsyan"]})
    assert api.get("/hotwords").json() == kept.json()
    assert api.another("other").get("/hotwords").json() == {"terms": []}
    assert api.call("PUT", "/hotwords", json={"terms": []}).status_code == 403
    for body in ({}, {"terms": "x"}, {"terms": [""]}, {"terms": ["x"] * 201}, {"terms": ["\u0000"]}):
        answer = admin.call("PUT", "/hotwords", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/terms"), body
    assert api.get("/hotwords").json() == kept.json()


def test_usage_is_told_by_day_and_api(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    office.core.accounts.set("acme", 100)
    job = api.queued(mp3)["id"]
    office.begin(job)
    office.core.jobs.reserve(job, 31.404)
    office.finish(job, outcome)
    used = api.get("/usage").json()
    assert used == {
        "data": [{"day": "2030-01-01", "api": "native", "jobs": 1, "seconds": 31.404}],
        "jobs": 1, "seconds": 31.404, "seconds_left": 68.596,
    }  # fmt: skip
    assert api.get("/usage?from=2029-12-01&to=2029-12-31").json()["data"] == []
    assert api.another("other").get("/usage").json() == {
        "data": [], "jobs": 0, "seconds": 0, "seconds_left": None,
    }  # fmt: skip
    for query in ("from=2030-01-02&to=2030-01-01", "from=2020-01-01", "to=0001-01-03", "from=x", "day=1"):
        assert api.get(f"/usage?{query}").status_code == 400, query
