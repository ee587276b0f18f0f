"""An index as people run them: over HTTP, with passwords, redirects, breakdowns, or as a folder of files."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from khosq.archives import Archive, IndexSettings, Web, fetch_archive
from khosq.errors import Unavailable

CONTENT = b"a small archive" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ARCHIVE = Archive("Small.Model", "small_model-1.0.tar.gz", SHA256)
HTML = f'<a href="../../files/{ARCHIVE.filename}#sha256={SHA256}" data-requires-python="&gt;=3">x</a>'.encode()
JSON = json.dumps({"files": [{"filename": ARCHIVE.filename, "url": f"../../files/{ARCHIVE.filename}", "hashes": {}}]})

Answer = tuple[int, dict[str, str], bytes]


class Index:
    """An index on this machine; ``answers`` may be changed by a test."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []
        self.answers: dict[str, Callable[[], Answer]] = {
            "/simple/small-model/": lambda: (200, {"Content-Type": "text/html"}, HTML),
            f"/files/{ARCHIVE.filename}": lambda: (200, {}, CONTENT),
        }
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.requests.append((self.path, self.headers["Authorization"]))
                status, headers, body = index.answers.get(self.path, lambda: (404, {}, b""))()
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"

    def web(self, user: str = "", *more: str) -> Web:
        return Web(IndexSettings(indexes=(f"http://{user}{self.host}/simple", *more)), timeout=5)


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()
    thread = threading.Thread(target=index.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield index
    index.server.shutdown()
    thread.join()
    index.server.server_close()


def test_an_html_index_is_read(index: Index, tmp_path: Path) -> None:
    assert fetch_archive(ARCHIVE, tmp_path, web=index.web()).read_bytes() == CONTENT


def test_a_json_index_is_read(index: Index, tmp_path: Path) -> None:
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    index.answers["/simple/small-model/"] = lambda: (200, kind, JSON.encode())
    assert fetch_archive(ARCHIVE, tmp_path, web=index.web()).read_bytes() == CONTENT


def test_the_password_in_an_address_goes_along_and_into_no_message(index: Index, tmp_path: Path) -> None:
    fetch_archive(ARCHIVE, tmp_path, web=index.web("me:s%40cret@"))
    assert {sent for _, sent in index.requests} == {"Basic " + base64.b64encode(b"me:s@cret").decode()}
    index.answers.clear()
    with pytest.raises(Unavailable, match="answered 404") as refused:
        fetch_archive(ARCHIVE, tmp_path / "again", web=index.web("me:s%40cret@"))
    assert "cret" not in refused.value.message


def test_the_password_stays_with_its_host_when_a_file_lies_elsewhere(index: Index, tmp_path: Path) -> None:
    elsewhere = {"Location": f"http://localhost:{index.server.server_port}/cdn"}
    index.answers[f"/files/{ARCHIVE.filename}"] = lambda: (302, elsewhere, b"")
    index.answers["/cdn"] = lambda: (200, {}, CONTENT)
    assert fetch_archive(ARCHIVE, tmp_path, web=index.web("me:secret@")).read_bytes() == CONTENT
    assert dict(index.requests)["/cdn"] is None


def test_a_broken_download_is_tried_again(index: Index, tmp_path: Path) -> None:
    broken = iter([(200, {"Content-Length": str(len(CONTENT))}, CONTENT[:50]), (503, {}, b"")])
    index.answers[f"/files/{ARCHIVE.filename}"] = lambda: next(broken, (200, {}, CONTENT))
    assert fetch_archive(ARCHIVE, tmp_path, web=index.web()).read_bytes() == CONTENT
    assert [path for path, _ in index.requests].count(f"/files/{ARCHIVE.filename}") == 3


def test_an_index_without_the_project_does_not_hide_the_next(index: Index, tmp_path: Path) -> None:
    web = index.web("", f"http://{index.host}/more")
    index.answers["/more/small-model/"] = index.answers.pop("/simple/small-model/")
    assert fetch_archive(ARCHIVE, tmp_path, web=web).read_bytes() == CONTENT


def test_a_file_with_another_hash_does_not_hide_the_right_one(index: Index, tmp_path: Path) -> None:
    index.answers["/simple/small-model/"] = lambda: (200, {}, HTML.replace(SHA256.encode(), b"0" * 64))
    index.answers["/more/small-model/"] = lambda: (200, {"Content-Type": "text/html"}, HTML)
    web = index.web("", f"http://{index.host}/more")
    assert fetch_archive(ARCHIVE, tmp_path, web=web).read_bytes() == CONTENT


def test_an_index_that_does_not_answer_is_named(tmp_path: Path) -> None:
    web = Web(IndexSettings(indexes=("http://127.0.0.1:1/simple",)), timeout=1, tries=1)
    with pytest.raises(Unavailable, match=r"package index: http://127\.0\.0\.1:1/simple/small-model/: .*refused"):
        fetch_archive(ARCHIVE, tmp_path, web=web)


def test_a_folder_laid_out_as_an_index_is_read(tmp_path: Path) -> None:
    page, files = tmp_path / "index" / "simple" / "small-model", tmp_path / "index" / "files"
    page.mkdir(parents=True)
    files.mkdir()
    (page / "index.html").write_bytes(HTML)
    (files / ARCHIVE.filename).write_bytes(CONTENT)
    web = Web(IndexSettings(indexes=((tmp_path / "index" / "simple").as_uri(),)))
    assert fetch_archive(ARCHIVE, tmp_path, web=web).read_bytes() == CONTENT
