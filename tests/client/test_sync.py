"""The client without asyncio, with a network of our own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.client.made import CLIENT, script

from khosq.client import (
    BadAddress,
    Client,
    ConnectionFailed,
    Invalid,
    JobFailed,
    RateLimited,
    ServerFault,
    WaitedTooLong,
)

Answer = httpx2.Response | Exception

JOB: dict[str, Any] = {
    "id": "job_1", "api": "native", "state": "queued", "stage": None, "percent": 0.0, "eta_seconds": None,
    "language": "en", "speakers": None, "multichannel": False, "punctuation": True, "features": [],
    "languages": [], "hotwords": [], "scorecard_id": None, "agent_channel": None, "keep": "original",
    "priority": 0, "filename": None, "source_url": None, "recording_id": None, "duration": None, "error": None,
    "warnings": [], "upload": None, "metadata": {}, "created_at": "2030-01-01T09:00:00Z", "started_at": None,
    "ended_at": None,
}  # fmt: skip
UPLOAD = {"url": "https://store.example.org/up?sig=1", "method": "PUT", "expires_at": "2030-01-01T10:00:00Z"}
DELETION: dict[str, Any] = {
    "job_id": "job_1", "api": "native", "recording_sha256": None, "created_at": "2030-01-01T09:00:00Z",
    "deleted_at": "2030-01-01T09:00:00Z", "deleted_by": None,
}  # fmt: skip


class Network:
    """Gives its answers one after the other, and remembers what was asked."""

    def __init__(self, *answers: Answer | Callable[[httpx2.Request], httpx2.Response]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def client(network: Network, **more: Any) -> Client:
    return Client("https://asr.example.org/", "kq_1", transport=httpx2.MockTransport(network), **more)


def problem(status: int, **more: Any) -> httpx2.Response:
    headers = {"retry-after": "0"} if status in {429, 503} else {}
    body = {"type": "about:blank", "title": "No", "status": status, "detail": "why"} | more
    return httpx2.Response(status, json=body, headers=headers)


def test_it_is_what_the_script_makes_of_the_one_for_asyncio(tmp_path: Path) -> None:
    twins = script().TWINS
    for twin, plain in twins.items():
        (tmp_path / plain).write_text(script().to_sync((CLIENT / twin).read_text("utf-8")), "utf-8")
    config = ("--config", str(CLIENT.parents[2] / "pyproject.toml"))
    ruff = Path(sys.executable).with_name("ruff")
    for words in (("check", "--fix-only", "--quiet", "--unsafe-fixes"), ("format", "--quiet")):
        subprocess.run([ruff, *words, *config, tmp_path], check=True)
    for plain in twins.values():
        assert (tmp_path / plain).read_text("utf-8") == (CLIENT / plain).read_text("utf-8")


def test_nothing_of_the_server_is_loaded_with_it() -> None:
    program = "import sys, khosq.client; print(*(name for name in sys.modules if name.startswith('khosq.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert all(name.startswith("khosq.client") for name in done.stdout.split())


def test_a_busy_server_is_asked_again_with_the_same_request() -> None:
    network = Network(problem(503), problem(429), httpx2.ConnectError("no"), httpx2.Response(202, json=JOB))
    with client(network) as calls:
        assert calls.jobs.create(language="en", metadata={"a": None}).id == "job_1"
    keys = {request.headers["idempotency-key"] for request in network.requests}
    assert (len(network.requests), len(keys)) == (4, 1)
    assert {request.headers["authorization"] for request in network.requests} == {"Bearer kq_1"}
    assert json.loads(network.requests[-1].content) == {"language": "en", "metadata": {"a": None}}
    assert str(network.requests[0].url) == "https://asr.example.org/khosq/v1/jobs"


def test_what_may_not_be_done_twice_is_not_sent_twice() -> None:
    broken = Network(httpx2.ReadError("cut"))
    with client(broken) as calls, pytest.raises(ConnectionFailed):
        calls.keys.create(name="one")
    assert len(broken.requests) == 1
    failing = Network(problem(500))
    with client(failing) as calls, pytest.raises(ServerFault):
        calls.keys.create(name="one")
    assert len(failing.requests) == 1


def test_who_cannot_be_reached_is_named() -> None:
    with client(Network(httpx2.ConnectError("Connection refused")), attempts=1) as calls:
        with pytest.raises(ConnectionFailed, match=r"^POST https://asr.example.org/khosq/v1/jobs: Connection refused$"):
            calls.jobs.create()
        with pytest.raises(ConnectionFailed, match=r"^GET https://asr.example.org/khosq/v1/jobs/job_1/events: Conn"):
            list(calls.jobs.events("job_1"))


@pytest.mark.parametrize("base", ["http://a:8080", "http://a:8080/khosq/v1", "http://a:8080/khosq/v1/"])
def test_the_api_may_stand_in_the_address_or_not(base: str) -> None:
    network = Network(httpx2.Response(200, json=JOB))
    with Client(base, "kq_1", transport=httpx2.MockTransport(network)) as calls:
        calls.jobs.get("job_1")
    assert str(network.requests[0].url) == "http://a:8080/khosq/v1/jobs/job_1"


@pytest.mark.parametrize("base", ["", "localhost:8080", "asr.example.org", "ftp://a", "http://", "http://[1"])
def test_an_address_that_is_none_is_refused_at_once(base: str) -> None:
    with pytest.raises(BadAddress, match="is not the address of a server, such as http://localhost:8080"):
        Client(base, "kq_1")


def test_a_job_that_did_not_end_well_says_how() -> None:
    error = {"code": "media_unreadable", "message": "This is no recording."}
    for ended, told in (
        ({"state": "failed", "error": error}, "job_1 failed: This is no recording."),
        ({"state": "cancelled"}, "job_1 was cancelled"),
    ):
        network = Network(httpx2.Response(200, json=JOB | ended))
        with client(network) as calls, pytest.raises(JobFailed) as failed:
            calls.transcribe("https://recordings.example.org/a.mp3")
        assert str(failed.value) == told


def test_patience_has_an_end() -> None:
    network = Network(problem(429))
    with client(network, attempts=3) as calls, pytest.raises(RateLimited):
        calls.get_limits()
    assert len(network.requests) == 3
    far = Network(httpx2.Response(429, headers={"retry-after": "3600"}))
    with client(far) as calls, pytest.raises(RateLimited):
        calls.get_limits()
    assert len(far.requests) == 1


def test_a_refusal_names_what_is_wrong() -> None:
    fault = {"pointer": "/language", "detail": "unknown"}
    network = Network(problem(400, errors=[fault], request_id="r1"))
    with client(network) as calls, pytest.raises(Invalid, match="400 No: why") as refused:
        calls.jobs.create()
    assert [one.pointer for one in refused.value.errors] == ["/language"]
    assert (refused.value.request_id, refused.value.status, len(network.requests)) == ("r1", 400, 1)


def test_an_upload_is_streamed_to_its_link_without_the_key(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"x" * 600_000)
    waiting = httpx2.Response(202, json=JOB | {"state": "awaiting_media", "upload": UPLOAD})
    network = Network(waiting, httpx2.ReadError("cut"), httpx2.Response(204), httpx2.Response(200, json=JOB))
    with client(network) as calls:
        calls.jobs.submit(tmp_path / "a.mp3", language="en")
    created, cut, sent, _ = network.requests
    assert json.loads(created.content)["filename"] == "a.mp3"
    assert str(sent.url) == UPLOAD["url"]
    assert "authorization" not in sent.headers
    assert sent.headers["content-length"] == "600000"
    assert cut.content == sent.content == b"x" * 600_000


def test_a_file_that_somebody_opened_is_sent_once_and_left_open() -> None:
    file = io.BytesIO(b"abc")
    waiting = httpx2.Response(202, json=JOB | {"state": "awaiting_media", "upload": UPLOAD})
    network = Network(waiting, httpx2.ReadError("cut"))
    with client(network) as calls, pytest.raises(ConnectionFailed):
        calls.jobs.submit(file)
    assert len(network.requests) == 2
    assert not file.closed


def test_a_url_is_left_to_the_server() -> None:
    network = Network(httpx2.Response(202, json=JOB))
    with client(network) as calls:
        calls.jobs.submit("https://recordings.example.org/a.mp3", speakers=2)
    assert json.loads(network.requests[0].content) == {
        "source_url": "https://recordings.example.org/a.mp3", "speakers": 2,
    }  # fmt: skip


def test_lists_go_on_to_the_last_page() -> None:
    pages = [{"data": [JOB | {"id": f"job_{n}"}], "next_cursor": str(n) if n < 3 else None} for n in range(1, 4)]
    network = Network(*(httpx2.Response(200, json=page) for page in pages))
    with client(network) as calls:
        assert [job.id for job in calls.jobs.list(state=["failed", "queued"])] == ["job_1", "job_2", "job_3"]
    assert [request.url.params.get("cursor") for request in network.requests] == [None, "1", "2"]
    assert network.requests[0].url.params.get_list("state") == ["failed", "queued"]


def test_waiting_ends_with_the_job_or_with_patience() -> None:
    done = httpx2.Response(200, json=JOB | {"state": "succeeded"})
    network = Network(httpx2.Response(200, json=JOB), done)
    with client(network) as calls:
        assert calls.jobs.wait("job_1").state == "succeeded"
    assert [float(request.url.params["wait"]) for request in network.requests] == [30, 30]
    with client(Network(httpx2.Response(200, json=JOB))) as calls, pytest.raises(WaitedTooLong):
        calls.jobs.wait("job_1", within=0)


class Cut(httpx2.SyncByteStream):
    """An answer whose connection breaks."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"retry: 2000\n\n" + event("update", "e1", 10.0)
        raise httpx2.ReadError("cut")


