"""What may go wrong when a server is called.

ClientError
├── BadAddress           the server's address is none; a ``ValueError`` too
├── ConnectionFailed     no answer came, however often it was tried
├── WaitedTooLong        the job has not ended in the time that the caller gave it
├── JobFailed            the job ended otherwise than well; it is in ``job``
└── Refused              the server answered with a problem
    ├── Invalid          400  ``errors`` names every field
    ├── Unauthorized     401
    ├── Forbidden        403
    ├── NotFound         404
    ├── Conflict         409
    ├── TooLarge         413
    ├── UnsupportedMedia 415
    ├── RateLimited      429  even after waiting as long as was asked
    └── ServerFault      5xx
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from khosq.client.models import Fault, Job


class ClientError(Exception):
    """A call did not do what it should."""


class BadAddress(ClientError, ValueError):
    """The server's address is none."""


class ConnectionFailed(ClientError):
    """No answer came."""


class WaitedTooLong(ClientError):
    """The job has not ended in time; it goes on."""


_ENDED: Mapping[str, str] = {"failed": "failed", "cancelled": "was cancelled"}


class JobFailed(ClientError):
    """The job ended otherwise than well."""

    def __init__(self, job: Job) -> None:
        how = _ENDED.get(job.state, f"is {job.state}")
        super().__init__(f"{job.id} {how}" + (f": {job.error.message}" if job.error else ""))
        self.job = job


class Refused(ClientError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.title = str(problem.get("title", f"HTTP {status}"))
        self.detail = str(problem.get("detail", ""))
        self.request_id: str | None = problem.get("request_id")
        """The server's log has it."""
        self.errors = [Fault.model_validate(fault) for fault in problem.get("errors") or ()]
        super().__init__(f"{status} {self.title}" + (f": {self.detail}" if self.detail else ""))


class Invalid(Refused):
    """A field, a parameter or the body cannot be accepted."""


class Unauthorized(Refused):
    """The key is not in force."""


class Forbidden(Refused):
    """The key or the link does not allow this."""


class NotFound(Refused):
    """There is nothing of this name."""


class Conflict(Refused):
    """It cannot be done now, or was done before."""


class TooLarge(Refused):
    """The body is too large."""


class UnsupportedMedia(Refused):
    """The bytes are no recording."""


class RateLimited(Refused):
    """Too many requests."""


class ServerFault(Refused):
    """The server cannot do it now."""


_BY_STATUS: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMedia,
    429: RateLimited,
}
_SERVER_FAULT = 500


def refusal(answer: httpx2.Response) -> Refused:
    """Return the error that an answer tells of; its body has been read."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    usual = ServerFault if answer.status_code >= _SERVER_FAULT else Refused
    kind = _BY_STATUS.get(answer.status_code, usual)
    return kind(answer.status_code, problem if isinstance(problem, dict) else {})
