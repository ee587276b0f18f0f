"""Our error codes in Scriptix' flat shape: ``{"error": "<word>", "message": "<sentence>", "detail": "<field>"}``."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from khosq.errors import Invalid, KhosqError, Refused, Unauthorized
from khosq.serving.answers import JsonAnswer


class BodyRefused(Invalid):
    """The body is not valid."""

    code = "invalid_body"


class LanguageRefused(Invalid):
    """There is no model for this language."""

    code = "invalid_language"


class AlreadyRemoved(Refused):
    """The session was removed already."""

    code = "already_removed"


STATUSES: Mapping[str, int] = {
    "unauthorized": 401,
    "forbidden": 403,
    "link_refused": 403,
    "not_found": 404,
    "method_refused": 405,
    "too_slow": 408,
    "conflict": 409,
    "offset_differs": 409,
    "version_refused": 412,
    "too_large": 413,
    "unsupported_media": 415,
    "invalid_body": 422,
    "address_refused": 422,
    "busy": 423,
    "rate_limited": 429,
    "checksum_differs": 460,
    "unavailable": 503,
}
"""Whatever is not here is a 400 if the caller can change it, else a fault of ours: 500."""

WORDS: Mapping[str, str] = {"rate_limited": "rate_limit_exceeded", "invalid": "bad_request", "failed": "server_error"}
"""Code → the word that callers see, where it is not the code itself."""

BAD_REQUEST = 400
SERVER_FAULT = 500


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    body = {"error": WORDS.get(error.code, error.code), "message": error.message}
    if isinstance(error, Invalid) and error.field is not None:
        body["detail"] = error.field
    answer = JsonAnswer(body, status_code=status_of(error))
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def status_of(error: KhosqError) -> int:
    """Return the HTTP status that tells of ``error``."""
    return STATUSES.get(error.code, BAD_REQUEST if isinstance(error, Refused) else SERVER_FAULT)
