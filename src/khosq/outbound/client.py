"""Calling addresses that others gave us: hooks out, recordings in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urljoin

import httpx2

from khosq import __version__
from khosq.clock import Clock, system_clock
from khosq.errors import AddressRefused, Invalid, NeighbourFailed, TooLarge
from khosq.outbound.address import Target, check_url
from khosq.outbound.headers import check_headers
from khosq.outbound.pinned import PinnedTransport
from khosq.outbound.resolver import Resolver, resolve_by_system

Method = Literal["POST", "PUT"]

EXCERPT_BYTES = 4096
"""How much of an answer to a hook is kept; the rest is not read."""

MAX_HEADER_BYTES = 32 * 1024
MAX_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_RETRYING = frozenset({408, 425, 429})
_MAX_DELAY_DIGITS = 9

_OWN_HEADERS = {
    "User-Agent": f"khosq/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered."""

    status: int
    retry_after: float | None
    """Seconds that it asked us to wait."""
    body_excerpt: bytes
    """The first bytes of the body."""


class OutboundClient:
    """Sends requests to checked addresses only: no proxies, no cookies, no credentials, HTTP/1.1.

    Holds no connections, so it may be kept for good and used from any event loop.
    """

    def __init__(
        self,
        *,
        allow: frozenset[str],
        allow_http: bool,
        resolve: Resolver = resolve_by_system,
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """Keep the operator's choices.

        Args:
            allow: what ``read_allow`` made of the operator's list.
            allow_http: whether hooks may go over plain http.
            resolve: turns a name into addresses.
            ssl_context: which certificates to trust; default: the machine's.
            clock: the time, for ``Retry-After`` dates.

        """
        self._allow = allow
        self._allow_http = allow_http
        self._resolve = resolve
        self._ssl_context = ssl_context or httpx2.create_ssl_context()
        self._clock = clock

    async def send(
        self, method: Method, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float
    ) -> Reply:
        """Send ``body`` once, follow nothing, and return the answer.

        Args:
            method: how it is sent.
            url: the receiver's, as given.
            body: sent as it is.
            headers: beside ours; none that frame the message.
            deadline: seconds for all of it, from the name to the answer's last byte that we read.

        Raises:
            AddressRefused: the URL may not be called.
            Invalid: a header may not be sent.
            NeighbourFailed: no whole answer came in time.

        """
        check_headers(headers)
        target = check_url(url, allow=self._allow, allow_http=self._allow_http)
        request = _request(method, target, headers, body)
        async with _within(_ends_at(deadline), target), self._answer(target, request) as response:
            excerpt = await _read_excerpt(response)
            return Reply(response.status_code, self._retry_after(response), excerpt)

    async def fetch(
        self, url: str, *, deadline: float, max_bytes: int, max_redirects: int = MAX_REDIRECTS
    ) -> AsyncGenerator[bytes, None]:
        """Yield the body that ``url`` answers with, http or https, piece by piece.

        Close the iterator (``contextlib.aclosing``) where it may be left before its end.

        Args:
            url: as given; each redirect is checked like it.
            deadline: seconds for all of it, what the caller does between pieces included.
            max_bytes: the largest body to take.
            max_redirects: hops beyond the first.

        Raises:
            AddressRefused: the URL, or one that it redirects to, may not be called.
            Invalid: the server refuses to give it, or redirects without end.
            TooLarge: there are more than ``max_bytes``.
            NeighbourFailed: the server did not answer well, or not in time.

        """
        ends_at = _ends_at(deadline)
        for _ in range(max_redirects + 1):
            target = check_url(url, allow=self._allow, allow_http=True)
            async with AsyncExitStack() as stack:
                async with _within(ends_at, target):
                    response = await stack.enter_async_context(self._answer(target, _request("GET", target, {}, b"")))
                if response.status_code in _REDIRECTS:
                    url = _next_url(response, target)
                    continue
                _check_body(response, target, max_bytes)
                taken = 0
                pieces = response.aiter_raw()
                while piece := await _next_piece(pieces, ends_at, target):
                    taken += len(piece)
                    if taken > max_bytes:
                        raise _too_large(max_bytes)
                    yield piece
                return
        raise Invalid(f"The address redirects more than {max_redirects} times.")

    @asynccontextmanager
    async def _answer(self, target: Target, request: httpx2.Request) -> AsyncIterator[httpx2.Response]:
        async with PinnedTransport(target, resolve=self._resolve, ssl_context=self._ssl_context) as transport:
            response = await transport.handle_async_request(request)
            try:
                if sum(len(name) + len(value) for name, value in response.headers.raw) > MAX_HEADER_BYTES:
                    raise NeighbourFailed(f"The server {target.authority} answered with too large a header.")
                yield response
            finally:
                await response.aclose()

    def _retry_after(self, response: httpx2.Response) -> float | None:
        value = response.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return float(value[:_MAX_DELAY_DIGITS])
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock()).total_seconds())


def _request(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> httpx2.Request:
    chosen = {name.lower() for name in headers}
    own = {name: value for name, value in _OWN_HEADERS.items() if name.lower() not in chosen}
    return httpx2.Request(
        method, target.url, headers={"Host": target.host_header, **own, **headers}, content=body or None
    )


def _ends_at(deadline: float) -> float:
    return asyncio.get_running_loop().time() + deadline


@asynccontextmanager
async def _within(ends_at: float, target: Target) -> AsyncIterator[None]:
    """Cut what runs inside at ``ends_at``, and word what goes wrong there."""
    try:
        async with asyncio.timeout_at(ends_at):
            yield
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise NeighbourFailed(f"The server {target.authority} did not answer in time.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        reason = str(error) or type(error).__name__
        raise NeighbourFailed(f"The server {target.authority} could not be reached or broke off: {reason}") from error


async def _read_excerpt(response: httpx2.Response) -> bytes:
    excerpt = bytearray()
    async for piece in response.aiter_raw():
        excerpt += piece
        if len(excerpt) >= EXCERPT_BYTES:
            break
    return bytes(excerpt[:EXCERPT_BYTES])


async def _next_piece(pieces: AsyncIterator[bytes], ends_at: float, target: Target) -> bytes:
    """Return the next piece, empty at the end; the time limit never spans a ``yield``, whose code is not ours."""
    async with _within(ends_at, target):
        return await anext(pieces, b"")


def _next_url(response: httpx2.Response, target: Target) -> str:
    location = response.headers.get("Location")
    if not location:
        raise Invalid(f"The server {target.authority} redirects to nowhere.")
    try:
        return urljoin(target.url, location)
    except ValueError as error:
        raise AddressRefused(f"The server {target.authority} redirects to what is no URL.") from error


def _check_body(response: httpx2.Response, target: Target, max_bytes: int) -> None:
    status = response.status_code
    if not response.is_success:
        text = f"The server {target.authority} answered {status}."
        is_refusal = response.is_client_error and status not in _WORTH_RETRYING
        raise Invalid(text) if is_refusal else NeighbourFailed(text)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Invalid(f"The server {target.authority} compressed its answer, which was not asked for.")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The file behind the address is larger than {max_bytes} bytes.")
