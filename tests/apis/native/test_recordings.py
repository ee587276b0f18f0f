"""Recordings, before the real application, database and object store."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any


def test_a_recording_comes_as_bytes_or_in_a_form(api: Api, office: Office, mp3: bytes) -> None:
    raw = api.post("/recordings?filename=%D4%B6.mp3", content=mp3)
    form = api.made("/recordings", files={"file": ("b.mp3", mp3)})
    one = raw.json()
    assert raw.status_code == 201
    assert raw.headers["location"] == f"/khosq/v1/recordings/{one['id']}"
    assert one == {
        "id": one["id"], "filename": "Զ.mp3", "media_type": "audio/mpeg", "size_bytes": len(mp3),
        "sha256": hashlib.sha256(mp3).hexdigest(), "kind": None, "duration": None, "belongs_to_job": False,
        "created_at": "2030-01-01T09:00:00.250000Z",
    }  # fmt: skip
    assert form["filename"] == "b.mp3"
    assert len(office.stored()) == 2


def test_what_is_no_recording_or_too_large_is_not_kept(api: Api, office: Office, mp3: bytes) -> None:
    assert api.post("/recordings", content=b"#!/bin/sh").status_code == 415
    assert api.post("/recordings", content=b"").status_code == 400
    assert api.post("/recordings", content=mp3 * 50).status_code == 413
    assert api.post("/recordings", files={"sound": ("a.mp3", mp3)}).status_code == 400
    assert api.post("/recordings?name=a", content=mp3).status_code == 400
    office.disk.is_full = True
    full = api.post("/recordings", content=mp3)
    assert (full.status_code, full.headers["retry-after"]) == (503, "60")
    assert office.stored() == []


def test_a_link_takes_one_recording_without_a_key(api: Api, office: Office, mp3: bytes) -> None:
    link = api.made("/recordings/uploads", json={"expires_in": 60})
    parts = urlsplit(link["upload"]["url"])
    where = f"{parts.path}?{parts.query}"
    assert api.get(f"/recordings/{link['recording_id']}").status_code == 404

    assert office.client.put(where.replace("/uploads/", "/uploads/x"), content=mp3).status_code == 403
    assert office.client.put(where, content=b"no recording").status_code == 415
    sent = office.client.put(f"{where}&filename=a.mp3", content=mp3)
    again = office.client.put(where, content=mp3)
    assert (sent.status_code, sent.json()["id"]) == (201, link["recording_id"])
    assert again.status_code == 409
    assert len(office.stored()) == 1
    assert api.get(f"/recordings/{link['recording_id']}").json()["filename"] == "a.mp3"
    assert api.another("other").get(f"/recordings/{link['recording_id']}").status_code == 404

    api.call("DELETE", f"/recordings/{link['recording_id']}")
    assert office.client.put(where, content=mp3).status_code == 409  # its time is not over, its turn is
    late = urlsplit(api.made("/recordings/uploads")["upload"]["url"])
    office.clock.turn(3601)
    assert office.client.put(f"{late.path}?{late.query}", content=mp3).status_code == 403


def test_a_recording_is_heard_whole_or_in_part(api: Api, mp3: bytes) -> None:
    made = api.made("/recordings?filename=%22%D5%A6%22.mp3", content=mp3)
    where, size = f"/recordings/{made['id']}/audio", len(mp3)
    whole = api.get(where)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, mp3, "audio/mpeg")
    assert whole.headers["etag"] == f'"{made["sha256"]}"'
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-disposition"] == (
        "attachment; filename=\"___.mp3\"; filename*=UTF-8''%22%D5%A6%22.mp3"
    )
    head = api.call("HEAD", where)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))

    for asked, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-50", size - 50, size - 1),
        (f"bytes=10-{size * 9}", 10, size - 1),
        (f"bytes=-{size * 9}", 0, size - 1),
    ):
        part = api.get(where, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, mp3[first : last + 1]), asked
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
    for strange in ("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=x-y"):
        assert api.get(where, headers={"Range": strange}).status_code == 200, strange
    for beyond in (f"bytes={size}-", "bytes=-0"):
        none = api.get(where, headers={"Range": beyond})
        assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{size}"), beyond

    changed = api.get(where, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, mp3)
    assert api.get(where, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_recordings_are_listed_newest_first(api: Api, office: Office, mp3: bytes) -> None:
    ids = []
    for _ in range(3):
        ids.append(api.made("/recordings", content=mp3)["id"])
        office.clock.turn(1)
    api.another("other").made("/recordings", content=mp3)
    first = api.get("/recordings?limit=2").json()
    rest = api.get("/recordings", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == ids[::-1]
    assert rest["next_cursor"] is None


def test_a_recording_goes_unless_a_job_needs_it(api: Api, office: Office, mp3: bytes) -> None:
    recording = api.made("/recordings", content=mp3)["id"]
    job = api.job(recording_id=recording)["id"]
    assert api.call("DELETE", f"/recordings/{recording}").status_code == 409
    assert api.another("other").call("DELETE", f"/recordings/{recording}").status_code == 404
    api.post(f"/jobs/{job}/cancel")
    assert api.call("DELETE", f"/recordings/{recording}").status_code == 204
    assert api.get(f"/recordings/{recording}").status_code == 404
    assert api.get(f"/recordings/{recording}/audio").status_code == 404
    assert api.get(f"/jobs/{job}").json()["recording_id"] is None
    office.core.recordings.sweep()
    assert office.stored() == []
