"""What a tenant may spend on the language model: so many tokens a day."""

from __future__ import annotations

from khosq.clock import Clock
from khosq.tenants.store import TokenStore


class TokenBudget:
    """Counts tokens by the day (UTC), shared by every worker."""

    def __init__(self, store: TokenStore, *, per_day: int, clock: Clock) -> None:
        """Keep the operator's choice; 0 tokens a day are without limit, and nothing is counted."""
        self._store = store
        self._per_day = per_day
        self._clock = clock

    def take(self, tenant_id: str, tokens: int) -> bool:
        """Take tokens of today's; where not as many are left, take none and return False."""
        return not self._per_day or self._store.take(tenant_id, self._clock().date(), tokens, limit=self._per_day)

    def settle(self, tenant_id: str, tokens: int) -> None:
        """Take more, whatever is left, or give back (less than 0) what was taken too much."""
        if self._per_day and tokens:
            self._store.settle(tenant_id, tokens)
