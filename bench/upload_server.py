"""A server of uploads and nothing else: a plain PUT at /plain, resumable ones at /files; prints its port."""

from __future__ import annotations

import socket
import sys
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.clock import system_clock
from khosq.errors import KhosqError
from khosq.identifiers import new_id
from khosq.media.intake import take_in
from khosq.media.partial import PartialUploads, Upload
from khosq.media.recording import MediaType, StoredRecording
from khosq.serving.addresses import base_url
from khosq.serving.answers import TextAnswer
from khosq.serving.app import build_app
from khosq.serving.bodies import media_chunks
from khosq.serving.deadlines import Limits
from khosq.serving.door import Door
from khosq.serving.metrics import Meters
from khosq.serving.refusals import refusal
from khosq.serving.server import server_config
from khosq.serving.tus import Creation, Place, TusServer
from khosq.storage.blobs import Blobs

ACCEPT = frozenset({MediaType.WAV})
MOST_BYTES = 10 * 1024**3
PATIENCE = 60.0


@dataclass(frozen=True)
class Anybody:
    """Whoever sends something."""

    owner: str = "anybody"


class Hooks:
    """Takes everything."""

    async def authenticate(self, request: Request) -> Anybody:
        """Let anybody in."""
        return Anybody()

    async def on_created(self, creation: Creation, caller: Anybody, request: Request) -> Place:
        """Give it a name."""
        upload_id = new_id()
        return Place(upload_id, f"recordings/{upload_id}")

    async def on_finished(self, upload: Upload, recording: StoredRecording) -> None:
        """Be content."""

    async def on_dropped(self, upload_id: str, reason: KhosqError | None) -> None:
        """Tell why."""
        print(reason, file=sys.stderr)

    async def show(self, upload: Upload, caller: Anybody) -> Response:
        """Show where it stands."""
        return TextAnswer(upload.offset)


def main() -> None:
    """Serve until killed."""
    blobs, router = Blobs(Path(sys.argv[1]).as_uri()), APIRouter()

    async def take(request: Request) -> Response:
        async with aclosing(media_chunks(request, patience=PATIENCE)) as chunks:
            await take_in(chunks, blobs=blobs, key=f"recordings/{new_id()}", accept=ACCEPT, max_bytes=MOST_BYTES)
        return Response()

    router.add_api_route("/plain", take, methods=["PUT"])
    TusServer(
        mount="/files",
        uploads=PartialUploads(
            blobs, max_bytes=MOST_BYTES, ttl=timedelta(days=1), clock=system_clock, discard=blobs.delete
        ),
        hooks=Hooks(),
        accept=ACCEPT,
        check_disk=lambda: None,
        patience=PATIENCE,
        base_url=partial(base_url, public_url=None),
    ).add_to(router)
    doors = [Door("uploads", "Uploads", lambda _: True, router, lambda error: TextAnswer(error.message, 400))]
    app = build_app(doors, readiness=lambda: None, meters=Meters(dict))
    config = server_config(app, host="127.0.0.1", port=0, limits=Limits(), refuse=partial(refusal, doors))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
