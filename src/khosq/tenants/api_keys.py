"""API keys: random, shown once, kept as a keyed digest."""

from __future__ import annotations

import hashlib
import hmac
import threading
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
        now = self._clock()
        tenant = self._store.ensure(Tenant(new_id(), checked_name(tenant_name), None, now))
        secret = _PREFIX + new_id(_SECRET_LENGTH)
        key = ApiKey(new_id(), tenant.id, secret[: len(_PREFIX) + 6], scope, now)
        self._store.add_key(key, digest=self._digest(secret))
        return secret, key

    def authenticate(self, secret: str | None, *, scope: Scope) -> Caller:
        """Return who holds ``secret``.

        Raises:
            Unauthorized: there is no such key; missing, malformed and revoked are not told apart.
            Forbidden: the key's scope does not include ``scope``.

        """
        key = self._store.key_by_digest(self._digest((secret or "")[:_LONGEST_SECRET]))
        if key is None:
            raise Unauthorized
        return self._admit(key, scope)

    def recall(self, key_id: str, *, scope: Scope) -> Caller:
        """Return the caller of a key that was checked before, if it is still in force."""
        key = self._store.key_by_id(key_id)
        if key is None:
            raise Unauthorized
        return self._admit(key, scope)

    def list(self, tenant_name: str) -> list[ApiKey]:
        """Return every key of a tenant."""
        tenant = self._store.by_name(checked_name(tenant_name))
        if tenant is None:
            raise NotFound(f"There is no tenant named {tenant_name!r}.")
        return self._store.keys(tenant.id)

    def revoke(self, key_id: str) -> None:
        """End a key at once."""
        if not is_id(key_id) or not self._store.revoke_key(key_id, self._clock()):
            raise NotFound(f"There is no key {key_id!r} in force.")

    def _admit(self, key: ApiKey, scope: Scope) -> Caller:
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
