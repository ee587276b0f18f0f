"""What every request passes first: its key, and its share of the minute."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.errors import RateLimited
from khosq.serving.credentials import bearer
from khosq.serving.refusals import HEADERS
from khosq.tenants.api_keys import Caller
from khosq.tenants.tenant import Scope

DOOR = "openai"
REQUESTS_PER_MINUTE = 500
"""Of one key."""


async def admit(desk: Desk, request: Request, scope: Scope) -> Caller:
    """Return who is asking; from here on the answer says how much of the minute is left.

    Raises:
        Unauthorized: no key in force.
        Forbidden: the key does not allow this.
        RateLimited: the key has used up its minute.

    """
    caller: Caller = await desk.briefly(partial(_admit, desk, request, scope))
    return caller


def show_job(request: Request, job_id: str) -> None:
    """Let the answer name its job, whether it is a refusal or not."""
    request.scope["state"][HEADERS]["x-khosq-job"] = job_id


def _admit(desk: Desk, request: Request, scope: Scope) -> Caller:
    caller = desk.api_keys.authenticate(bearer(request), scope=scope, door=DOOR)
    try:
        window = desk.rate_limits.count(caller.key_id, DOOR, limit=REQUESTS_PER_MINUTE)
    except RateLimited as error:
        _tell(request, remaining=0, resets_in=error.retry_after)
        raise
    resets_in = max(1, window.resets_at - int(desk.clock().timestamp()))
    _tell(request, remaining=window.remaining, resets_in=resets_in)
    return caller


def _tell(request: Request, *, remaining: int, resets_in: int) -> None:
    request.scope.setdefault("state", {})[HEADERS] = {
        "x-ratelimit-limit-requests": str(REQUESTS_PER_MINUTE),
        "x-ratelimit-remaining-requests": str(remaining),
        "x-ratelimit-reset-requests": f"{resets_in}s",
    }
