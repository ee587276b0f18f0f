"""Whatever a client sends, it gets a clear answer, and the server stays as well as before."""

from __future__ import annotations

import io
import socket
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from tests.journeys.harness import Client, Server

SECONDS = 300.0
ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10)
PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def zipped() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("call.mp3", bytes(range(256)) * 40)
    return memory.getvalue()


@pytest.fixture
def client(client: Client, server: Server) -> Client:
    server.give_seconds(client, SECONDS)
    return client


def put(created: dict[str, str], body: bytes) -> requests.Response:
    return requests.put(created["uploadUrl"], data=body, headers={"Content-Type": "audio/mpeg"}, timeout=60)


def is_refused(answer: requests.Response, *statuses: int) -> bool:
    """Whether it is a refusal in this API's own shape."""
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    body = answer.json()
    assert set(body) == {"error"}, body
    assert isinstance(body["error"], str)
    assert len(body["error"]) > 10
    return answer.status_code in statuses


def _stored(server: Server) -> int:
    return sum(path.is_file() for path in (server.data_dir / "blobs" / "recordings").rglob("*"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"hello, this is no sound at all\n" * 500, 415),
        (bytes(5000), 415),
        (PLAYLIST, 415),
        (ID3 + PLAYLIST, 415),
        (zipped(), 415),
        (ID3 + zipped(), 415),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(2000), 415),
    ],
    ids=["empty", "garbage", "zeros", "playlist", "playlist behind ID3", "zip", "zip behind ID3", "WAV"],
)
def test_what_is_no_mp3_is_refused_and_the_link_stays_good(
    body: bytes, status: int, server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    created = client.create()
    before = _stored(server)
    assert is_refused(put(created, body), status)
    assert client.poll(created["docId"])["status"] == "uploading"
    assert put(created, mp3("en-young-man")).status_code == 200
    with server.core() as core:  # one recording is stored, and none of what was refused
        assert _stored(server) == before + 1
        core.lookup.cancel(client.tenant_id, created["docId"])
    assert server.seconds_left(client) == SECONDS


def test_a_truncated_mp3_gives_the_text_of_what_is_there(
    server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    whole = mp3("en-respectable")
    done = client.wait(client.send(whole[: len(whole) // 2 + 77]))
    assert done["status"] == "transcribed"
    assert done["duration"] == pytest.approx(3.0, abs=0.3)
    assert done["transcription"]
    assert server.seconds_left(client) == pytest.approx(SECONDS - done["duration"], abs=0.01)


def test_an_mp3_of_which_only_the_first_frames_are_true_fails_with_a_sentence_or_gives_little(
    server: Server, client: Client, mp3: Callable[[str], bytes]
) -> None:
    lying = mp3("en-cards")[:2500] + b"\x00not sound any more\xff" * 4000
    done = client.wait(client.send(lying))
    if done["status"] == "failed":
        assert done["error"].endswith(".")
        assert server.seconds_left(client) == SECONDS
    else:
        assert done["duration"] < 1


def test_a_link_that_was_changed_opens_nothing(server: Server, client: Client, mp3: Callable[[str], bytes]) -> None:
    created, other = client.create(), client.create()
    link = created["uploadUrl"]
    sound = mp3("en-young-man")
    for changed in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("exp=", "exp=1"),
        link.partition("?")[0],
        link.replace(created["docId"], other["docId"]),
        link + "&sig=0",
    ):
        assert is_refused(requests.put(changed, data=sound, timeout=60), 403), changed
    for method in ("GET", "POST", "DELETE", "PATCH"):
        answer = requests.request(method, link, timeout=60)
        assert is_refused(answer, 405)
        assert answer.headers["allow"] == "PUT"
    assert is_refused(requests.post(f"{server.address}/api/getTranscription", timeout=60), 405)
    assert client.poll(created["docId"])["status"] == "uploading"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"single_voice"', b"null", b"\xff\xfe", b'{"type": NaN}', b"[" * 100_000,
        b'{"type": "single_voice", "metadata": 1e999999}', b'{"type": "single_voice", "metadata": []}',
        b'{"type": "video"}', b'{"metadata": {}}', b'{"type": "single_voice", "checklistId": "Qm7Tz1Wc9Lp4Ks2Vb8Dx"}',
        b'{"type": "single_voice", "languageCode": "xx-Nowhere"}',
        b'{"type": "single_voice", "metadata": {"n": ' + b"9" * 5000 + b"}}",
        b'{"type": "single_voice", "metadata": {"t": "' + b"x" * 17_000 + b'"}}',
    ],
    ids=range(16),
)  # fmt: skip
def test_a_creation_that_makes_no_sense_is_refused(body: bytes, server: Server, client: Client) -> None:
    answer = client.http.post(f"{server.address}/api/createTranscription", data=body, timeout=60)
    assert is_refused(answer, 400), answer.text


def test_odd_but_valid_metadata_comes_back_exactly(client: Client) -> None:
    odd = {"nul": "\u0000", "lone": "\ud800", "line": "a\r\nb", "deep": [[[[{"": None}]]]], "tiny": 1e-300, "é": "😀"}
    created = client.create(metadata=odd)
    assert client.poll(created["docId"])["metadata"] == odd


def test_a_hundred_megabytes_of_metadata_are_refused_at_once_and_fill_no_memory(server: Server, client: Client) -> None:
    def chunks() -> object:
        yield b'{"type": "single_voice", "metadata": {"x": "'
        for _ in range(100):
            yield b"y" * 2**20
        yield b'"}}'

    before = resident_mib(server.running.pid)
    began = time.monotonic()
    whole = b"".join(chunks())  # type: ignore[arg-type]
    address = f"{server.address}/api/createTranscription"
    assert is_refused(client.http.post(address, data=whole, timeout=60), 400, 413)
    assert is_refused(client.http.post(address, data=chunks(), timeout=60), 400, 413)  # type: ignore[arg-type]
    assert time.monotonic() - began < 20
    assert resident_mib(server.running.pid) < before + 40


def resident_mib(pid: int) -> float:
    """The most memory a process has ever had."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize(
    "name", ["x", "A" * 20, "../../etc/passwd", "%00", "' or 1=1 --", "\U0001f600" * 20, "a" * 5000, "\u0661" * 20]
)
def test_an_unknown_id_is_not_found_however_odd(name: str, server: Server, client: Client) -> None:
    assert is_refused(client.get(name), 404)
    assert is_refused(
        requests.put(f"{server.address}/upload/{quote(name[:100], safe='')}?exp=1&sig=2", data=b"x", timeout=60),
        403,
        404,
    )


def test_a_key_is_needed_and_another_tenants_job_is_unknown(server: Server, client: Client) -> None:
    job = client.create()["docId"]
    stranger = server.client("stranger")
    assert is_refused(stranger.get(job), 404)
    assert stranger.get(job).content == stranger.get("A" * 20).content
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        answer = requests.get(
            f"{server.address}/api/getTranscription", params={"docId": job}, headers=header, timeout=60
        )
        assert is_refused(answer, 401)
    assert is_refused(client.get(""), 400)


def test_the_first_of_two_uploads_stands(server: Server, client: Client, mp3: Callable[[str], bytes]) -> None:
    sound = mp3("en-young-man")
    created = client.create()
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: put(created, sound), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert is_refused(max(answers, key=lambda answer: answer.status_code), 409)
    assert is_refused(put(created, sound), 409)
    done = client.wait(created["docId"])
    assert done["status"] == "transcribed"
    assert server.seconds_left(client) == pytest.approx(SECONDS - done["duration"], abs=0.01)
    assert is_refused(put(created, sound), 409)


def test_an_upload_that_broke_off_may_be_repeated(server: Server, client: Client, mp3: Callable[[str], bytes]) -> None:
    sound = mp3("en-young-man")
    created = client.create()
    link = urlsplit(created["uploadUrl"])
    with socket.create_connection((link.hostname or "", link.port or 0)) as broken:
        head = f"PUT {link.path}?{link.query} HTTP/1.1\r\nHost: {link.netloc}\r\nContent-Length: {len(sound)}\r\n\r\n"
        broken.sendall(head.encode() + sound[: len(sound) // 2])
        server.await_line(level="info", action="worker_started")  # the log is read while the half upload arrives
    assert client.poll(created["docId"])["status"] == "uploading"
    assert put(created, sound).status_code == 200
    assert client.wait(created["docId"])["status"] == "transcribed"


def test_after_all_this_the_server_is_well(server: Server, client: Client, mp3: Callable[[str], bytes]) -> None:
    assert requests.get(f"{server.address}/readyz", timeout=60).status_code == 200
    assert client.wait(client.send(mp3("en-young-man")))["status"] == "transcribed"
    answered = [line for line in server.running.lines() if line.get("event") == "request answered"]
    assert len(answered) > 50
    assert not [line for line in answered if line["status"] >= 500 and line["path"] != "/readyz"]
    assert "Traceback" not in server.log.read_text("utf-8", "replace")
