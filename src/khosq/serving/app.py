"""The HTTP application: every door under one roof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from khosq import __version__
from khosq.serving.docs import docs_routes
from khosq.serving.door import Door
from khosq.serving.journal import Journal
from khosq.serving.metrics import Meters
from khosq.serving.probes import Readiness, health_routes, metrics_routes
from khosq.serving.refusals import Refusals

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_app(
    doors: Sequence[Door],
    *,
    readiness: Readiness,
    meters: Meters,
    shows_metrics: bool = True,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Return the application.

    Args:
        doors: in order of precedence; the last one owns every path that no other does.
        readiness: says why the server is not ready, if it is not.
        meters: where requests are counted.
        shows_metrics: whether ``/metrics`` is served here.
        lifespan: entered when serving starts, left when it ends.

    """
    app = FastAPI(
        title="khosq",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers={HTTPException: _hand_on, RequestValidationError: _hand_on},
    )
    app.include_router(health_routes(readiness))
    if shows_metrics:
        app.include_router(metrics_routes(meters))
    app.include_router(docs_routes([door for door in doors if door.documented]))
    for door in doors:
        app.include_router(door.router)
    app.add_middleware(Refusals, doors=doors)
    app.add_middleware(Journal, doors=doors, meters=meters)
    return app


async def _hand_on(_: Request, error: Exception) -> Response:
    """Leave the wording to ``Refusals``, which knows whose path it is."""
    raise error
