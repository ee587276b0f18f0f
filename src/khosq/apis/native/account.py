"""Keys and usage of the caller's account."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import description
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import NO_STORE, answer
from khosq.apis.native.mapping import from_key, from_usage
from khosq.apis.native.reading import read_model, read_query
from khosq.apis.native.wire import account as wire
from khosq.errors import Invalid
from khosq.tenants.api_keys import Caller

_MONTH = timedelta(days=30)
_LONGEST = timedelta(days=366)


class Account:
    """What can be asked of keys and usage."""

    def __init__(self, access: Access, apis: Collection[str]) -> None:
        """Keep what it works with.

        Args:
            access: lets callers in.
            apis: names of all APIs that a key may be for.

        """
        self._access = access
        self._desk = access.desk
        self._apis = apis

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add = router.add_api_route
        add(f"{BASE}/keys", self.create_key, methods=["POST"], **description.CREATE_KEY)
        add(f"{BASE}/keys", self.list_keys, methods=["GET"], **description.LIST_KEYS)
        add(f"{BASE}/keys/{{key_id}}", self.revoke_key, methods=["DELETE"], **description.REVOKE_KEY)
        add(f"{BASE}/hotwords", self.hotwords, methods=["GET"], **description.GET_HOTWORDS)
        add(f"{BASE}/hotwords", self.set_hotwords, methods=["PUT"], **description.SET_HOTWORDS)
        add(f"{BASE}/usage", self.usage, methods=["GET"], **description.GET_USAGE)

    async def create_key(self, request: Request) -> Response:
        """Make an API key and show its secret."""
        caller = await self._access.admit(request, "admin")
        asked = await read_model(request, wire.CreateKey, timeout=self._desk.body_timeout)
        if asked.api is not None and asked.api not in self._apis:
            raise Invalid(f"There is no API {asked.api!r}; there are {', '.join(self._apis)}.", field="api")
        if asked.expires_at is not None and asked.expires_at <= self._desk.clock():
            raise Invalid("This moment has passed.", field="expires_at")
        secret, key = await run_in_threadpool(
            self._desk.api_keys.add,
            caller.tenant_id,
            asked.scope,
            name=asked.name,
            door=asked.api,
            expires_at=asked.expires_at,
        )
        return answer(wire.ApiKeyWithSecret(**from_key(key).model_dump(), secret=secret), 201, headers=NO_STORE)

    async def list_keys(self, request: Request) -> Response:
        """Return every key."""
        found = await self._access.act(request, "admin", lambda caller: self._desk.api_keys.of_tenant(caller.tenant_id))
        return answer(wire.ApiKeys(data=[from_key(key) for key in found]))

    async def revoke_key(self, request: Request) -> Response:
        """End a key at once."""
        key_id = str(request.path_params["key_id"])
        await self._access.act(
            request, "admin", lambda caller: self._desk.api_keys.revoke(key_id, tenant_id=caller.tenant_id)
        )
        return Response(status_code=204)

    async def hotwords(self, request: Request) -> Response:
        """Return the words and names to expect."""
        terms = await self._access.act(request, "read", lambda caller: self._desk.accounts.hotwords(caller.tenant_id))
        return answer(wire.AccountHotwords(terms=list(terms)))

    async def set_hotwords(self, request: Request) -> Response:
        """Expect other words and names from now on."""
        caller = await self._access.admit(request, "admin")
        asked = await read_model(request, wire.Hotwords, timeout=self._desk.body_timeout)
        terms = await run_in_threadpool(self._desk.accounts.set_hotwords, caller.tenant_id, asked.terms)
        return answer(wire.AccountHotwords(terms=list(terms)))

    async def usage(self, request: Request) -> Response:
        """Return what was transcribed."""
        asked = read_query(request, wire.UsageQuery)
        last = asked.last or self._desk.clock().date()
        first = asked.first or last - _MONTH
        if not first <= last <= first + _LONGEST:
            raise Invalid(f"from may be up to {_LONGEST.days} days before to.", field="from")

        def find(caller: Caller) -> wire.Usage:
            days = self._desk.usage(caller.tenant_id, first, last)
            return from_usage(days, seconds_left=self._desk.accounts.seconds_left(caller.tenant_id))

        return answer(await self._access.act(request, "read", find))
