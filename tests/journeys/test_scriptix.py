"""Scriptix' documented flows, with the clients that its customers use, real speech and real servers."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import av
import docx
import numpy as np
import pypdf
import pytest
import requests
from tests.journeys.conftest import NewServer
from tests.journeys.harness import DONE_WITHIN, Client, Receiver, wait_until
from tests.media.films import Track, make_film
from tests.serving.tus.js import run_js
from tusclient.client import TusClient

from khosq.evaluation.mp3 import read_samples
from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard

WORDS = ["new", "uploading", "uploaded", "processing", "done"]
NAME = "en-cards"
AT_MOST = 0.4
"""Word error rate: any other recording would give more."""

Check = Callable[..., None]


@dataclass
class Caller:
    """Written as the vendor's documents write it."""

    address: str
    key: str

    @cached_property
    def http(self) -> requests.Session:
        session = requests.Session()
        session.headers["x-zoom-s2t-key"] = self.key
        return session

    @property
    def sessions(self) -> str:
        return f"{self.address}/api/v3/speech-to-text/session"

    @property
    def files(self) -> str:
        return f"{self.address}/api/v3/files/"

    def create(self, **fields: Any) -> dict[str, Any]:
        answer = self.http.post(self.sessions, json={"language": "en", **fields}, timeout=60)
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()["result"]
        return created

    def get(self, path: str, **query: str) -> requests.Response:
        answer = self.http.get(f"{self.sessions}/{path}", params=query, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer

    def send(self, session_id: str, content: bytes) -> None:
        answer = self.http.post(f"{self.sessions}/{session_id}", files={"upload": ("a.bin", content)}, timeout=60)
        assert answer.status_code == 200, answer.text

    def wait(self, session_id: str) -> dict[str, Any]:
        """Poll to the end; what is seen on the way never goes back. Gives the result."""
        seen: list[str] = []

        def is_done() -> bool:
            seen.append(self.get(session_id).json()["result"]["status"])
            return seen[-1] in {"done", "failed"}

        wait_until(f"{session_id} to end", is_done, within=DONE_WITHIN, pause=0.2)
        assert seen[-1] == "done", self.get(session_id).json()
        assert [WORDS.index(word) for word in seen] == sorted(WORDS.index(word) for word in seen)
        result: dict[str, Any] = self.get(f"{session_id}/result").json()["result"]
        return result

    def session_of(self, url: str) -> str:
        """Ask which session an upload became."""
        answer = self.http.get(url, timeout=60)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["session_id"])


@pytest.fixture
def caller(client: Client) -> Caller:
    return Caller(client.address, client.key)


@pytest.fixture
def check(recording: Heard) -> Check:
    """Compare a result with what was said."""

    def compare(result: dict[str, Any], name: str = NAME, *, channel: int = 0) -> None:
        known, _ = recording(name)
        said = " ".join(segment["text"] for segment in result["results"] if segment["channel"] == channel)
        assert word_errors(known.reference, said, language="en").rate <= AT_MOST, said

    return compare


@pytest.fixture
def file(mp3: Callable[[str], bytes], tmp_path: Path) -> Path:
    path = tmp_path / "call.mp3"
    path.write_bytes(mp3(NAME))
    return path


@pytest.mark.client("curl")
def test_curl_names_a_recordings_url_and_is_called_back(
    caller: Caller, receiver: Receiver, file: Path, check: Check
) -> None:
    def curl(*words: str) -> Any:
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", *words],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    receiver.files["/m/7.mp3"] = file.read_bytes()
    body = {
        "language": "en",
        "media_source": f"{receiver.address}/m/7.mp3",
        "punctuation": True,
        "webhook_url": f"{receiver.address}/ok",
        "webhook_method": "PUT",
        "webhook_headers": ["X-Token: t1", "x-scriptix-session: forged", "Content-Type: text/plain"],
        "meta_data": {"case": "C-3"},
    }
    key = ("-H", f"x-zoom-s2t-key: {caller.key}")
    created = curl("-X", "POST", caller.sessions, *key, "-H", "content-type: application/json", "-d", json.dumps(body))
    session_id = created["session_id"]
    assert (created["status"], created["media_url"]) == ("uploaded", body["media_source"])
    assert created["filename"] == receiver.address.replace(":", "-").replace("/", "-") + "-m-7.mp3"
    caller.wait(session_id)
    shown = curl(f"{caller.sessions}/{session_id}/result", *key)
    check(shown)
    assert (shown["status"], shown["media_url"], shown["meta_data"]) == ("done", None, {"case": "C-3"})
    assert shown["duration"] in {3, 4}
    words = [word for segment in shown["results"] for word in segment["result"]]
    assert all(0 <= start <= end <= 4 for _, start, end, _ in words)
    assert {(segment["speaker"], segment["channel"]) for segment in shown["results"]} == {("unk", 0)}
    call = receiver.await_call(session_id)
    assert (call.method, call.path) == ("PUT", "/ok")
    assert call.json == {"sessionId": session_id, "zoom_id": session_id}
    told = {name: call.headers[name] for name in ("x-scriptix-session", "x-zoom-session", "content-type", "x-token")}
    assert told == {
        "x-scriptix-session": session_id,
        "x-zoom-session": session_id,
        "content-type": "application/json",
        "x-token": "t1",
    }


