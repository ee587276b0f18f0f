"""How many seconds of audio a tenant may still have transcribed."""

from __future__ import annotations

import math

from khosq.errors import Invalid, NotFound
from khosq.tenants.store import TenantStore
from khosq.tenants.tenant import Tenant


class Quotas:
    """Reads and sets quotas; seconds are reserved and given back with the job's own row, in its transaction."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store

    def set(self, tenant_name: str, seconds: float | None) -> Tenant:
        """Set the seconds a tenant has left; None lifts the limit."""
        if seconds is not None and (not math.isfinite(seconds) or seconds < 0):
            raise Invalid("A quota is a number of seconds, 0 or more.", field="seconds")
        tenant = self._store.by_name(tenant_name)
        if tenant is None:
            raise NotFound(f"There is no tenant named {tenant_name!r}.")
        self._store.set_quota(tenant.id, seconds)
        return Tenant(tenant.id, tenant.name, seconds, tenant.created_at)

    def seconds_left(self, tenant_id: str) -> float | None:
        """Return the seconds left, None when without limit."""
        return self._store.seconds_left(tenant_id)
