"""Clients that people use, as they use them: tuspy in this process, tus-js-client in Node."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.serving.tus.app import MOUNT, Site, serving
from tests.serving.tus.js import run_js
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader.uploader import Uploader

from khosq.storage.blobs import Blobs

HEAD = b"RIFF\xff\xff\xff\xffWAVEfmt "
SIZE = 5_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(Blobs((tmp_path / "blobs").as_uri()), tmp_path / "events")


@pytest.fixture
def files(site: Site) -> Iterator[str]:
    with serving(site) as address:
        yield f"{address}/"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(HEAD + os.urandom(SIZE - len(HEAD)))
    return path


class Frayed:
    """A way to a server that breaks when so many bytes have passed, so many times."""

    def __init__(self, address: str, *, after: int, times: int) -> None:
        self._to = ("127.0.0.1", int(urlsplit(address).port or 0))
        self._after = after
        self._carried = 0
        self.breaks_left = times
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}{MOUNT}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=[near], daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(self._to)
        threading.Thread(target=_pump, args=[far, near], daemon=True).start()
        with near, far:
            while data := _received(near):
                self._carried += len(data)
                if self.breaks_left and self._carried > self._after:
                    self._carried, self.breaks_left = 0, self.breaks_left - 1
                    break
                far.sendall(data)
            for end in (near, far):
                _shut(end)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := _received(source):
            target.sendall(data)
    for end in (source, target):  # else a client waits for ever on a connection that the server has closed
        _shut(end)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.fixture
def frayed(files: str, request: pytest.FixtureRequest) -> Iterator[Frayed]:
    with closing(Frayed(files, after=2_000_000, times=request.param)) as way:
        yield way


def tuspy(address: str, path: Path, **wishes: Any) -> Uploader:
    client = TusClient(address, headers={"X-Key": "me"})
    # of a path it would leave a file open
    return client.uploader(file_stream=io.BytesIO(path.read_bytes()), **wishes)


def assert_recorded(site: Site, url: str | None, path: Path) -> None:
    assert url
    (told,) = [event for event in site.hooks.told("finished") if event["id"] == url.rpartition("/")[2]]
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert site.blobs.get(str(told["key"])) == path.read_bytes()


@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_uploads_in_pieces(site: Site, files: str, file: Path, *, checksum: bool) -> None:
    uploader = tuspy(files, file, chunk_size=1_300_000, upload_checksum=checksum, metadata={"filename": "Հայ.wav"})
    uploader.upload()
    assert_recorded(site, uploader.url, file)
    assert site.hooks.told("created")[0]["filename"] == "Հայ.wav"


def test_tuspy_without_metadata_sends_an_empty_header_and_may(site: Site, files: str, file: Path) -> None:
    uploader = tuspy(files, file)
    uploader.upload()
    assert_recorded(site, uploader.url, file)


@pytest.mark.parametrize("frayed", [1], indirect=True)
@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_goes_on_after_a_break(site: Site, frayed: Frayed, file: Path, *, checksum: bool) -> None:
    broken = tuspy(frayed.address, file, chunk_size=1_300_000, upload_checksum=checksum)
    with pytest.raises((TusCommunicationError, OSError)):
        broken.upload()

    patient = {"retries": 50, "retry_delay": 0.1}  # the server may not know yet that the connection broke
    again = tuspy(frayed.address, file, url=broken.url, chunk_size=900_000, upload_checksum=checksum, **patient)
    assert 0 < again.offset < SIZE
    again.upload()
    assert_recorded(site, broken.url, file)


def test_tuspy_is_told_of_a_file_that_is_no_recording(files: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"<html>" + b" " * 5000)
    with pytest.raises(TusCommunicationError) as refused:
        tuspy(files, tmp_path / "page.html").upload()
    assert refused.value.status_code == 415


@pytest.mark.client("node", "npm")
@pytest.mark.parametrize("wish", ["plain", "deferred", "withCreation"])
def test_tus_js_client_uploads_in_pieces(site: Site, files: str, file: Path, js_modules: Path, wish: str) -> None:
    done = run_js(js_modules, endpoint=files, file=file, chunkSize=1_300_000, **{wish: True})
    assert "error" not in done, done
    assert_recorded(site, done["url"], file)
    assert site.hooks.told("created")[0]["filename"] == "Հայ.wav"


@pytest.mark.client("node", "npm")
@pytest.mark.parametrize("frayed", [2], indirect=True)
def test_tus_js_client_goes_on_after_breaks_by_itself(site: Site, frayed: Frayed, file: Path, js_modules: Path) -> None:
    done = run_js(js_modules, endpoint=frayed.address, file=file, chunkSize=1_500_000)
    assert "error" not in done, done
    assert frayed.breaks_left == 0
    assert "HEAD" in done["sent"]
    assert_recorded(site, done["url"], file)


@pytest.mark.client("node", "npm")
def test_tus_js_client_takes_up_what_another_run_began(site: Site, files: str, file: Path, js_modules: Path) -> None:
    begun = tuspy(files, file, chunk_size=1_000_000)
    begun.upload(stop_at=2_000_000)
    done = run_js(js_modules, endpoint=files, file=file, uploadUrl=begun.url, chunkSize=2_000_000)
    assert done["sent"][:2] == ["HEAD", "PATCH 2000000"]
    assert_recorded(site, begun.url, file)
