"""API keys: random, shown once, kept as a keyed digest."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from khosq.clock import Clock
from khosq.errors import Forbidden, NotFound, Unauthorized
from khosq.identifiers import is_id, new_id
from khosq.tenants.store import TenantStore
from khosq.tenants.tenant import SCOPES, ApiKey, Scope, Tenant, checked_name

_PREFIX = "kq_"
_SECRET_LENGTH = 40
_LONGEST_SECRET = 200
_USED_AT_MOST_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a key of a tenant."""

    tenant_id: str
    key_id: str
    scope: Scope


class ApiKeys:
    """Makes, checks and revokes keys."""

    def __init__(self, store: TenantStore, *, secret: str, clock: Clock) -> None:
        self._store = store
        self._secret = secret.encode()
        self._clock = clock
        self._used: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def create(self, tenant_name: str, scope: Scope) -> tuple[str, ApiKey]:
        """Make a key, and its tenant if it is new; return the secret, which is kept nowhere, and the key."""
        tenant = self._store.ensure(Tenant(new_id(), checked_name(tenant_name), None, self._clock()))
        return self.add(tenant.id, scope)

    def add(
        self,
        tenant_id: str,
        scope: Scope,
        *,
        name: str = "",
        door: str | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[str, ApiKey]:
        """Make a key of a tenant; return the secret, which is kept nowhere, and the key.

        Args:
            tenant_id: whose key it is.
            scope: what it may do.
            name: what its owner calls it.
            door: the one API it opens; None: every one.
            expires_at: from when on it is worth nothing; None: it stays in force.

        """
        secret = _PREFIX + new_id(_SECRET_LENGTH)
        prefix = secret[: len(_PREFIX) + 6]
        key = ApiKey(new_id(), tenant_id, prefix, scope, self._clock(), name=name, door=door, expires_at=expires_at)
        self._store.add_key(key, digest=self._digest(secret))
        return secret, key

    def authenticate(self, secret: str | None, *, scope: Scope, door: str) -> Caller:
        """Return who holds ``secret``.

        Args:
            secret: as the caller sent it.
            scope: what the key must allow.
            door: the API at which it was shown.

        Raises:
            Unauthorized: there is no such key; missing, malformed, expired and revoked are not told apart.
            Forbidden: the key's scope does not include ``scope``, or it is for another API.

        """
        key = self._store.key_by_digest(self._digest((secret or "")[:_LONGEST_SECRET]))
        if key is None:
            raise Unauthorized
        return self._admit(key, scope, door)

    def recall(self, key_id: str, *, scope: Scope, door: str) -> Caller:
        """Return the caller of a key that was checked before, if it is still in force."""
        key = self._store.key_by_id(key_id)
        if key is None:
            raise Unauthorized
        return self._admit(key, scope, door)

    def list(self, tenant_name: str) -> list[ApiKey]:
        """Return every key of a tenant."""
        tenant = self._store.by_name(checked_name(tenant_name))
        if tenant is None:
            raise NotFound(f"There is no tenant named {tenant_name!r}.")
        return self._store.keys(tenant.id)

    def of_tenant(self, tenant_id: str) -> Sequence[ApiKey]:
        """Return every key of a tenant, oldest first."""
        return self._store.keys(tenant_id)

    def revoke(self, key_id: str, *, tenant_id: str | None = None) -> None:
        """End a key at once; with ``tenant_id``, only if it is that tenant's."""
        if not is_id(key_id) or not self._store.revoke_key(key_id, self._clock(), tenant_id=tenant_id):
            raise NotFound(f"There is no key {key_id!r} in force.")

    def _admit(self, key: ApiKey, scope: Scope, door: str) -> Caller:
        if key.expires_at is not None and key.expires_at <= self._clock():
            raise Unauthorized
        if key.door not in {None, door}:
            raise Forbidden("This API key is for another API.")
        caller = Caller(key.tenant_id, key.id, key.scope)
        if SCOPES.index(caller.scope) < SCOPES.index(scope):
            raise Forbidden(f"This API key has the scope {caller.scope!r}; {scope!r} is needed.")
        self._note_use(caller.key_id)
        return caller

    def _note_use(self, key_id: str) -> None:
        now = self._clock()
        with self._lock:
            recent = now - self._used.get(key_id, datetime.min.replace(tzinfo=now.tzinfo)) < _USED_AT_MOST_EVERY
            if recent:
                return
            self._used[key_id] = now
        self._store.mark_used(key_id, now)

    def _digest(self, secret: str) -> str:
        return hmac.new(self._secret, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
