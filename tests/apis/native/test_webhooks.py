"""Endpoints and deliveries, before the real application."""

from __future__ import annotations

import json
from typing import Any

from standardwebhooks import Webhook

from khosq.apis.native.dialect import NativeDialect
from khosq.delivery.dialect import Message
from khosq.errors import NotFound

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any

URL = "https://hooks.example.org/khosq"


def letter(office: Office, delivery_id: str) -> tuple[bytes, dict[str, str], Any]:
    """What would be sent, as the sender words it."""
    delivery = office.core.deliveries.find(delivery_id)

    def no_outcome(_: object) -> Any:
        raise NotFound

    job = office.core.jobs.find(delivery.job_id)
    message = Message(
        delivery.message_id, delivery.event, delivery.happened_at, office.clock(), delivery.endpoint, job, no_outcome
    )
    made = NativeDialect().letter(message)
    return made.body, dict(made.headers), delivery


def test_an_endpoint_shows_its_secret_once(api: Api) -> None:
    answer = api.post("/endpoints", json={"url": URL, "events": ["job.failed"], "headers": {"X-Team": "qa"}})
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.headers["location"] == f"/khosq/v1/endpoints/{made['id']}"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert api.get(f"/endpoints/{made['id']}").json() == made
    assert api.get("/endpoints").json() == {"data": [made]}
    assert api.another("other").get(f"/endpoints/{made['id']}").status_code == 404
    assert api.another("other").get("/endpoints").json() == {"data": []}


def test_an_endpoint_that_is_asked_for_again_is_the_same_one(api: Api) -> None:
    once = {"Idempotency-Key": "hooks"}
    made = api.made("/endpoints", json={"url": URL}, headers=once)
    assert api.made("/endpoints", json={"url": URL}, headers=once) == made
    assert api.post("/endpoints", json={"url": f"{URL}/2"}, headers=once).status_code == 409
    assert len(api.get("/endpoints").json()["data"]) == 1
    api.call("DELETE", f"/endpoints/{made['id']}")
    assert api.post("/endpoints", json={"url": URL}, headers=once).status_code == 409


