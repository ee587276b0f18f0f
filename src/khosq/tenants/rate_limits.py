"""How often a key may ask: so many requests in each wall-clock minute."""

from __future__ import annotations

from khosq.clock import Clock
from khosq.errors import RateLimited
from khosq.tenants.store import TenantStore

_MINUTE = 60


class RateLimits:
    """Counts requests of each key in fixed clock minutes, shared by every API process."""

    def __init__(self, store: TenantStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self, key_id: str, window: str, *, limit: int) -> None:
        """Count one request.

        Args:
            key_id: whose request it is.
            window: what is counted; each name has its own count.
            limit: requests allowed in one clock minute.

        Raises:
            RateLimited: ``limit`` was reached; says in how many seconds the next minute begins, at least 1.

        """
        now = self._clock().timestamp()
        if self._store.count_request(key_id, window, int(now // _MINUTE)) > limit:
            wait = max(1, _MINUTE - int(now % _MINUTE))
            raise RateLimited(f"More than {limit} requests in this minute; try again in {wait} s.", retry_after=wait)