def event(name: str, event_id: str, percent: float) -> bytes:
    body = {
        "job_id": "job_1", "state": "running", "stage": None, "percent": percent, "eta_seconds": None, "duration": None,
        "error": None,
    }  # fmt: skip
    return f"event: {name}\nid: {event_id}\ndata: {json.dumps(body)}\n\n".encode()


def test_a_stream_goes_on_where_it_broke() -> None:
    rest = b": still here\n\n" + event("update", "e2", 50.0) + event("end", "e3", 100.0)
    network = Network(httpx2.Response(200, stream=Cut()), httpx2.Response(200, content=rest))
    with client(network) as calls:
        assert [told.percent for told in calls.jobs.events("job_1")] == [10.0, 50.0, 100.0]
    assert [request.headers["last-event-id"] for request in network.requests] == ["", "e1"]


def test_a_word_of_tomorrow_is_passed_on() -> None:
    network = Network(httpx2.Response(200, json=JOB | {"state": "paused", "mood": "good"}))
    with client(network) as calls:
        assert calls.jobs.get("job_1").state == "paused"


def test_proofs_and_files_come_back(tmp_path: Path) -> None:
    network = Network(
        httpx2.Response(200, json=DELETION), httpx2.Response(200, content=b"1\n"), httpx2.Response(200, content=b"abc")
    )
    with client(network) as calls:
        assert calls.jobs.delete("job_1").job_id == "job_1"
        assert calls.jobs.export("job_1", "srt", max_lines=1, speakers=False) == b"1\n"
        calls.recordings.download("r1", tmp_path / "a.mp3")
    assert (tmp_path / "a.mp3").read_bytes() == b"abc"
    assert dict(network.requests[1].url.params) == {"max_lines": "1", "speakers": "false"}


def test_old_calls_are_analysed_and_all_calls_summed_up() -> None:
    run: dict[str, Any] = {
        "id": "a1", "features": ["summary"], "scorecard_id": None, "jobs": 2, "done": 0, "failed": 0,
        "created_at": "2030-01-01T09:00:00Z", "ended_at": None,
    }  # fmt: skip
    network = Network(httpx2.Response(202, json=run), httpx2.Response(200, json={"data": [run], "next_cursor": None}))
    with client(network) as one:
        begun = datetime(2030, 1, 1, tzinfo=UTC)
        assert one.analyses.create(features=["summary"], begun_from=begun).jobs == 2
        assert [found.id for found in one.analyses.list()] == ["a1"]
    assert json.loads(network.requests[0].content)["from"] == "2030-01-01T00:00:00+00:00"
    assert network.requests[0].headers["idempotency-key"]