@pytest.mark.client("curl")
def test_curl_puts_a_recording_to_a_signed_url(caller: Caller, file: Path, check: Check) -> None:
    session_id = caller.create()["session_id"]
    link = caller.http.post(f"{caller.sessions}/{session_id}/upload-url", timeout=60).json()["result"]["upload_url"]
    put = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code}", "-X", "PUT", link, "-H", "x-ms-blob-type: BlockBlob",
         "-H", "Content-Type: audio/mp4", "--data-binary", f"@{file}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert put.stdout == "201"
    check(caller.wait(session_id))


def test_a_film_is_heard_and_kept_small(caller: Caller, recording: Heard, check: Check) -> None:
    samples, rate = read_samples(recording(NAME)[1])
    film = make_film("mp4", Track(samples.T, "aac", rate), picture="mpeg4", picture_seconds=samples.shape[1] / rate)
    session_id = caller.create(keep_source=True)["session_id"]
    caller.send(session_id, film)
    result = caller.wait(session_id)
    check(result)
    assert result["media_type"] == "video"
    kept = requests.get(result["media_url"], timeout=60)
    assert kept.headers["content-type"] == "audio/ogg"
    with av.open(io.BytesIO(kept.content), "r") as sound:
        assert [stream.type for stream in sound.streams] == ["audio"]
        assert float(sound.duration or 0) / av.time_base == pytest.approx(samples.shape[1] / rate, abs=0.2)
    assert caller.http.delete(f"{caller.sessions}/{session_id}", timeout=60).status_code == 200
    assert requests.get(result["media_url"], timeout=60).status_code == 404


def test_each_channel_is_heard_on_its_own(caller: Caller, recording: Heard, check: Check) -> None:
    parties = ("en-cards", "en-respectable")
    (first, rate), (second, _) = (read_samples(recording(name)[1]) for name in parties)
    length = max(first.shape[1], second.shape[1])
    both = [np.pad(one, ((0, 0), (0, length - one.shape[1])))[0] for one in (first, second)]
    film = make_film("wav", Track(np.stack(both, axis=1), "pcm_s16le", rate, "stereo"))
    session_id = caller.create(multichannel=True)["session_id"]
    caller.send(session_id, film)
    segments = caller.wait(session_id)["results"]
    starts = [segment["result"][0][1] for segment in segments]
    assert starts == sorted(starts)
    assert {segment["speaker"] for segment in segments} == {"unk"}
    for channel, name in enumerate(parties):
        check({"results": segments}, name, channel=channel)


# --- resumable uploads -----------------------------------------------------------


@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_goes_on_after_a_break_and_finds_its_session(
    caller: Caller, file: Path, check: Check, *, checksum: bool
) -> None:
    tus = TusClient(caller.files, headers={"x-zoom-s2t-key": caller.key})
    metadata = {"language": "en", "document_type": "caption", "filename": file.name, "filetype": "audio/mpeg"}
    wishes: dict[str, Any] = {"chunk_size": 5000, "upload_checksum": checksum}
    with file.open("rb") as stream:
        broken = tus.uploader(file_stream=stream, metadata=metadata, **wishes)
        broken.upload(stop_at=10_000)
    session_id = caller.session_of(broken.url or "")
    assert caller.get(session_id).json()["result"]["status"] == "uploading"
    with file.open("rb") as stream:
        again = tus.uploader(file_stream=stream, url=broken.url, **wishes)
        assert again.offset == 10_000
        again.upload()
    result = caller.wait(session_id)
    check(result)
    assert (result["filename"], result["document"]["type"]) == (file.name, "caption")


