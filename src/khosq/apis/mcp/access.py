"""Who is asking, and how often."""

from __future__ import annotations

from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.serving.credentials import bearer
from khosq.tenants.api_keys import Caller

DOOR = "mcp"
REQUESTS_PER_MINUTE = 600
CALLER = "khosq.caller"
"""Set in a request's state: who is asking."""


def admit(desk: Desk, request: Request) -> None:
    """Note in the request who is asking.

    Raises:
        Unauthorized: nobody that we know.
        Forbidden: somebody who may not.
        RateLimited: somebody who asks too often.

    """
    caller = desk.api_keys.authenticate(bearer(request), scope="read", door=DOOR)
    desk.rate_limits.count(caller.key_id, DOOR, limit=REQUESTS_PER_MINUTE)
    request.scope.setdefault("state", {})[CALLER] = caller


def caller_of(request: Request) -> Caller:
    """Return who is asking."""
    caller: Caller = request.scope["state"][CALLER]
    return caller
