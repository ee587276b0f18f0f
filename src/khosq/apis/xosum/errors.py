"""Our error codes in Xosum's shape: a status and ``{"error": "<text>"}``."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from khosq.errors import KhosqError, Refused, Unauthorized
from khosq.serving.answers import JsonAnswer

STATUSES: Mapping[str, int] = {
    "unauthorized": 401,
    "forbidden": 403,
    "link_refused": 403,
    "not_found": 404,
    "method_refused": 405,
    "too_slow": 408,
    "conflict": 409,
    "too_large": 413,
    "unsupported_media": 415,
    "rate_limited": 429,
    "unavailable": 503,
}
"""Whatever is not here is a 400 if the caller can change it, else a fault of ours: 500."""

BAD_REQUEST = 400
SERVER_FAULT = 500


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    answer = JsonAnswer({"error": error.message}, status_code=_status(error))
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _status(error: KhosqError) -> int:
    return STATUSES.get(error.code, BAD_REQUEST if isinstance(error, Refused) else SERVER_FAULT)
