"""The protocol's rules, each as a client meets it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import select
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from tests.serving.tus.app import MOST_BYTES, Site, serving

from khosq.errors import NotFound
from khosq.storage.blobs import Blobs

HEAD = b"RIFF\xff\xff\xff\xffWAVEfmt "
TUS = {"Tus-Resumable": "1.0.0", "X-Key": "me"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
TIMEOUT = 30


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return Blobs((tmp_path / "blobs").as_uri() if request.param == "folder" else "memory:///")


@pytest.fixture
def site(blobs: Blobs, tmp_path: Path) -> Site:
    return Site(blobs, tmp_path / "events")


@pytest.fixture
def files(site: Site) -> Iterator[str]:
    """The address of the collection."""
    with serving(site) as address:
        yield address


def sound(size: int) -> bytes:
    return HEAD + os.urandom(size - len(HEAD))


def post(files: str, **headers: str) -> requests.Response:
    return requests.post(files, headers=TUS | {name.replace("_", "-"): text for name, text in headers.items()},
                         timeout=TIMEOUT)  # fmt: skip


def create(files: str, length: int | None, metadata: str = "") -> str:
    size = {"Upload_Defer_Length": "1"} if length is None else {"Upload_Length": str(length)}
    answer = post(files, **size, Upload_Metadata=metadata)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def patch(url: str, offset: int, data: Any, **headers: str) -> requests.Response:
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    return requests.patch(url, headers=PIECE | {"Upload-Offset": str(offset)} | more, data=data, timeout=TIMEOUT)


def head(url: str) -> requests.Response:
    return requests.head(url, headers=TUS, timeout=TIMEOUT)


def offset_of(url: str) -> int:
    return int(head(url).headers["Upload-Offset"])


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def assert_recorded(site: Site, url: str, data: bytes) -> None:
    upload_id = url.rpartition("/")[2]
    (told,) = [event for event in site.hooks.told("finished") if event["id"] == upload_id]
    assert (told["sha256"], told["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert site.blobs.get(str(told["key"])) == data


@pytest.mark.parametrize("slash", ["", "/"])
def test_options_says_what_is_spoken_here(files: str, slash: str) -> None:
    answer = requests.options(files + slash, timeout=TIMEOUT, allow_redirects=False)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(MOST_BYTES)
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"].split(",")
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "termination", "expiration", "checksum"
    }  # fmt: skip


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_upload_in_pieces_becomes_the_recording(site: Site, files: str, slash: str) -> None:
    data = sound(3_000_000)
    created = post(files + slash, Upload_Length=str(len(data)), Upload_Metadata="language ZW4=,empty")
    url = created.headers["Location"]
    assert url.startswith(f"{files}/")
    assert created.headers["Tus-Resumable"] == "1.0.0"
    assert parsedate_to_datetime(created.headers["Upload-Expires"]) > datetime.now(UTC) + timedelta(hours=23)

    for start in range(0, len(data), 700_000):
        assert offset_of(url) == start
        answer = patch(url, start, data[start : start + 700_000])
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Upload-Offset"] == str(min(start + 700_000, len(data)))
        assert "Upload-Expires" in answer.headers

    seen = head(url)
    assert (seen.status_code, seen.headers["Upload-Offset"]) == (200, seen.headers["Upload-Length"])
    assert (seen.headers["Upload-Metadata"], seen.headers["Cache-Control"]) == ("language ZW4=,empty", "no-store")
    assert site.hooks.told("created")[0] | {"id": ""} == {"what": "created", "id": "", "language": "en", "empty": ""}
    assert_recorded(site, url, data)
    assert patch(url, len(data), b"").status_code == 204
    assert len(site.hooks.told("finished")) == 1


def test_the_first_bytes_may_come_with_the_creation(site: Site, files: str) -> None:
    data = sound(50_000)
    answer = requests.post(files, headers=PIECE | {"Upload-Length": "50000"}, data=data[:20_000], timeout=TIMEOUT)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "20000")
    assert patch(answer.headers["Location"], 20_000, data[20_000:]).status_code == 204
    assert_recorded(site, answer.headers["Location"], data)

    whole = requests.post(files, headers=PIECE | {"Upload-Length": "50000"}, data=data, timeout=TIMEOUT)
    assert_recorded(site, whole.headers["Location"], data)


def test_the_length_may_come_later(site: Site, files: str) -> None:
    data = sound(30_000)
    url = create(files, None)
    assert patch(url, 0, data[:10_000]).status_code == 204
    seen = head(url).headers
    assert (seen["Upload-Defer-Length"], "Upload-Length" in seen) == ("1", False)
    assert patch(url, 10_000, b"", Upload_Length="9999").status_code == 400
    assert patch(url, 10_000, b"", Upload_Length=str(MOST_BYTES + 1)).status_code == 413
    assert patch(url, 10_000, data[10_000:], Upload_Length="30000").status_code == 204
    assert patch(url, 30_000, b"", Upload_Length="30001").status_code == 400
    assert_recorded(site, url, data)


def test_an_upload_of_no_bytes_is_complete_at_once_and_no_recording(site: Site, files: str) -> None:
    url = create(files, 0)
    assert (head(url).headers["Upload-Offset"], head(url).headers["Upload-Length"]) == ("0", "0")
    assert [event["reason"] for event in site.hooks.told("dropped")] == ["invalid"]
    assert site.hooks.told("finished") == []


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256"])
def test_a_piece_with_the_right_checksum_is_taken(site: Site, files: str, algorithm: str) -> None:
    data = sound(2_500_000)
    url = create(files, len(data))
    assert patch(url, 0, data[:10], Upload_Checksum=checksum(data[:10], algorithm)).status_code == 204
    assert patch(url, 10, data[10:], Upload_Checksum=checksum(data[10:], algorithm)).status_code == 204
    assert_recorded(site, url, data)


def test_a_piece_with_a_wrong_checksum_is_dropped_as_a_whole(site: Site, files: str) -> None:
    data = sound(4_000_000)
    url = create(files, len(data))
    assert patch(url, 0, data[:1000]).status_code == 204
    for wrong in (data[1000:-1] + b"!", bytes(3_000_000)):
        answer = patch(url, 1000, wrong, Upload_Checksum=checksum(data[1000:]))
        assert (answer.status_code, answer.headers["Tus-Resumable"]) == (460, "1.0.0")
        assert offset_of(url) == 1000
    assert patch(url, 1000, data[1000:], Upload_Checksum=checksum(data[1000:])).status_code == 204
    assert_recorded(site, url, data)


def test_bytes_broken_on_the_way_are_not_taken_for_another_format(site: Site, files: str) -> None:
    data = sound(5000)
    url = create(files, len(data))
    assert patch(url, 0, b"%PDF" + data[4:], Upload_Checksum=checksum(data)).status_code == 460
    assert patch(url, 0, data, Upload_Checksum=checksum(data)).status_code == 204
    assert_recorded(site, url, data)


def test_what_is_no_recording_is_refused_with_its_first_bytes(site: Site, files: str) -> None:
    url = create(files, 10**7)
    answer = patch(url, 0, b"%PDF-1.7 " + bytes(10_000))
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media")
    assert [event["reason"] for event in site.hooks.told("dropped")] == ["unsupported_media"]
    gone = head(url)
    assert (gone.status_code, "Upload-Offset" in gone.headers) == (404, False)
    assert site.blobs.partials() == []


def test_what_turns_out_to_be_no_recording_at_its_end_is_refused_too(site: Site, files: str) -> None:
    url = create(files, 3)
    assert patch(url, 0, b"RIF").status_code == 415
    assert head(url).status_code == 404
    assert site.hooks.told("finished") == []


def test_a_recording_that_nobody_wants_any_more_leaves_nothing(site: Site, files: str) -> None:
    url = create(files, 100, "unwanted")
    assert patch(url, 0, sound(100)).status_code == 409
    assert head(url).status_code == 404
    with pytest.raises(NotFound):
        site.blobs.get(f"recordings/{url.rpartition('/')[2]}")


def test_a_removed_upload_is_gone(site: Site, files: str) -> None:
    url = create(files, 100)
    patch(url, 0, sound(50))
    assert requests.delete(url, headers=TUS, timeout=TIMEOUT).status_code == 204
    assert head(url).status_code == patch(url, 50, bytes(50)).status_code == 404
    assert requests.delete(url, headers=TUS, timeout=TIMEOUT).status_code == 404
    assert [event["reason"] for event in site.hooks.told("dropped")] == [None]


def test_removing_an_ended_upload_leaves_the_recording(site: Site, files: str) -> None:
    data = sound(100)
    url = create(files, 100)
    patch(url, 0, data)
    assert requests.delete(url, headers=TUS, timeout=TIMEOUT).status_code == 204
    assert head(url).status_code == 404
    assert_recorded(site, url, data)
    assert site.hooks.told("dropped") == []


def test_an_upload_expires_a_day_after_its_last_piece(site: Site, files: str) -> None:
    url, whole = create(files, 100), create(files, 100)
    data = sound(100)
    patch(url, 0, data[:40])
    patch(whole, 0, data)
    site.later = timedelta(hours=23)
    assert site.uploads.sweep() == []
    assert head(url).status_code == 200
    site.later = timedelta(hours=25)
    assert head(url).status_code == patch(url, 40, data[40:]).status_code == 404
    assert [upload.id for upload in site.uploads.sweep()] == [url.rpartition("/")[2]]
    assert site.blobs.partials() == []
    assert_recorded(site, whole, data)


def test_another_s_upload_is_not_found(site: Site, files: str) -> None:
    url = create(files, 100)
    for send in (requests.head, requests.get, requests.patch, requests.delete):
        answer = send(url, headers=PIECE | {"X-Key": "you", "Upload-Offset": "0"}, timeout=TIMEOUT)
        assert (answer.status_code, "Upload-Offset" in answer.headers) == (404, False)
    assert offset_of(url) == 0


def test_get_is_the_door_s_own(files: str) -> None:
    url = create(files, 100)
    assert requests.get(url, headers={"X-Key": "me"}, timeout=TIMEOUT).json() == {
        "id": url.rpartition("/")[2], "offset": 0
    }  # fmt: skip
    assert requests.get(url, timeout=TIMEOUT).status_code == 401


FAULTS: list[tuple[str, str, dict[str, str], Any, int]] = [
    # method, path, headers, body, status
    ("POST", "", {"X-Key": "me", "Upload-Length": "5"}, b"", 412),
    ("POST", "", TUS | {"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, b"", 412),
    ("POST", "", {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}, b"", 401),
    ("POST", "", TUS, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "-1"}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "1e3"}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "9" * 30}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "\u0662".encode().decode("latin-1")}, b"", 400),
    ("POST", "", TUS | {"Upload-Defer-Length": "2"}, b"", 400),
    ("POST", "", TUS | {"Upload-Defer-Length": "1", "Upload-Length": "5"}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": str(MOST_BYTES + 1)}, b"", 413),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "a YQ==,a YQ=="}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "a !!!"}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "a /w=="}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "a YQ==,,b YQ=="}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "\xe9 YQ=="}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Upload-Metadata": "language eHg="}, b"", 400),
    ("POST", "", TUS | {"Upload-Length": "5", "Content-Type": "text/plain"}, b"RIFF!", 415),
    ("POST", "", PIECE | {"Upload-Length": "5"}, b"RIFF!!", 413),
    ("POST", "", PIECE | {"Upload-Length": "5", "Upload-Checksum": "sha1 AAAA"}, b"RIFF!", 400),
    ("POST", "", PIECE | {"Upload-Length": "5", "Upload-Checksum": checksum(b"")}, b"RIFF!", 460),
    ("GET", "", TUS, b"", 405),
    ("PUT", "", TUS, b"", 405),
    ("HEAD", "/unknown", TUS, b"", 404),
    ("HEAD", "/%2e%2e%5cx", TUS, b"", 404),
    ("HEAD", "/" + "x" * 500, TUS, b"", 404),
    ("PATCH", "/unknown", PIECE | {"Upload-Offset": "0"}, b"x", 404),
    ("DELETE", "/unknown", TUS, b"", 404),
    ("PATCH", "/UPLOAD", PIECE, b"x", 400),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "-1"}, b"x", 400),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "7"}, b"x", 409),
    ("PATCH", "/UPLOAD", TUS | {"Upload-Offset": "8"}, b"", 415),
    ("PATCH", "/UPLOAD", TUS | {"Upload-Offset": "8", "Content-Type": "application/octet-stream"}, b"x", 415),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8"}, bytes(93), 413),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8"}, iter([bytes(50), bytes(43)]), 413),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8", "Upload-Length": "50"}, b"x", 400),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8", "Upload-Checksum": "crc32 AAAAAA=="}, b"x", 400),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8", "Upload-Checksum": "sha1"}, b"x", 400),
    ("PATCH", "/UPLOAD", PIECE | {"Upload-Offset": "8", "Upload-Checksum": "sha1 ???"}, b"x", 400),
    ("PATCH", "/UPLOAD", {**PIECE, "Upload-Offset": "8", "Tus-Resumable": "2.0.0"}, b"x", 412),
    ("POST", "/UPLOAD", TUS, b"", 405),
    ("PUT", "/UPLOAD", TUS, b"", 405),
    ("POST", "/UPLOAD", TUS | {"X-HTTP-Method-Override": "BREW"}, b"", 405),
]


@pytest.fixture(scope="module")
def one_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    folder = tmp_path_factory.mktemp("site")
    site = Site(Blobs((folder / "blobs").as_uri()), folder / "events")
    with serving(site) as files:
        yield site, files


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]} {fault[1][:20]} {fault[-1]}")
def test_a_fault_is_refused_and_changes_nothing(
    one_site: tuple[Site, str], fault: tuple[str, str, dict[str, str], Any, int]
) -> None:
    method, path, headers, body, status = fault
    site, files = one_site
    url = create(files, 100)
    patch(url, 0, sound(16)[:8])
    there = site.blobs.partials()

    answer = requests.request(
        method, files + path.replace("UPLOAD", url.rpartition("/")[2]), headers=headers,
        data=body, timeout=TIMEOUT,
    )  # fmt: skip

    assert answer.status_code == status, answer.text
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert "Location" not in answer.headers
    assert answer.headers.get("Upload-Offset") == ("8" if status == 409 else None)
    assert ("Allow" in answer.headers) is (status == 405)
    assert method == "HEAD" or answer.json()["error"]
    assert site.blobs.partials() == there
    assert offset_of(url) == 8


def test_a_wrong_version_is_told_the_right_one(files: str) -> None:
    assert requests.head(f"{files}/x", timeout=TIMEOUT).headers["Tus-Version"] == "1.0.0"


def test_the_method_may_stand_in_a_header(site: Site, files: str) -> None:
    data = sound(100)
    url = create(files, 100)
    override = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert requests.post(url, headers=PIECE | override, data=data, timeout=TIMEOUT).status_code == 204
    assert_recorded(site, url, data)
    override = {"X-HTTP-Method-Override": "HEAD"}
    assert requests.get(url, headers=TUS | override, timeout=TIMEOUT).headers["Upload-Offset"] == "100"


def test_a_page_of_another_site_may_use_it(files: str) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH"}
    answer = requests.options(f"{files}/x", headers=asked, timeout=TIMEOUT)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"PATCH", "HEAD", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"x-key", "tus-resumable", "upload-offset", "upload-metadata", "content-type"} <= set(allowed)
    for answer in (
        requests.post(files, headers=TUS | {"Origin": "https://a.example", "Upload-Length": "5"}, timeout=TIMEOUT),
        requests.head(f"{files}/unknown", headers=TUS | {"Origin": "https://a.example"}, timeout=TIMEOUT),
    ):
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires",
                "Tus-Resumable", "Tus-Version"} <= set(exposed)  # fmt: skip


def test_a_low_disk_is_told_and_loses_nothing(site: Site, files: str) -> None:
    data = sound(100)
    url = create(files, 100)
    patch(url, 0, data[:50])
    site.is_disk_low = True
    assert post(files, Upload_Length="5").status_code == patch(url, 50, data[50:]).status_code == 503
    site.is_disk_low = False
    assert patch(url, 50, data[50:]).status_code == 204
    assert_recorded(site, url, data)


def test_a_recording_that_could_not_be_handed_on_is_handed_on_later(site: Site, files: str) -> None:
    data = sound(100)
    urls = [create(files, 100) for _ in range(2)]
    site.hooks.is_away = True
    assert [patch(url, 0, data).status_code for url in urls] == [503, 503]
    site.hooks.is_away = False
    assert offset_of(urls[0]) == 100
    assert_recorded(site, urls[0], data)
    assert patch(urls[1], 100, b"").status_code == 204
    assert_recorded(site, urls[1], data)


def test_what_nobody_asks_about_again_is_tidied(site: Site, files: str) -> None:
    data = sound(100)
    stranded, expiring = create(files, 100), create(files, 100)
    site.hooks.is_away = True
    assert patch(stranded, 0, data).status_code == 503
    asyncio.run(site.tus.tidy())
    site.hooks.is_away = False
    asyncio.run(site.tus.tidy())
    assert_recorded(site, stranded, data)
    site.later = timedelta(hours=25)
    asyncio.run(site.tus.tidy())
    (dropped,) = site.hooks.told("dropped")
    assert (dropped["id"], dropped["reason"]) == (expiring.rpartition("/")[2], "upload_expired")


def connect(url: str, length: int, *more: str) -> socket.socket:
    """Begin a PATCH of so many bytes, by hand."""
    place = urlsplit(url)
    lines = [f"PATCH {place.path} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {length}",
             "Upload-Offset: 0", *(f"{name}: {text}" for name, text in PIECE.items()), *more]  # fmt: skip
    sender = socket.create_connection((place.hostname or "", place.port or 0), timeout=TIMEOUT)
    sender.sendall("\r\n".join([*lines, "", ""]).encode())
    return sender


def connect_first(url: str, length: int, *more: str) -> socket.socket:
    """Begin a PATCH, and see that it is the one that writes: our own look may be in its way."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        sender = connect(url, length, *more)
        while not select.select([sender], [], [], 0.05)[0]:
            if patch(url, 10**6, b"").status_code == 423:
                return sender
        sender.close()
    raise AssertionError("never came first")


