"""Our error codes as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from starlette.responses import Response

from khosq.apis.native.wire.problem import Fault, Problem, ProblemKind
from khosq.errors import Invalid, KhosqError, RateLimited, Refused, Unauthorized
from khosq.serving.answers import to_json

PROBLEMS = "/khosq/v1/problems"
MEDIA_TYPE = "application/problem+json"
POLICY = "default"
"""Name of the rate limit that every key has."""
_TOO_MANY = "https://iana.org/assignments/http-problem-types#quota-exceeded"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    status: int
    title: str
    description: str


KINDS: Mapping[str, Kind] = {
    "invalid": Kind(400, "The request is not valid", "A field, a parameter or the body; `errors` names each."),
    "address_refused": Kind(400, "The URL may not be called", "It is malformed, or does not lead to a public address."),
    "unauthorized": Kind(401, "A key is needed", "Send an API key that is in force: `Authorization: Bearer kq_…`."),
    "forbidden": Kind(403, "The key does not allow this", "It has too small a scope, or is for another API."),
    "link_refused": Kind(403, "The link is not valid", "It was changed or has expired; ask for a new one."),
    "not_found": Kind(404, "Not found", "There is nothing of this name, or it is not yours."),
    "method_refused": Kind(405, "Method not allowed", "`Allow` names the methods of this address."),
    "too_slow": Kind(408, "The body came too slowly", "Send it again."),
    "conflict": Kind(409, "Not in this state", "What is asked for cannot be done now, or was done before."),
    "too_large": Kind(413, "The body is too large", "`GET /khosq/v1/limits` says how much is accepted."),
    "unsupported_media": Kind(415, "Not a recording", "`GET /khosq/v1/limits` says what is accepted."),
    "rate_limited": Kind(429, "Too many requests", "Wait as long as `Retry-After` says."),
    "unavailable": Kind(
        503, "Not now", "The disk is nearly full or the database away; `Retry-After` says when to come."
    ),
}
_REFUSED = Kind(400, "The request cannot be accepted", "")
_FAILED = Kind(500, "A fault of the server", "It was noted; the log has it under `request_id`.")


class ManyFaults(Invalid):
    """The request is not valid; every fault is named."""

    def __init__(self, message: str | None = None, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message or "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3]) or None)
        self.faults = faults


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    kind = KINDS.get(error.code, _REFUSED if isinstance(error, Refused) else _FAILED)
    is_limit = isinstance(error, RateLimited)
    problem = Problem(
        type=_TOO_MANY if is_limit else f"{PROBLEMS}/{error.code}" if error.code in KINDS else "about:blank",
        title=kind.title,
        status=kind.status,
        detail=error.message,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
        errors=_faults(error),
        **{"violated-policies": [POLICY] if is_limit else None},
    )
    body = to_json(problem.model_dump(by_alias=True, exclude_none=True))
    answer = Response(body, kind.status, media_type=MEDIA_TYPE)
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def problem_kind(code: str) -> ProblemKind:
    """Return what is to be known of one kind of problem."""
    kind = KINDS[code]
    return ProblemKind(type=f"{PROBLEMS}/{code}", title=kind.title, status=kind.status, description=kind.description)


def _faults(error: KhosqError) -> list[Fault] | None:
    if isinstance(error, ManyFaults):
        return list(error.faults) or None
    if isinstance(error, Invalid) and error.field:
        return [Fault(pointer=f"/{error.field}", detail=error.message)]
    return None
