"""Our error codes in OpenAI's shape: ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from khosq.errors import Conflict, Invalid, KhosqError, NotFound, Refused, Unauthorized
from khosq.jobs.job import Job, JobState
from khosq.serving.answers import JsonAnswer

ANSWERS: Mapping[str, tuple[int, str, str]] = {
    "unauthorized": (401, "invalid_request_error", "invalid_api_key"),
    "forbidden": (403, "invalid_request_error", "insufficient_permissions"),
    "not_found": (404, "invalid_request_error", "not_found"),
    "model_not_found": (404, "invalid_request_error", "model_not_found"),
    "method_refused": (405, "invalid_request_error", "method_not_allowed"),
    "too_slow": (408, "invalid_request_error", "request_timeout"),
    "conflict": (409, "invalid_request_error", "conflict"),
    "still_running": (409, "invalid_request_error", "transcription_in_progress"),
    "too_large": (413, "invalid_request_error", "request_too_large"),
    "rate_limited": (429, "requests", "rate_limit_exceeded"),
    "unavailable": (503, "server_error", "unavailable"),
}
"""Our code → status, and the vendor's type and code."""

FAILURES: Mapping[str, tuple[int, str, str]] = {
    "quota_exceeded": (429, "insufficient_quota", "insufficient_quota"),
    "media_unreadable": (400, "invalid_request_error", "media_unreadable"),
    "too_long": (400, "invalid_request_error", "too_long"),
    "cancelled": (409, "invalid_request_error", "cancelled"),
}
"""The same for what a job died of; the rest is no fault of the recording, and no fault of the request either."""

_BAD_REQUEST = (400, "invalid_request_error")
_NOT_DONE = (422, "server_error")
_FAULT = (500, "server_error")
_CANCELLED = "The transcription was cancelled."
_NO_RETRY = frozenset({"conflict", "still_running", "transcription_failed"})
"""Clients would send the whole recording again for these statuses, and get the same answer."""


class ModelNotFound(NotFound):
    """There is no such model here."""

    code = "model_not_found"


class StillRunning(Conflict):
    """The transcript is not ready yet."""

    code = "still_running"


class TranscriptionFailed(Refused):
    """The transcription failed."""

    code = "transcription_failed"

    def __init__(self, message: str | None = None, *, reason: str = code) -> None:
        super().__init__(message)
        self.reason = reason
        """Our code of what went wrong."""


def failure_of(job: Job) -> TranscriptionFailed:
    """Return why there is no transcript of a job that has ended without one."""
    if job.state is JobState.CANCELLED:
        return TranscriptionFailed(job.error or _CANCELLED, reason="cancelled")
    return TranscriptionFailed(job.error, reason=job.error_code or TranscriptionFailed.code)


def render_error(error: KhosqError) -> Response:
    """Return the answer that tells of ``error``."""
    status, body = from_error(error)
    answer = JsonAnswer(body, status_code=status)
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = "Bearer"
    if error.code in _NO_RETRY:
        answer.headers["x-should-retry"] = "false"
    return answer


def from_error(error: KhosqError) -> tuple[int, dict[str, object]]:
    """Return the status and the body that tell of ``error``."""
    status, kind, code = _words_for(error)
    param = error.field if isinstance(error, Invalid) else "model" if isinstance(error, ModelNotFound) else None
    return status, {"error": {"message": error.message, "type": kind, "param": param, "code": code}}


def _words_for(error: KhosqError) -> tuple[int, str, str]:
    if isinstance(error, TranscriptionFailed):
        return FAILURES.get(error.reason, (*_NOT_DONE, error.reason))
    usual = _BAD_REQUEST if isinstance(error, Refused) else _FAULT
    return ANSWERS.get(error.code, (*usual, "invalid_value" if isinstance(error, Invalid) else error.code))
