"""Is it alive, is it ready, how is it doing: for those who run the server."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from khosq.serving.answers import TextAnswer
from khosq.serving.metrics import Meters

Readiness = Callable[[], str | None]
"""Returns why the server cannot take work now, or None when it can."""

UNAVAILABLE = 503


def health_routes(readiness: Readiness) -> APIRouter:
    """Return ``/healthz`` and ``/readyz``."""
    router = APIRouter(include_in_schema=False)

    async def alive() -> Response:
        return TextAnswer("ok\n")

    def ready() -> Response:
        fault = readiness()
        if fault is None:
            return TextAnswer("ready\n")
        return TextAnswer(f"{fault}\n", status_code=UNAVAILABLE, headers={"retry-after": "1"})

    router.add_api_route("/healthz", alive, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", ready, methods=["GET", "HEAD"])
    return router


def metrics_routes(meters: Meters) -> APIRouter:
    """Return ``/metrics``."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/metrics", meters.answer, methods=["GET"])
    return router
