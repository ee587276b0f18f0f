"""Our own API as its client, curl and receivers of webhooks see it."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from standardwebhooks import Webhook
from tests.journeys.harness import Client as VendorClient
from tests.journeys.harness import Receiver, Server, wait_until

from khosq.client import (
    AsyncClient,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    JobFailed,
    NotFound,
    Unauthorized,
    UnsupportedMedia,
)
from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard

DOCS = Path(__file__).parents[2] / "docs"


@dataclass
class Account:
    """A tenant with an administrator's key, in a folder of its own."""

    client: Client
    key: str
    folder: Path


@pytest.fixture
def account(server: Server, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    with server.core() as core:
        key, _ = core.keys.create(request.node.name[:150], "admin")
    with Client(server.address, key) as client:
        yield Account(client, key, tmp_path)


@pytest.fixture
def call(tmp_path: Path, mp3: Callable[[str], bytes]) -> Path:
    """A recording in a file."""
    path = tmp_path / "call.mp3"
    path.write_bytes(mp3("en-cards"))
    return path


def assert_right(text: str, recording: Heard, name: str = "en-cards") -> None:
    known, _ = recording(name)
    assert word_errors(known.reference, text, language="en").rate <= (known.wer_at_most or 0), text


def test_a_file_becomes_a_transcript_in_one_call(account: Account, call: Path, recording: Heard) -> None:
    transcript = account.client.transcribe(call, language="en-US")
    assert_right(transcript.text, recording)
    words = [word for said in transcript.utterances for word in said.words]
    assert " ".join(word.text for word in words) == transcript.text
    assert all(one.start <= other.start for one, other in pairwise(words))
    assert transcript.duration == pytest.approx(3.5, abs=0.15)

    (job,) = account.client.jobs.list()
    assert (job.state, job.filename, job.percent, job.api) == ("succeeded", "call.mp3", 100.0, "native")
    srt = account.client.jobs.export(job.id, "srt", max_line_length=20).decode()
    assert " --> " in srt
    assert account.client.jobs.export(job.id, "pdf").startswith(b"%PDF")
    account.client.recordings.download(job.recording_id or "", account.folder / "copy.mp3")
    assert (account.folder / "copy.mp3").read_bytes() == call.read_bytes()
    used = account.client.get_usage()
    assert used.jobs == 1
    assert used.seconds == pytest.approx(transcript.duration, abs=0.01)
    english = {language.tag: language.state for language in account.client.list_languages()}
    assert english["en"] == "ready"


def test_with_asyncio_too(account: Account, server: Server, call: Path, recording: Heard) -> None:
    sound = call.read_bytes()

    async def both() -> list[str]:
        async with AsyncClient(server.address, account.key) as client:
            kept = await client.recordings.create(call)
            job = await client.jobs.create(recording_id=kept.id, language="en")
            one, other = await asyncio.gather(client.jobs.wait(job.id), client.transcribe(sound, language="en"))
            return [(await client.jobs.transcript(one.id)).text, other.text]

    for text in asyncio.run(both()):
        assert_right(text, recording)


def test_a_stream_tells_a_jobs_course_while_it_runs(account: Account, call: Path) -> None:
    job = account.client.jobs.create(language="en", filename="call.mp3")
    told = account.client.jobs.events(job.id)
    assert next(told).state == "awaiting_media"
    account.client.jobs.upload(job, call)
    course = list(told)
    order = ["awaiting_media", "queued", "running", "succeeded"]
    states = [order.index(event.state) for event in course]
    assert states == sorted(states)
    percents = [event.percent for event in course]
    assert percents == sorted(percents)
    assert (course[-1].state, course[-1].percent) == ("succeeded", 100.0)


def test_what_cannot_be_heard_says_why(account: Account) -> None:
    slow = io.BytesIO()
    with wave.open(slow, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(1)  # nobody hears that
        file.writeframes(bytes(4000))
    with pytest.raises(JobFailed) as failed:
        account.client.transcribe(slow.getvalue(), language="en")
    with pytest.raises(UnsupportedMedia):
        account.client.transcribe(b"#!/bin/sh", language="en")
    assert failed.value.job.error is not None
    assert failed.value.job.error.message in str(failed.value)
    with pytest.raises(Invalid) as refused:
        account.client.jobs.create(language="xx", priority=10)
    assert [fault.pointer for fault in refused.value.errors] == ["/priority"]
    assert refused.value.request_id
    with pytest.raises(NotFound):
        account.client.jobs.get("job_h4RkT0yVqLz2NwCe8SbJ")


def test_a_webhook_is_verified_by_the_standards_own_library(
    account: Account, receiver: Receiver, call: Path, server: Server
) -> None:
    endpoint = account.client.endpoints.create(f"{receiver.address}/ok", events=["job.succeeded", "job.cancelled"])
    job = account.client.jobs.submit(call, language="en", metadata={"ticket": "Ա-17"})
    theirs = requests.post(
        f"{server.address}/api/createTranscription",
        json={"type": "single_voice", "languageCode": "en"},
        headers={"Authorization": f"Bearer {account.key}"},
        timeout=60,
    ).json()["docId"]
    account.client.jobs.cancel(theirs)

    told = receiver.await_call(job.id)
    event = Webhook(endpoint.secret).verify(told.body, told.headers)
    assert event["type"] == "job.succeeded"
    assert (event["data"]["job"]["id"], event["data"]["job"]["metadata"]) == (job.id, {"ticket": "Ա-17"})
    assert Webhook(endpoint.secret).verify(receiver.await_call(theirs).body, receiver.await_call(theirs).headers)

    (delivery,) = wait_until(
        "the delivery to be noted",
        lambda: [*account.client.deliveries.list(job_id=job.id, state="delivered")],
    )
    assert [attempt.status for attempt in account.client.deliveries.get(delivery.id).attempts] == [200]
    again = account.client.endpoints.rotate(endpoint.id, overlap_seconds=600)
    account.client.deliveries.replay(delivery.id)
    calls = wait_until("the replay", lambda: receiver.about(job.id) if len(receiver.about(job.id)) > 1 else None)
    assert calls[1].body == told.body
    assert calls[1].headers["webhook-id"] == told.headers["webhook-id"]
    for secret in (endpoint.secret, again.secret):
        assert Webhook(secret).verify(calls[1].body, calls[1].headers)


def test_a_thousand_jobs_are_made_in_one_request(account: Account) -> None:
    began = time.monotonic()
    made = account.client.jobs.create_batch([{"language": "en", "metadata": {"n": n}} for n in range(1000)])
    took = time.monotonic() - began
    assert len({job.id for job in made}) == 1000
    assert [job.metadata["n"] for job in made] == list(range(1000))
    assert took < 30, took
    assert sum(1 for _ in account.client.jobs.list(state="awaiting_media")) == 1000
    print(f"1,000 jobs in one request: {took:.2f} s")  # noqa: T201 - for the report


def test_keys_and_jobs_go_through_every_door(
    account: Account, server: Server, call: Path, mp3: Callable[[str], bytes], recording: Heard
) -> None:
    key = account.client.keys.create(name="vendor's", api="xosum", scope="write")
    vendor = VendorClient(server.address, key.secret)
    theirs = vendor.send(mp3("en-cards"))
    mine = account.client.jobs.submit(call, language="en-US")

    assert account.client.jobs.wait(theirs).api == "xosum"
    assert_right(account.client.jobs.transcript(theirs).text, recording)
    assert account.client.jobs.get(theirs).filename is None
    assert_right(vendor.wait(mine.id)["transcription"], recording)

    with pytest.raises(Forbidden), Client(server.address, key.secret) as elsewhere:
        elsewhere.jobs.get(mine.id)
    account.client.keys.revoke(key.id)
    assert vendor.get(mine.id).status_code == 401
    with pytest.raises(Unauthorized), Client(server.address, "kq_none") as nobody:
        nobody.get_limits()


def test_a_recording_waits_for_its_jobs_and_goes(account: Account, call: Path) -> None:
    link = account.client.recordings.create_upload(expires_in=600)
    sent = requests.put(link.upload.url, data=call.read_bytes(), timeout=60)
    assert sent.status_code == 201
    job = account.client.jobs.create(recording_id=link.recording_id, language="en")
    if account.client.jobs.get(job.id).state in {"queued", "running"}:
        with pytest.raises(Conflict):
            account.client.recordings.delete(link.recording_id)
    account.client.jobs.wait(job.id)
    account.client.recordings.delete(link.recording_id)
    assert list(account.client.recordings.list()) == []
    proof = account.client.jobs.delete(job.id)
    assert account.client.jobs.deletion(job.id) == proof


def test_what_is_urgent_overtakes_what_is_not(account: Account, call: Path) -> None:
    kept = account.client.recordings.create(call)
    bulk = account.client.jobs.create_batch(
        [{"recording_id": kept.id, "language": "en", "priority": 9} for _ in range(8)]
    )
    urgent = account.client.jobs.create(recording_id=kept.id, language="en", priority=0)
    began = [account.client.jobs.wait(job.id).started_at for job in (*bulk, urgent)]
    assert all(began)
    assert began[-1] < max(began[:-1])  # type: ignore[operator, type-var]


@pytest.mark.client("curl")
@pytest.mark.client("jq")
def test_the_documents_curl_lines_work_as_printed(
    account: Account, server: Server, call: Path, recording: Heard
) -> None:
    _, *commands = re.findall(r"```bash\n(.*?)```", (DOCS / "apis" / "khosq.md").read_text("utf-8"), re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=call.parent,
        env=os.environ | {"KHOSQ_URL": server.address, "KHOSQ_KEY": account.key},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    state, text = done.stdout.strip().splitlines()
    assert state == "succeeded"
    assert_right(text, recording)
    assert " --> " in (call.parent / "call.srt").read_text("utf-8")
    assert (call.parent / "call.docx").read_bytes().startswith(b"PK")


def test_the_documents_python_works_as_printed(
    account: Account, server: Server, call: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(call.parent)
    programs = re.findall(r"```python\n(.*?)```", (DOCS / "client.md").read_text("utf-8"), re.DOTALL)
    assert len(programs) == 3
    for printed in programs:
        program = printed.replace("http://localhost:8080", server.address).replace("kq_…", account.key)
        exec(compile(program, "client.md", "exec"), {})  # noqa: S102 - our own documents
        assert capsys.readouterr().out
    assert (call.parent / "call.srt").exists()
