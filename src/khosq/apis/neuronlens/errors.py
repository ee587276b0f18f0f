"""Our error codes in NeuronLens' shape: a status and ``{"error": {"code", "message", "param"?}}``."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from khosq.errors import Invalid, KhosqError, Refused, Unauthorized
from khosq.serving.answers import JsonAnswer

ANSWERS: Mapping[str, tuple[int, str]] = {
    "unauthorized": (401, "unauthorized"),
    "forbidden": (403, "forbidden"),
    "not_found": (404, "not_found"),
    "method_refused": (405, "method_not_allowed"),
    "too_slow": (408, "request_timeout"),
    "conflict": (409, "conflict"),
    "too_large": (413, "request_too_large"),
    "rate_limited": (429, "rate_limited"),
    "unavailable": (503, "unavailable"),
}
"""Our code → status and the vendor's code."""

BAD_REQUEST = (400, "invalid_request")
"""Whatever else the caller can change."""
SERVER_FAULT = (500, "server_error")


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    status, code = ANSWERS.get(error.code, BAD_REQUEST if isinstance(error, Refused) else SERVER_FAULT)
    body = {"code": code, "message": error.message}
    if isinstance(error, Invalid) and error.field is not None:
        body["param"] = error.field
    answer = JsonAnswer({"error": body}, status_code=status)
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    return answer