def test_where_nothing_can_be_sent_no_endpoint_is_made(api: Api) -> None:
    for body, pointer in (
        ({}, "/url"),
        ({"url": "http://hooks.example.org"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": URL, "headers": {"Host": "a"}}, "/headers"),
        ({"url": URL, "headers": {"X-A": "b\r\nc"}}, "/headers"),
        ({"url": URL, "events": ["job.lost"]}, "/events/0"),
        ({"url": URL, "events": []}, "/events"),
        ({"url": URL, "secret": "whsec_short"}, "/secret"),
        ({"url": URL, "method": "PUT"}, "/method"),
    ):
        answer = api.post("/endpoints", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), body
    assert api.get("/endpoints").json() == {"data": []}


def test_an_endpoint_is_changed_paused_and_removed(api: Api) -> None:
    made = api.made("/endpoints", json={"url": URL, "headers": {"X-Team": "qa"}})
    where = f"/endpoints/{made['id']}"
    changed = api.call("PATCH", where, json={"url": f"{URL}/2", "events": ["job.failed", "job.cancelled"]}).json()
    assert (changed["url"], changed["headers"]) == (f"{URL}/2", {"X-Team": "qa"})
    assert changed["events"] == ["job.failed", "job.cancelled"]
    assert api.call("PATCH", where, json={"url": "https://10.0.0.1/"}).status_code == 400
    assert api.call("PATCH", where, json={"secret": "x"}).status_code == 400
    assert api.call("PATCH", where).json() == changed

    paused = api.made(f"{where}/pause")
    assert (paused["pause_reason"], paused["paused_at"] is None) == ("asked", False)
    assert api.made(f"{where}/resume")["paused_at"] is None
    assert api.another("other").post(f"{where}/pause").status_code == 404
    assert api.call("DELETE", where).status_code == 204
    assert api.get(where).status_code == 404


def test_an_endpoint_of_another_api_is_not_handled_here(api: Api, office: Office) -> None:
    made = office.core.set_account_webhook("acme", url=URL, secret="s", api=None)
    assert api.get("/endpoints").json() == {"data": []}
    assert api.post(f"/endpoints/{made.id}/rotate").status_code == 404


def test_both_secrets_sign_while_one_takes_over(api: Api, office: Office, mp3: bytes) -> None:
    made = api.made("/endpoints", json={"url": URL})
    api.post(f"/jobs/{api.queued(mp3)['id']}/cancel")
    (delivery,) = api.get("/deliveries").json()["data"]
    rotated = api.made(f"/endpoints/{made['id']}/rotate", json={"overlap_seconds": 60})
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret_until"] == "2030-01-01T09:01:00.250000Z"
    _, headers, _ = letter(office, delivery["id"])
    assert len(headers["webhook-signature"].split()) == 2
    office.clock.turn(61)
    _, headers, _ = letter(office, delivery["id"])
    assert len(headers["webhook-signature"].split()) == 1
    assert api.post(f"/endpoints/{made['id']}/rotate", json={"overlap_seconds": -1}).status_code == 400


def test_the_jobs_of_every_api_are_told_in_signed_letters(api: Api, office: Office, mp3: bytes) -> None:
    secret = api.made("/endpoints", json={"url": URL})["secret"]
    office.clock.now = office.clock.now.now(office.clock.now.tzinfo)  # the library accepts only what is fresh
    mine = api.queued(mp3, metadata={"ticket": 1})["id"]
    api.post(f"/jobs/{mine}/cancel")
    theirs = office.client.post(
        "/api/createTranscription", headers={"Authorization": f"Bearer {api.key}"}, json={"type": "single_voice"}
    ).json()["docId"]
    office.clock.turn(1)
    api.post(f"/jobs/{theirs}/cancel")

    log = api.get("/deliveries").json()["data"]
    assert [(one["job_id"], one["event"], one["state"]) for one in log] == [
        (theirs, "job.cancelled", "pending"), (mine, "job.cancelled", "pending"),
    ]  # fmt: skip
    body, headers, delivery = letter(office, log[1]["id"])
    event = Webhook(secret).verify(body, headers)
    assert headers["webhook-id"] == delivery.message_id
    assert event["type"] == "job.cancelled"
    assert (event["data"]["job"]["id"], event["data"]["job"]["metadata"]) == (mine, {"ticket": 1})
    assert len(body) < 20_000
    assert letter(office, log[1]["id"])[0] == body


def test_a_delivery_is_found_and_repeated(api: Api, office: Office, mp3: bytes) -> None:
    endpoint = api.made("/endpoints", json={"url": URL})["id"]
    job = api.queued(mp3)["id"]
    api.post(f"/jobs/{job}/cancel")
    (one,) = api.get("/deliveries", params={"job_id": job, "state": "pending", "endpoint_id": endpoint}).json()["data"]
    assert api.get(f"/deliveries/{one['id']}").json() == one | {"attempts": []}
    office.clock.turn(1)
    again = api.post(f"/deliveries/{one['id']}/replay")
    assert again.status_code == 202
    assert again.json()["id"] != one["id"]
    assert again.json()["message_id"] == one["message_id"]

    first = api.get("/deliveries?limit=1").json()
    second = api.get("/deliveries", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["data"][0]["id"] for page in (first, second)] == [again.json()["id"], one["id"]]
    assert second["next_cursor"] is None

    other = api.another("other")
    assert other.get("/deliveries").json()["data"] == []
    assert other.get(f"/deliveries/{one['id']}").status_code == 404
    assert other.post(f"/deliveries/{one['id']}/replay").status_code == 404
    assert api.get("/deliveries?cursor=x").status_code == 400
    assert api.get("/deliveries?state=lost").status_code == 400
    api.call("DELETE", f"/endpoints/{endpoint}")
    assert api.post(f"/deliveries/{one['id']}/replay").status_code == 409


def test_every_event_has_an_example_of_its_kind_in_the_description(office: Office) -> None:
    described = json.loads(office.client.get("/docs/native/openapi.json").text)
    named = described["components"]["schemas"]["Event"]["properties"]["type"]["enum"]
    assert set(named) == set(NativeDialect.events.values())