@pytest.mark.client("node", "npm")
@pytest.mark.parametrize("wish", ["plain", "deferred"])
def test_tus_js_client_uploads_in_pieces(caller: Caller, file: Path, js_modules: Path, check: Check, wish: str) -> None:
    metadata = {"language": "en-US", "document_type": "document", "filename": "Հայ.mp3", "punctuation": "true"}
    done = run_js(
        js_modules, endpoint=caller.files, file=file, chunkSize=9000, metadata=metadata,
        headers={"x-zoom-s2t-key": caller.key}, **{wish: True},
    )  # fmt: skip
    assert "error" not in done, done
    result = caller.wait(caller.session_of(done["url"]))
    check(result)
    assert (result["filename"], result["language"]) == ("Հայ.mp3", "en-US")


@pytest.mark.client("node", "npm")
def test_tus_js_client_takes_up_what_another_program_began(
    caller: Caller, file: Path, js_modules: Path, check: Check
) -> None:
    tus = TusClient(caller.files, headers={"Authorization": f"Bearer {caller.key}"})
    waiting = caller.create()["session_id"]
    with file.open("rb") as stream:
        begun = tus.uploader(file_stream=stream, metadata={"session_id": waiting}, chunk_size=4000)
        begun.upload(stop_at=8000)
    done = run_js(
        js_modules, endpoint=caller.files, file=file, uploadUrl=begun.url, chunkSize=20_000,
        headers={"x-zoom-s2t-key": caller.key},
    )  # fmt: skip
    assert done["sent"][:2] == ["HEAD", "PATCH 8000"]
    check(caller.wait(waiting))


