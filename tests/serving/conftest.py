"""A real uvicorn on a real port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import KhosqError, RateLimited, TooSlow, Unavailable
from khosq.serving.addresses import base_url
from khosq.serving.answers import JsonAnswer, TextAnswer
from khosq.serving.app import build_app
from khosq.serving.bodies import media_chunks, read_json
from khosq.serving.deadlines import Limits
from khosq.serving.door import Door
from khosq.serving.metrics import Meters
from khosq.serving.refusals import refusal
from khosq.serving.server import server_config

PATIENCE = 0.5
Serve = Callable[[FastAPI, list[Door], Limits], int]


def make_doors() -> list[Door]:
    router = APIRouter()

    async def read(request: Request) -> Response:
        return JsonAnswer({"read": await read_json(request, timeout=PATIENCE)})

    async def take(request: Request) -> Response:
        return JsonAnswer({"bytes": sum([len(chunk) async for chunk in media_chunks(request, patience=PATIENCE)])})

    async def turn_away(_: Request) -> Response:
        raise RateLimited("Not now.", retry_after=7)

    async def rest(_: Request) -> Response:
        raise Unavailable("Disk low.", retry_after=9)

    async def stumble(_: Request) -> Response:
        raise ZeroDivisionError("a secret")

    async def talk(_: Request) -> Response:
        return Response(b"x" * 50_000_000)

    async def name_host(request: Request) -> Response:
        return JsonAnswer({"base": base_url(request, None)})

    for path, endpoint, method in (
        ("/things/host", name_host, "GET"),
        ("/things/json", read, "POST"),
        ("/things/media/{name}", take, "PUT"),
        ("/things/turned-away", turn_away, "POST"),
        ("/things/resting", rest, "GET"),
        ("/things/resting", rest, "DELETE"),
        ("/things/broken", stumble, "GET"),
        ("/things/long", talk, "GET"),
    ):
        router.add_api_route(path, endpoint, methods=[method])
    things = Door("things", "Things", lambda path: path.startswith("/things"), router, _render_json)
    return [things, Door("rest", "Rest", lambda _: True, APIRouter(), _render_text)]


def _render_json(error: KhosqError) -> Response:
    statuses = {"rate_limited": 429, "invalid": 400, "not_found": 404, "method_refused": 405, "unavailable": 503}
    status = 408 if isinstance(error, TooSlow) else statuses.get(error.code, 413 if error.code == "too_large" else 500)
    return JsonAnswer({"fault": error.message}, status_code=status)


def _render_text(error: KhosqError) -> Response:
    return TextAnswer(error.message, status_code={"not_found": 404, "too_slow": 408}.get(error.code, 400))


def make_app(doors: list[Door]) -> FastAPI:
    return build_app(doors, readiness=lambda: None, meters=Meters(lambda: {"queued": 3}))


@contextmanager
def serving(app: FastAPI, doors: list[Door], limits: Limits) -> Iterator[int]:
    config = server_config(
        app, host="127.0.0.1", port=0, limits=limits, refuse=lambda path, error: refusal(doors, path, error)
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    with ExitStack() as stack:
        doors = make_doors()
        yield stack.enter_context(serving(make_app(doors), doors, Limits(head=PATIENCE, rest=1.0, largest_head=8192)))