def await_free(url: str) -> None:
    """Wait until nobody writes to an upload any more."""
    deadline = time.monotonic() + TIMEOUT
    while patch(url, 10**6, b"").status_code == 423:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_whoever_comes_second_waits(site: Site, files: str) -> None:
    data = sound(100)
    url = create(files, 100)
    with connect_first(url, 50) as first:
        assert patch(url, 0, data).status_code == 423
        assert requests.delete(url, headers=TUS, timeout=TIMEOUT).status_code == 423
        assert offset_of(url) == 0
        first.sendall(data[:50])
        assert b" 204 " in first.recv(1000)
    assert patch(url, 50, data[50:]).status_code == 204
    assert_recorded(site, url, data)


@pytest.mark.parametrize("way", ["closes", "stalls"])
def test_what_came_before_a_broken_connection_is_kept(site: Site, files: str, way: str) -> None:
    data = sound(3_000_000)
    url = create(files, len(data))
    with connect_first(url, len(data)) as sender:
        sender.sendall(data[:1_234_567])
        if way == "stalls":
            assert b" 408 " in sender.recv(1000)
    await_free(url)
    assert offset_of(url) == 1_234_567
    assert patch(url, 1_234_567, data[1_234_567:]).status_code == 204
    assert_recorded(site, url, data)


def test_nothing_is_kept_of_a_broken_piece_that_has_a_checksum(site: Site, files: str) -> None:
    data = sound(3_000_000)
    url = create(files, len(data))
    with connect_first(url, len(data), f"Upload-Checksum: {checksum(data)}") as sender:
        sender.sendall(data[:2_500_000])
    await_free(url)
    assert offset_of(url) == 0
    assert patch(url, 0, data, Upload_Checksum=checksum(data)).status_code == 204
    assert_recorded(site, url, data)
