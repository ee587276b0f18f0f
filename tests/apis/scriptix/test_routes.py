"""The rest of this door's address space: what is unknown, what may not be, what pages of other sites may read."""

from __future__ import annotations

from tests.apis.scriptix.calls import SESSIONS, Office, assert_refused, create, keyed


def test_unknown_paths_are_refused_in_this_shape(office: Office) -> None:
    for path in ("/api/v1", "/api/v2/", "/api/v3/none", "/api/v3/stt", f"{SESSIONS}/a/b", "/api/v3/files/none"):
        answer = office.client.get(path, headers=keyed(office.key()))
        assert_refused(answer, 404, "not_found")


def test_wrong_methods_are_told_the_right_ones(office: Office) -> None:
    for method, path, allowed in (
        ("PATCH", SESSIONS, {"POST", "GET"}),
        ("DELETE", f"{SESSIONS}/", {"POST", "GET"}),
        ("PATCH", f"{SESSIONS}/x", {"GET", "PUT", "POST", "DELETE"}),
        ("POST", f"{SESSIONS}/x/result", {"GET"}),
        ("GET", f"{SESSIONS}/x/upload-url", {"POST"}),
        ("GET", "/api/v3/uploads/x", {"PUT"}),
        ("GET", "/api/v2/speech-to-text/session", {"POST"}),
    ):
        answer = office.client.request(method, path)
        assert_refused(answer, 405, "method_refused")
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_pages_of_any_site_may_use_every_address(office: Office) -> None:
    key, origin = office.key(), {"Origin": "https://page.example"}
    session_id = create(office, key)["session_id"]
    for path in (SESSIONS, f"{SESSIONS}/{session_id}", f"{SESSIONS}/{session_id}/document/", "/api/v3/files/"):
        asked = office.client.options(path, headers=origin | {"Access-Control-Request-Method": "POST"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "*"
        assert "POST" in asked.headers["access-control-allow-methods"]
        headers = asked.headers["access-control-allow-headers"].lower().split(", ")
        assert {"x-zoom-s2t-key", "authorization", "content-type"} <= set(headers)
    for answer in (
        office.client.get(f"{SESSIONS}/{session_id}", headers=keyed(key) | origin),
        office.client.get(f"{SESSIONS}/unknown", headers=keyed(key) | origin),
        office.client.get(SESSIONS, headers=origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Upload-Offset" in answer.headers["access-control-expose-headers"]
    plain = office.client.get(f"{SESSIONS}/{session_id}", headers=keyed(key))
    assert "access-control-allow-origin" not in plain.headers


def test_a_slash_at_the_end_makes_no_difference(office: Office) -> None:
    key = office.key()
    session_id = create(office, key)["session_id"]
    for path in (SESSIONS, f"{SESSIONS}/{session_id}", f"{SESSIONS}/{session_id}/result"):
        one, other = (office.client.get(spelling, headers=keyed(key)) for spelling in (path, f"{path}/"))
        assert (one.status_code, one.json()) == (200, other.json())


def test_the_description_names_every_operation(office: Office) -> None:
    schema = office.client.get("/docs/scriptix/openapi.json").json()
    operations = {(method.upper(), path) for path, methods in schema["paths"].items() for method in methods}
    session = f"{SESSIONS}/{{sessionId}}"
    assert operations == {
        ("POST", SESSIONS),
        ("GET", SESSIONS),
        *((method, session) for method in ("GET", "PUT", "POST", "DELETE")),
        ("GET", f"{session}/result"),
        ("POST", f"{session}/upload-url"),
        ("POST", f"{session}/document"),
        ("GET", f"{session}/document"),
        *((method, f"{session}/document/{{documentId}}") for method in ("GET", "PUT", "DELETE")),
        ("PUT", "/api/v3/uploads/{sessionId}"),
        ("GET", "/api/v3/downloads/{owner}/{sessionId}/{what}"),
    }
    page = office.client.get("/docs/scriptix").text
    assert f"POST {SESSIONS}" in page
    assert "<script" not in page
