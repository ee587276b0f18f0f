"""The HTTP server."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import uvicorn
from prometheus_client import start_http_server
from starlette.concurrency import run_in_threadpool

from khosq.analysis import FEATURES
from khosq.apis import open_doors
from khosq.apis.face import Desk
from khosq.assembly.core import Core, open_core
from khosq.assembly.models import Languages
from khosq.errors import Unavailable
from khosq.media.intake import take_in
from khosq.media.recording import MediaType, StoredRecording
from khosq.outbound.address import check_url, read_allow
from khosq.serving.app import build_app
from khosq.serving.deadlines import Limits
from khosq.serving.metrics import Meters
from khosq.serving.refusals import refusal
from khosq.serving.server import server_config
from khosq.serving.watch import Watch
from khosq.settings import Settings
from khosq.web import open_web

T = TypeVar("T")

_BACKLOG = 2048
"""Connections that may wait to be taken; uvicorn's own number."""

_RETRY_WHEN_FULL = 60
"""Seconds after which a client may try again when the disk ran low."""


def listen(settings: Settings) -> socket.socket:
    """Take the port.

    Raises:
        Unavailable: it cannot be had.

    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        where, reason = f"{settings.host}:{settings.port}", os.strerror(error.errno or 0)
        raise Unavailable(f"The server cannot listen on {where}: {reason}. Choose another with --port.") from error


def run_api(settings: Settings, listener: socket.socket) -> None:
    """Serve the API and the dashboard until told to stop."""
    with open_core(settings) as core:
        serve(build_server(core, readiness=lambda: None), listener)


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until told to stop, and return: uvicorn would raise the signal again and end the process there."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Waits for nobody who only waits when it stops."""

    def __init__(self, config: uvicorn.Config, watch: Watch) -> None:
        super().__init__(config)
        self._watch = watch

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Bring what is going on to its end."""
        self._watch.close()
        await super().shutdown(sockets)


def build_server(core: Core, *, readiness: Callable[[], str | None]) -> uvicorn.Server:
    """Return the server of every door."""
    settings = core.settings
    desk = build_desk(core)
    doors = [*open_doors(desk), open_web(desk)]
    meters = Meters(core.jobs.count_by_state)
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.metrics_host, registry=meters.registry)
    app = build_app(doors, readiness=readiness, meters=meters, shows_metrics=settings.metrics_port is None)
    config = server_config(
        app,
        host=settings.host,
        port=settings.port,
        limits=Limits(head=settings.header_timeout, rest=settings.body_timeout),
        refuse=partial(refusal, doors),
        trusted_proxies=settings.trusted_proxies,
    )
    return _Server(config, desk.watch)


def build_desk(core: Core) -> Desk:
    """Return what the doors may ask of the core."""
    settings = core.settings

    async def intake(chunks: AsyncIterator[bytes], *, key: str, accept: frozenset[MediaType]) -> StoredRecording:
        await run_in_threadpool(core.recordings.expect, key)
        return await take_in(chunks, blobs=core.blobs, key=key, accept=accept, max_bytes=settings.max_upload_bytes)

    def check_disk() -> None:
        free = core.blobs.free_bytes()
        if free is not None and free < settings.min_free_bytes:
            raise Unavailable("The server's disk is nearly full; try again later.", retry_after=_RETRY_WHEN_FULL)

    return Desk(
        api_keys=core.keys,
        rate_limits=core.rate_limits,
        submissions=core.submissions,
        lookup=core.lookup,
        watch=Watch(core.lookup.marks),
        intake=intake,
        discard=lambda recording: core.recordings.drop(recording.key),
        recordings=core.recordings,
        endpoints=core.endpoints,
        documents=core.documents,
        scorecards=core.scorecards,
        analyses=core.analyses,
        search=core.search,
        insights=core.insights,
        features=tuple(FEATURES),
        set_preferences=core.set_preferences,
        uploads=core.uploads,
        usage=core.usage.between,
        accounts=core.accounts,
        open_blob=core.blobs.open,
        check_source=partial(check_url, allow=read_allow(settings.outbound_allow), allow_http=True),
        languages=Languages(settings),
        check_disk=check_disk,
        clock=core.clock,
        secret=core.secret.encode(),
        default_language=settings.default_language,
        upload_ttl=timedelta(seconds=settings.upload_ttl),
        body_timeout=settings.body_timeout,
        sync_wait=settings.sync_wait,
        briefly=_here_and_now if core.database.is_sqlite else run_in_threadpool,
        public_url=settings.public_url,
        max_duration=settings.max_duration,
        max_upload_bytes=settings.max_upload_bytes,
    )


async def _here_and_now(look: Callable[[], T]) -> T:
    """Look into a file: it takes a fraction of a millisecond, and handing it to a thread as long again."""
    return look()
