"""What is refused before a tool is reached, as JSON-RPC has it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from khosq.errors import KhosqError, Refused, Unauthorized
from khosq.serving.answers import JsonAnswer

_STATUSES: Mapping[str, int] = {
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
_REFUSED, _FAILED = -32600, -32603


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    is_refused = isinstance(error, Refused)
    told = {"code": _REFUSED if is_refused else _FAILED, "message": error.message}
    status = _STATUSES.get(error.code, 400 if is_refused else 500)
    answer = JsonAnswer({"jsonrpc": "2.0", "id": None, "error": told}, status)
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    return answer