def test_a_server_killed_in_the_middle_of_an_upload_loses_nothing(
    new_server: NewServer, recording: Heard, check: Check
) -> None:
    server = new_server().await_ready()
    caller = Caller(server.address, server.client("killed").key)
    content = recording(NAME)[1].read_bytes()
    answer = requests.post(
        caller.files,
        headers={
            "x-zoom-s2t-key": caller.key,
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": "language ZW4=",
        },
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    url, offset = answer.headers["Location"], 0
    for _ in range(3):
        threading.Timer(random.uniform(0.1, 0.6), server.kill).start()  # noqa: S311 - any moment will do
        acknowledged, sent = patch_until_killed(caller, url, offset, content[: -len(content) // 5])
        wait_until("the server to be dead", lambda: server.running.process.poll() is not None, within=30)
        server.start()
        server.await_ready()
        offset = offset_of(caller, url)
        assert acknowledged <= offset <= sent
    assert offset > 0
    last = requests.patch(url, headers=piece(caller, offset), data=content[offset:], timeout=60)
    assert last.status_code == 204, last.text
    session_id = caller.session_of(url)
    check(caller.wait(session_id))
    with server.core() as core:
        job = core.jobs.find(session_id)
        assert job is not None
        assert job.recording is not None
        assert job.recording.sha256 == hashlib.sha256(content).hexdigest()
    server.stop()


def piece(caller: Caller, offset: int) -> dict[str, str]:
    return {
        "x-zoom-s2t-key": caller.key,
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
    }


def patch_until_killed(caller: Caller, url: str, offset: int, content: bytes) -> tuple[int, int]:
    """Send piece after piece until the server dies; return up to where it has answered, and up to where was sent."""
    sent = offset

    def drip(part: bytes) -> Iterator[bytes]:
        nonlocal sent
        for start in range(0, len(part), 1000):
            sent += len(part[start : start + 1000])
            yield part[start : start + 1000]
            time.sleep(0.005)

    with suppress(requests.RequestException):
        while offset < len(content):
            part = content[offset : offset + 5000]
            answer = requests.patch(url, headers=piece(caller, offset), data=drip(part), timeout=60)
            assert answer.status_code == 204, answer.text
            offset = sent
    return offset, sent


def offset_of(caller: Caller, url: str) -> int:
    headers = {"x-zoom-s2t-key": caller.key, "Tus-Resumable": "1.0.0"}
    answer = requests.head(url, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["Upload-Offset"])


# --- documents ---------------------------------------------------------------------


def test_documents_open_in_the_programs_they_are_for(
    caller: Caller, receiver: Receiver, file: Path, tmp_path: Path
) -> None:
    document = {
        "document_type": "caption",
        "filename": "Cards",
        "max_segment_words": 4,
        "webhook_url": f"{receiver.address}/ok",
    }
    session = caller.create(document=document, punctuation=True)
    session_id, document_id = session["session_id"], session["document"]["id"]
    caller.send(session_id, file.read_bytes())
    result = caller.wait(session_id)
    words = " ".join(segment["text"] for segment in result["results"]).split()
    call = receiver.await_call(document_id)
    assert call.json == {"sessionId": session_id, "documentId": document_id}
    assert call.headers["x-scriptix-document"] == document_id

    def export(name: str) -> bytes:
        content = caller.get(f"{session_id}/document/{document_id}", format=name).content
        (tmp_path / f"cards.{name}").write_bytes(content)
        return content

    cues = json.loads(export("json"))["result"]["document"]
    assert " ".join(cue["text"] for cue in cues).split() == words
    for name in ("srt", "vtt"):
        export(name)
        with av.open(tmp_path / f"cards.{name}") as captions:
            shown = [packet.pts for packet in captions.demux() if packet.size]
        assert shown == [cue["start"] for cue in cues], name
    assert len(ET.fromstring(export("ttml")).findall(".//{http://www.w3.org/ns/ttml}p")) == len(cues)  # noqa: S314 - ours
    stl = export("stl")
    assert (stl[3:8], (len(stl) - 1024) % 128) == (b"STL25", 0)
    assert export("sbv").count(b"\n\n") >= len(cues) - 1
    word = docx.Document(io.BytesIO(export("docx")))
    assert " ".join(words) in " ".join(paragraph.text for paragraph in word.paragraphs)
    assert zipfile.ZipFile(tmp_path / "cards.docx").testzip() is None
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(export("pdf"))).pages)
    assert "".join(words) in "".join(pdf.split())
    page = Page()
    page.feed(export("html").decode())
    assert " ".join(words) in " ".join(" ".join(page.texts).split())
    assert " ".join(words) in " ".join(export("txt").decode().split())
    assert export("template").strip()


class Page(HTMLParser):
    """Collects the texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


# --- the vendor's old client ----------------------------------------------------------


class OldClient:
    """Calls version 2 as the vendor's old Python client does: one session, polled until it says that it is done."""

    def __init__(self, address: str, token: str, language: str) -> None:
        self.base = f"{address}/api/v2/speech-to-text/session/"
        self.http = requests.Session()
        self.http.headers.update({"X-Zoom-S2T-Key": token, "User-Agent": "ZoomAPI/PythonClient Linux/3.11"})
        opened = self.http.post(self.base, json={"language": language}, timeout=(5, 15)).json()
        assert not opened.get("error"), opened
        assert opened["language"]
        self.zoom_id = opened["zoom_id"]

    def upload(self, path: Path) -> None:
        with path.open("rb") as file:
            answer = self.http.post(self.base + self.zoom_id, files={"upload": file}, timeout=(5, 15)).json()
        assert not answer.get("err")
        assert not answer.get("error"), answer

    def status(self) -> Any:
        headers = {"Accept": "application/json"}
        return self.http.get(self.base + self.zoom_id, headers=headers, timeout=(5, 15)).json()

    def subtitle(self) -> str:
        return self.http.get(self.base + self.zoom_id, headers={"Accept": "text/vtt"}, timeout=(5, 15)).text


def test_the_vendors_old_client_works(caller: Caller, file: Path, check: Check) -> None:
    old = OldClient(caller.address, caller.key, "en-us")
    old.upload(file)
    done = wait_until("the old client to be done", lambda: (found := old.status()).get("done") is True and found)
    check(done)
    times = [moment for segment in done["results"] for _, *span, _ in segment["result"] for moment in span]
    assert all(isinstance(moment, int) for moment in times)
    assert 1000 < max(times) < 4000
    assert old.subtitle().startswith("WEBVTT")
