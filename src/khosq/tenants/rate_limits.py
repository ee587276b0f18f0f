"""How often a caller may ask: so many requests in each wall-clock minute."""

from __future__ import annotations

from dataclasses import dataclass

from khosq.clock import Clock
from khosq.errors import RateLimited
from khosq.tenants.store import TenantStore

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Window:
    """How a caller stands in the present minute."""

    limit: int
    remaining: int
    """Requests that are left in it."""
    resets_at: int
    """When the next begins, in Unix time."""


class RateLimits:
    """Counts requests in fixed clock minutes, shared by every API process."""

    def __init__(self, store: TenantStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self, who: str, window: str, *, limit: int) -> Window:
        """Count one request.

        Args:
            who: id of the key or the tenant whose request it is.
            window: what is counted; each name has its own count.
            limit: requests allowed in one clock minute.

        Raises:
            RateLimited: ``limit`` was reached; says in how many seconds the next minute begins, at least 1.

        """
        now = self._clock().timestamp()
        minute = int(now // _MINUTE)
        used = self._store.count_request(who, window, minute)
        if used > limit:
            wait = max(1, _MINUTE - int(now % _MINUTE))
            raise RateLimited(f"More than {limit} requests in this minute; try again in {wait} s.", retry_after=wait)
        return Window(limit, limit - used, (minute + 1) * _MINUTE)
