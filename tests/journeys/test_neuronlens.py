"""NeuronLens' documented flow: a call's link goes in, its transcript comes back by polling and by webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from tests.journeys.conftest import NewServer
from tests.journeys.harness import Client, Receiver, Server, free_port, wait_until
from tests.media.films import Track, make_film

import khosq
from khosq.evaluation.mp3 import read_samples
from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard

LARGEST = 3_000_000
SECRET = "wh-s3cr3t"
METADATA: dict[str, Any] = {"lead": "L-9", "agent": {"name": "Անի", "tags": ["a", None, True, 1.5]}, "big": 2**70}
AT_MOST = 0.4
"""Word error rate: any other recording would give more."""
FORMATS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "ogg with vorbis": ("ogg", "vorbis"),
    "ogg with opus": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "m4a": ("ipod", "aac"),
}
ARMENIAN = Path(khosq.__file__).parent / "speech" / "starters" / "hy" / "model.int8.onnx"
needs_armenian = pytest.mark.skipif(not ARMENIAN.exists(), reason="the Armenian starter is not packaged yet")


class Shelf:
    """A customer's file server."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {
            "/page": b"<!doctype html><html><body>Please log in</body></html>" * 20,
            "/empty": b"",
            "/noise.wav": b"RIFF\xff\xff\xff\x00WAVEfmt \x10\x00\x00\x00" + b"\xff" * 5000,
            "/large": bytes(LARGEST + 1),
        }
        self.moved = {
            "/inner": "http://10.1.2.3/call.mp3",
            "/metadata": "http://169.254.169.254/latest/meta-data/",
            "/script": "file:///etc/passwd",
            "/round": "/round",
        }
        self._closing = threading.Event()
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/hangs":
                    shelf._closing.wait()
                elif self.path in shelf.moved:
                    self.send_response(302)
                    self.send_header("Location", shelf.moved[self.path])
                    self.end_headers()
                elif self.path in shelf.files:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/plain")  # as some do; it does not matter
                    self.end_headers()
                    self.wfile.write(shelf.files[self.path])
                else:
                    self.send_error(404)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.authority = f"127.0.0.1:{self._server.server_port}"

    def put(self, path: str, content: bytes) -> str:
        self.files[path] = content
        return self.link(path)

    def link(self, path: str) -> str:
        return f"http://{self.authority}{path}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Workspace:
    """A client as the vendor's documentation writes it."""

    def __init__(self, client: Client, base: str = "/v1") -> None:
        self.http = client.http
        self.address = client.address + base

    def post(self, audio_url: str, *, key: str | None = None, **fields: Any) -> requests.Response:
        body = {"audio_url": audio_url, "language": "en-US", **fields}
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(f"{self.address}/transcription", json=body, headers=headers, timeout=60)

    def submit(self, audio_url: str, **fields: Any) -> str:
        answer = self.post(audio_url, **fields)
        assert answer.status_code == 202, answer.text
        assert answer.json()["status"] == "pending"
        return str(answer.json()["job_id"])

    def poll(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.address}/transcription/{job_id}", timeout=60)
        assert answer.status_code == 200, answer.text
        assert int(answer.headers["X-RateLimit-Remaining"]) >= 0
        found: dict[str, Any] = answer.json()
        return found

    def wait(self, job_id: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            found = self.poll(job_id)
            return found if found["status"] in {"completed", "failed"} else None

        return wait_until(f"{job_id} to end", ended, pause=0.5)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    shelf = Shelf()
    yield shelf
    shelf.close()


@pytest.fixture(scope="module")
def closed_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(new_server: NewServer, receiver: Receiver, shelf: Shelf, closed_port: int) -> Server:
    allowed = f"{receiver.authority},{shelf.authority},127.0.0.1:{closed_port}"
    return new_server(
        KHOSQ_OUTBOUND_ALLOW=allowed, KHOSQ_MAX_UPLOAD_BYTES=str(LARGEST), KHOSQ_FETCH_TIMEOUT="8"
    ).await_ready()


@pytest.fixture(scope="module", autouse=True)
def away(server: Server, shelf: Shelf, closed_port: int) -> tuple[Workspace, dict[str, str]]:
    """Submit, before all else, what is tried for more than a minute before it is given up."""
    workspace = Workspace(server.client("away"))
    links = [shelf.link("/hangs"), f"http://127.0.0.1:{closed_port}/call.mp3"]
    return workspace, {link: workspace.submit(link) for link in links}


@pytest.fixture
def workspace(client: Client) -> Workspace:
    return Workspace(client)


@pytest.mark.parametrize("name", FORMATS)
def test_a_recording_in_each_format_comes_back_as_text(
    name: str, workspace: Workspace, shelf: Shelf, recording: Heard
) -> None:
    known, path = recording("en-cards")
    samples, rate = read_samples(path)
    kind, codec = FORMATS[name]
    track = Track(samples.T, codec, rate)
    if codec == "vorbis":  # its encoder knows nothing else
        track = replace(track, sound=np.repeat(track.sound, 2, axis=1), layout="stereo")
    # its name tells nothing: what it is, its bytes say
    link = shelf.put(f"/{codec}.bin?signature=a%2Fb", make_film(kind, track))
    done = workspace.wait(workspace.submit(link, speakers=1))
    assert done["status"] == "completed", done
    assert done["duration_seconds"] == pytest.approx(3.5, abs=0.15)
    assert {segment["speaker"] for segment in done["transcript"]} == {"speaker_1"}
    said = " ".join(segment["text"] for segment in done["transcript"])
    assert word_errors(known.reference, said, language="en").rate <= AT_MOST, said


@needs_armenian
def test_each_channel_of_a_call_is_its_party_and_the_receiver_is_told(
    server: Server, workspace: Workspace, shelf: Shelf, receiver: Receiver, recording: Heard
) -> None:
    known, path = recording("hy-call-stereo")
    registered = workspace.http.post(
        f"{workspace.address}/webhooks",
        json={"url": f"{receiver.address}/ok", "events": ["transcription.completed"], "secret": SECRET},
        timeout=60,
    )
    assert registered.status_code == 201, registered.text

    features = ["transcription", "summary", "sentiment", "intent"]
    link = shelf.put("/call", path.read_bytes())
    job_id = workspace.submit(link, language="hy-AM", features=features, metadata=METADATA)
    done = workspace.wait(job_id)

    assert [segment["speaker"] for segment in done["transcript"]] == [turn.speaker for turn in known.turns]
    said = " ".join(segment["text"] for segment in done["transcript"])
    assert word_errors(known.reference, said, language="hy").rate <= (known.wer_at_most or 0.5), said
    for segment in done["transcript"]:
        assert segment["text"] == " ".join(word["word"] for word in segment["words"])
        assert segment["start"] == segment["words"][0]["start"] < segment["words"][-1]["end"] == segment["end"]
    assert done["summary"]
    assert -1 <= done["sentiment"]["overall"] <= 1
    assert done["sentiment"]["by_speaker"].keys() == {"agent", "customer"}
    assert done["intent"]
    assert done["error"] is None
    assert (done["metadata"], done["language"]) == (METADATA, "hy-AM")

    call = receiver.await_call(job_id)
    expected = hmac.new(SECRET.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-vinfer-signature"] == f"sha256={expected}"
    assert call.json == {
        "id": call.json["id"],
        "event": "transcription.completed",
        "created_at": done["completed_at"],
        "data": {"job_id": job_id, "status": "completed", "metadata": METADATA},
    }
    listed = workspace.http.get(f"{workspace.address}/webhooks", timeout=60).json()["data"]
    last = wait_until("the delivery to be noted", lambda: _delivered(workspace), within=60)
    assert (listed[0]["active"], last["event"], last["status_code"]) == (True, "transcription.completed", 200)
    assert SECRET not in json.dumps(listed)

    stored = server.data_dir / "blobs" / "recordings"
    wait_until("the recording to go", lambda: len(shelf.files["/call"]) not in _sizes(stored), within=60)


def _sizes(folder: Path) -> set[int]:
    try:
        return {path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    except FileNotFoundError:  # one has just gone
        return _sizes(folder)


def _delivered(workspace: Workspace) -> dict[str, Any] | None:
    (webhook,) = workspace.http.get(f"{workspace.address}/webhooks", timeout=60).json()["data"]
    last: dict[str, Any] | None = webhook["last_delivery"]
    return last if last and last["status"] == "delivered" else None


def test_a_call_on_one_channel_has_its_first_talker_as_the_agent(
    workspace: Workspace, shelf: Shelf, mp3: Callable[[str], bytes]
) -> None:
    done = workspace.wait(workspace.submit(shelf.put("/en-call.mp3", mp3("en-call"))))
    speakers = [segment["speaker"] for segment in done["transcript"]]
    assert speakers[0] == "agent"
    assert set(speakers) == {"agent", "customer"}


def test_a_submission_repeated_with_its_key_makes_one_job(
    server: Server, client: Client, workspace: Workspace, shelf: Shelf, mp3: Callable[[str], bytes]
) -> None:
    link = shelf.put("/young.mp3", mp3("en-young-man"))
    first = workspace.post(link, key="6f3c0a52", metadata={"n": 1})
    workspace.wait(first.json()["job_id"])
    again = Workspace(client, "").post(link, key="6f3c0a52", metadata={"n": 1})
    assert (again.status_code, again.json()) == (202, first.json())
    assert workspace.post(link, key="6f3c0a52", metadata={"n": 2}).status_code == 409
    calls = workspace.http.get(f"{workspace.address}/analytics/calls", timeout=60).json()
    assert (calls["total_calls"], calls["by_status"]["completed"]) == (1, 1)
    assert calls["total_duration_seconds"] > 1


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        ("/missing.mp3", "audio_unreachable", "answered 404"),
        ("/page", "audio_unsupported", "accepted"),
        ("/empty", "audio_unreachable", "empty"),
        ("/noise.wav", "audio_unreadable", "readable"),
        ("/large", "audio_too_large", f"{LARGEST} bytes"),
        ("/inner", "audio_unreachable", "10.1.2.3 is not public"),
        ("/metadata", "audio_unreachable", "not public"),
        ("/script", "audio_unreachable", "https://"),
        ("/round", "audio_unreachable", "redirects more than 5 times"),
    ],
)
def test_a_link_that_gives_no_recording_makes_a_failed_job_that_says_why(
    path: str, code: str, reason: str, workspace: Workspace, shelf: Shelf
) -> None:
    failed = workspace.wait(workspace.submit(shelf.link(path), metadata=METADATA))
    assert (failed["status"], failed["error"]["code"]) == ("failed", code), failed
    assert reason in failed["error"]["message"]
    assert failed["metadata"] == METADATA
    assert "transcript" not in failed


def test_the_receiver_is_told_of_a_failed_job(workspace: Workspace, shelf: Shelf, receiver: Receiver) -> None:
    hook = {"url": f"{receiver.address}/ok", "events": ["*"]}
    assert workspace.http.post(f"{workspace.address}/webhooks", json=hook, timeout=60).status_code == 201
    job_id = workspace.submit(shelf.link("/gone.mp3"), metadata=METADATA)
    call = receiver.await_call(job_id)
    told = call.json
    assert (told["event"], told["data"]["job_id"]) == ("transcription.failed", job_id)
    assert told["data"]["metadata"] == METADATA
    assert told["data"]["error"] == workspace.poll(job_id)["error"]
    assert "x-vinfer-signature" not in call.headers


@pytest.mark.client("curl")
def test_curl_alone_gets_a_transcript(
    client: Client, workspace: Workspace, shelf: Shelf, mp3: Callable[[str], bytes]
) -> None:
    def curl(*words: str) -> dict[str, Any]:
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", *words],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    bearer = ("-H", f"Authorization: Bearer {client.key}")
    link = shelf.put("/curl.mp3", mp3("en-young-man"))
    body = json.dumps({"audio_url": link, "language": "en-US", "features": ["transcription", "summary"]})
    address = f"{client.address}/v1/transcription"
    job_id = curl("-X", "POST", address, *bearer, "-H", "Content-Type: application/json", "-d", body)["job_id"]
    workspace.wait(job_id)
    shown = curl(*bearer, f"{address}/{job_id}")
    assert shown["status"] == "completed"
    assert shown["transcript"]


def test_a_server_that_does_not_answer_is_tried_again_and_then_given_up(
    away: tuple[Workspace, dict[str, str]],
) -> None:
    workspace, jobs = away
    for link, job_id in jobs.items():
        failed = workspace.wait(job_id)
        assert failed["error"]["code"] == "audio_unreachable", link
        assert "did not answer in time" in failed["error"]["message"] or "reached" in failed["error"]["message"], failed
