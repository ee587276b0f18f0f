"""Who is asking, and how often: what every request with a key goes through first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.apis.native.errors import POLICY
from khosq.errors import RateLimited
from khosq.serving.credentials import bearer
from khosq.serving.refusals import HEADERS
from khosq.tenants.api_keys import Caller
from khosq.tenants.tenant import Scope

DOOR = "native"
BASE = "/khosq/v1"
REQUESTS_PER_MINUTE = 600

T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """Lets callers in."""

    desk: Desk

    async def admit(self, request: Request, scope: Scope) -> Caller:
        """Return who is asking.

        Raises:
            Unauthorized: nobody that we know.
            Forbidden: somebody who may not.
            RateLimited: somebody who asks too often.

        """
        return await self.look(request, scope, lambda caller: caller)

    async def look(self, request: Request, scope: Scope, look: Callable[[Caller], T]) -> T:
        """Return what ``look`` finds in the database for who is asking; see ``admit``."""
        found: T = await self.desk.briefly(partial(self._look, request, scope, look))
        return found

    async def act(self, request: Request, scope: Scope, act: Callable[[Caller], T]) -> T:
        """Return what ``act`` does for who is asking: it may take long, or write; see ``admit``."""
        return await run_in_threadpool(self._look, request, scope, act)

    def _look(self, request: Request, scope: Scope, look: Callable[[Caller], T]) -> T:
        caller = self.desk.api_keys.authenticate(bearer(request), scope=scope, door=DOOR)
        try:
            window = self.desk.rate_limits.count(caller.key_id, "native", limit=REQUESTS_PER_MINUTE)
        except RateLimited as error:
            _show(request, 0, error.retry_after)
            raise
        _show(request, window.remaining, max(1, window.resets_at - int(self.desk.clock().timestamp())))
        return look(caller)


def _show(request: Request, remaining: int, resets_in: int) -> None:
    """Put the standing of a key on the answer (draft-ietf-httpapi-ratelimit-headers-11)."""
    headers: dict[str, Any] = {
        "ratelimit-policy": f'"{POLICY}";q={REQUESTS_PER_MINUTE};w=60',
        "ratelimit": f'"{POLICY}";r={remaining};t={resets_in}',
    }
    request.scope.setdefault("state", {})[HEADERS] = headers
