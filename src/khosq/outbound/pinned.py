"""A transport that connects to addresses which were checked, and to no others."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import httpx2

from khosq.errors import NeighbourFailed
from khosq.outbound.address import IPAddress, Target, check_addresses
from khosq.outbound.resolver import Resolver

MAX_ADDRESSES = 4
"""How many addresses of one name are tried, one after another."""

CONNECT_SECONDS = 5.0
"""Longest wait for one of them."""


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Carries requests to one target, by addresses resolved once and all found acceptable.

    Made anew for each hop: connections are never shared between names that stand for one address.
    """

    def __init__(self, target: Target, *, resolve: Resolver, ssl_context: ssl.SSLContext) -> None:
        self._target = target
        self._resolve = resolve
        self._inner = httpx2.AsyncHTTPTransport(
            verify=ssl_context, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    async def __aenter__(self) -> Self:
        """Open."""
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close every connection."""
        await self._inner.__aexit__(exc_type, exc_value, traceback)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request`` to the first of the target's addresses that takes the connection.

        Raises:
            AddressRefused: one of the addresses is not public.
            NeighbourFailed: the name stands for nothing.

        """
        *earlier, last = (await self._addresses())[:MAX_ADDRESSES]
        for address in earlier:
            try:
                return await self._inner.handle_async_request(self._pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was sent yet, so the next address may be tried
        return await self._inner.handle_async_request(self._pinned(request, last))

    async def _addresses(self) -> Sequence[IPAddress]:
        if self._target.address is not None:
            return [self._target.address]
        try:
            found = await self._resolve(self._target.host, self._target.port)
        except (OSError, UnicodeError) as error:
            raise NeighbourFailed(f"The name {self._target.host} could not be resolved.") from error
        if not found:
            raise NeighbourFailed(f"The name {self._target.host} stands for no address.")
        return check_addresses(self._target, found)

    def _pinned(self, request: httpx2.Request, address: IPAddress) -> httpx2.Request:
        extensions = {
            "sni_hostname": self._target.host,
            "timeout": {"connect": CONNECT_SECONDS},
        }
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
