"""Tenants: how many seconds of audio each may still have transcribed, and what it chose."""

from __future__ import annotations

import math
from collections.abc import Sequence

from khosq.clock import Clock
from khosq.errors import Invalid, NotFound
from khosq.identifiers import new_id
from khosq.tenants.hotwords import checked_hotwords
from khosq.tenants.preferences import TenantPreferences
from khosq.tenants.store import TenantStore
from khosq.tenants.tenant import Tenant, checked_name


class Accounts:
    """Tenants and their quotas; seconds are reserved and given back with the job's own row, in its transaction."""

    def __init__(self, store: TenantStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def ensure(self, name: str) -> Tenant:
        """Return the tenant called ``name``, made now if there was none."""
        return self._store.ensure(Tenant(new_id(), checked_name(name), None, self._clock()))

    def all(self) -> list[Tenant]:
        """Return every tenant."""
        return self._store.all()

    def named(self, name: str) -> Tenant:
        """Return the tenant called ``name``.

        Raises:
            NotFound: there is none.

        """
        tenant = self._store.by_name(checked_name(name))
        if tenant is None:
            raise NotFound(f"There is no tenant named {name!r}.")
        return tenant

    def set(self, tenant_name: str, seconds: float | None) -> None:
        """Set the seconds a tenant has left; None lifts the limit."""
        if seconds is not None and (not math.isfinite(seconds) or seconds < 0):
            raise Invalid("A quota is a number of seconds, 0 or more.", field="seconds")
        self._store.set_quota(self.named(tenant_name).id, seconds)

    def hotwords(self, tenant_id: str) -> tuple[str, ...]:
        """Return the words and names to expect in a tenant's recordings."""
        return self._store.hotwords(tenant_id)

    def set_hotwords(self, tenant_id: str, terms: Sequence[str]) -> tuple[str, ...]:
        """Set the words and names to expect from now on; return them as they are kept.

        Raises:
            Invalid: there are too many, or one cannot be a term.

        """
        kept = checked_hotwords(terms)
        self._store.set_hotwords(tenant_id, kept)
        return kept

    def preferences(self, tenant_id: str) -> TenantPreferences:
        """Return what a tenant chose for its analyses."""
        return self._store.preferences(tenant_id)

    def set_preferences(self, tenant_id: str, preferences: TenantPreferences) -> None:
        """Set what a tenant chose for its analyses, once it was found that they can follow it."""
        self._store.set_preferences(tenant_id, preferences)

    def seconds_left(self, tenant_id: str) -> float | None:
        """Return the seconds left, None when without limit."""
        return self._store.seconds_left(tenant_id)
