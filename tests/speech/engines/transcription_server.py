"""A transcription server on this machine that really hears tones, for tests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from khosq.media.waveform import from_pcm
from khosq.speech.engines.onnx_asr import OnnxAsr

WAV_HEADER = 44
FORM = "multipart/form-data"


@dataclass
class TranscriptionServer:
    """What it hears with, how it misbehaves, and what it was asked."""

    ears: OnnxAsr
    address: str = ""
    status: int = 200
    body: bytes | None = None
    """Answered instead of a transcript."""
    drips: float = 0.0
    """Seconds between the bytes of an answer."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The form of each request, and the header that authorises it."""

    def answer(self, form: dict[str, Any]) -> bytes:
        """Return the body for a request, in the form that it asks for."""
        if self.body is not None:
            return self.body
        sound = from_pcm(form["file"][WAV_HEADER:])
        (words,) = self.ears.recognize([sound], language=form["language"])
        said = {"text": " ".join(word.text for word in words).capitalize() + "." if words else ""}
        if form["response_format"] == "verbose_json":
            timed = [{"word": word.text, "start": word.time.start, "end": word.time.end} for word in words]
            said |= {"duration": float(np.float64(len(sound) / 16_000)), "words": timed}  # type: ignore[dict-item]
        return json.dumps(said).encode()


@contextmanager
def serving(server: TranscriptionServer) -> Iterator[TranscriptionServer]:
    """Serve while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = _form(self.headers["Content-Type"], self.rfile.read(length))
            asked = {name: value for name, value in form.items() if isinstance(value, str)}
            server.asked.append({**asked, "path": self.path, "key": self.headers.get("Authorization", "")})
            body = server.answer(form)
            self.send_response(server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for start in range(0, len(body), 1 if server.drips else len(body)):
                self.wfile.write(body[start : start + (1 if server.drips else len(body))])
                self.wfile.flush()
                time.sleep(server.drips)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                """The client hung up."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{listening.server_address[1]}/v1"
    thread = Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def describe(folder: Path, server: TranscriptionServer, **more: object) -> Path:
    """Write the folder of a model that this server serves."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"address": server.address, "model": "tones-1", "key": "sk-secret", **more}
    (folder / "server.json").write_text(json.dumps(known))
    return folder


def _form(kind: str, body: bytes) -> dict[str, Any]:
    """Return the fields of a form: text, and the bytes of a file."""
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    assert message.get_content_type() == FORM
    parts: list[Any] = message.get_payload()  # type: ignore[assignment]
    form: dict[str, Any] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        form[name] = content if part.get_filename() else content.decode()
    return form
