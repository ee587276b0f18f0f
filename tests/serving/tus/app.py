"""A door with nothing but resumable uploads: ``python app.py STORAGE EVENTS`` serves it and prints its port."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import Conflict, Invalid, KhosqError, Unauthorized, Unavailable
from khosq.identifiers import new_id
from khosq.media.partial import PartialUploads, Upload
from khosq.media.recording import MediaType, StoredRecording
from khosq.serving.addresses import base_url
from khosq.serving.answers import JsonAnswer
from khosq.serving.app import build_app
from khosq.serving.deadlines import Limits
from khosq.serving.door import Door
from khosq.serving.metrics import Meters
from khosq.serving.refusals import refusal
from khosq.serving.server import server_config
from khosq.serving.tus import Creation, Place, TusServer
from khosq.storage.blobs import Blobs

MOUNT = "/api/v3/files"
MOST_BYTES = 10**8
PATIENCE = 3.0
STATUSES = {
    "unauthorized": 401,
    "not_found": 404,
    "method_refused": 405,
    "too_slow": 408,
    "conflict": 409,
    "offset_differs": 409,
    "version_refused": 412,
    "too_large": 413,
    "unsupported_media": 415,
    "busy": 423,
    "checksum_differs": 460,
    "failed": 500,
    "unavailable": 503,
}


@dataclass(frozen=True)
class Owner:
    owner: str


class Hooks:
    """Writes down what it is told, one JSON object a line."""

    def __init__(self, events: Path) -> None:
        self.events = events
        self.is_away = False
        """Whether handing over fails for now."""

    async def authenticate(self, request: Request) -> Owner:
        if not (key := request.headers.get("x-key")):
            raise Unauthorized
        return Owner(key)

    async def on_created(self, creation: Creation, caller: Owner, request: Request) -> Place:
        if creation.metadata.get("language") == "xx":
            raise Invalid("Language 'xx' is not available.")
        upload_id = new_id()
        self.note("created", upload_id, **creation.metadata)
        return Place(upload_id, f"recordings/{upload_id}")

    async def on_finished(self, upload: Upload, recording: StoredRecording) -> None:
        if self.is_away:
            raise Unavailable
        if "unwanted" in upload.facts.metadata:
            raise Conflict
        self.note("finished", upload.id, sha256=recording.sha256, size=recording.size_bytes, key=recording.key)

    async def on_dropped(self, upload_id: str, reason: KhosqError | None) -> None:
        self.note("dropped", upload_id, reason=reason and reason.code)

    async def show(self, upload: Upload, caller: Owner) -> Response:
        return JsonAnswer({"id": upload.id, "offset": upload.offset})

    def note(self, what: str, upload_id: str, **more: object) -> None:
        with self.events.open("a") as file:
            file.write(json.dumps({"what": what, "id": upload_id, **more}) + "\n")
            os.fsync(file.fileno())

    def told(self, what: str) -> list[dict[str, object]]:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        return [event for line in lines if (event := json.loads(line))["what"] == what]


class Site:
    """The door, and what a test may turn: the clock, the disk, the receiver."""

    def __init__(self, blobs: Blobs, events: Path) -> None:
        self.blobs = blobs
        self.hooks = Hooks(events)
        self.later = timedelta()
        self.is_disk_low = False
        self.uploads = self.fresh_uploads()
        self.tus = TusServer(
            mount=MOUNT,
            uploads=self.uploads,
            hooks=self.hooks,
            accept=frozenset({MediaType.WAV, MediaType.MP3}),
            check_disk=self._check_disk,
            patience=PATIENCE,
            base_url=partial(base_url, public_url=None),
            key_headers=("X-Key",),
        )
        router = APIRouter()
        self.tus.add_to(router)
        self.doors = [Door("tus", "Tus", lambda _: True, router, _render)]

    def fresh_uploads(self) -> PartialUploads:
        """What another process sees."""
        return PartialUploads(
            self.blobs, max_bytes=MOST_BYTES, ttl=timedelta(days=1), clock=self._now, discard=self.blobs.delete
        )

    def app(self) -> FastAPI:
        return build_app(self.doors, readiness=lambda: None, meters=Meters(dict))

    def config(self) -> uvicorn.Config:
        return server_config(
            self.app(), host="127.0.0.1", port=0, limits=Limits(rest=5.0), refuse=partial(refusal, self.doors)
        )

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def _check_disk(self) -> None:
        if self.is_disk_low:
            raise Unavailable("The server's disk is nearly full; try again later.")


def _render(error: KhosqError) -> Response:
    return JsonAnswer({"error": error.code, "message": error.message}, status_code=STATUSES.get(error.code, 400))


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serve a site in a thread; gives its address."""
    server = uvicorn.Server(site.config())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}{MOUNT}"
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    storage, events = sys.argv[1:]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads it
        uvicorn.Server(Site(Blobs(storage), Path(events)).config()).run(sockets=[listener])


if __name__ == "__main__":
    main()
