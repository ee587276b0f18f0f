"""A model hub on this machine that speaks the hub's HTTP, for tests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WEIGHTS = bytes(range(256)) * 20_000
COMMIT = "c0ffee" * 6 + "c0ff"


@dataclass
class Hub:
    """What it holds, how it misbehaves and what it was asked."""

    files: dict[str, bytes]
    address: str = ""
    breaks_after: int | None = None
    """Bytes of a file after which the first answer breaks off."""
    wrong_digest: bool = False
    knows_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and byte range of each request."""

    def listing(self) -> dict[str, Any]:
        """Describe the files as the hub's API does: large ones by SHA-256, small ones as git objects."""
        return {"sha": COMMIT, "siblings": [self._described(name, body) for name, body in self.files.items()]}

    def _described(self, name: str, body: bytes) -> dict[str, Any]:
        known: dict[str, Any] = {"rfilename": name, "size": len(body)}
        if name.endswith(".onnx"):
            digest = "0" * 64 if self.wrong_digest else hashlib.sha256(body).hexdigest()
            return known | {"lfs": {"sha256": digest, "size": len(body)}}
        return known | {"blobId": hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()}


def serve(hub: Hub) -> ThreadingHTTPServer:
    """Return a server of this hub, listening; run its ``serve_forever``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append((path, self.headers.get("Range")))
            if path.startswith("/api/models/"):
                self._answer(200, json.dumps(hub.listing()).encode())
            elif (name := path.partition(f"/resolve/{COMMIT}/")[2]) in hub.files:
                self._give(hub.files[name])
            else:
                self._answer(404, b"")

        def _give(self, body: bytes) -> None:
            asked = self.headers.get("Range")
            if hub.breaks_after is not None and not asked:
                self._answer(200, body, only=hub.breaks_after)
                hub.breaks_after = None
                self.close_connection = True
                return
            if asked and hub.knows_ranges:
                self._answer(206, body[int(asked.removeprefix("bytes=").rstrip("-")) :])
            else:
                self._answer(200, body)

        def _answer(self, status: int, body: bytes, only: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:only])

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    return server
