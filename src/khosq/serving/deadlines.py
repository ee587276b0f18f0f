"""uvicorn's HTTP protocol with an end to its patience.

uvicorn waits for ever for headers, for the rest of a body nobody reads, and for a client that does not read its
answer; and it resets the connection of a client that is still sending when its answer is ready, which then never
sees that answer. How long a body may take that a route *does* read is that route's business (see ``bodies``).
"""

from __future__ import annotations

import asyncio
import re
from asyncio import TimerHandle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import httptools
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from khosq.errors import Invalid, KhosqError, TooLarge, TooSlow
from khosq.serving.refusals import CUT
from khosq.serving.upgrades import PlainParser

HEADERS_TOO_LARGE = 431
LARGEST_HEAD = 64 * 1024
_REQUEST_LINE = re.compile(rb"[\r\n]*\S+ (\S+) HTTP/")

Refuse = Callable[[str, KhosqError], Response]
"""Returns the answer for a path whose request never reached the application."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a client, in seconds."""

    head: float = 15.0
    """For a request's headers, all of them."""
    rest: float = 60.0
    """For what it still sends after its answer, and for reading that answer."""
    largest_head: int = LARGEST_HEAD
    """Bytes of request line and headers."""


class _HeadTooLarge(Exception):
    pass


class _Timer:
    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._handle: TimerHandle | None = None

    def start(self, action: Callable[[], None]) -> None:
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._fire, action)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self, action: Callable[[], None]) -> None:
        self._handle = None
        action()


class DeadlineProtocol(HttpToolsProtocol):
    """One connection."""

    limits: ClassVar[Limits] = Limits()
    refuse: ClassVar[Refuse]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = PlainParser(self)  # type: ignore[assignment]
        self._segment = b""
        self._head_timer = _Timer(self.loop, self.limits.head)
        self._rest_timer = _Timer(self.loop, self.limits.rest)
        self._write_timer = _Timer(self.loop, self.limits.rest)
        self._in_head = False
        self._head_size = 0
        self._unfinished = 0
        self._is_idle = True
        self._body_done = True
        self._closes_after_body = False
        self._bytes_seen = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first request's headers their time, counted from here."""
        super().connection_made(transport)
        self._head_timer.start(self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of every timer."""
        self._head_timer.stop()
        self._rest_timer.stop()
        self._write_timer.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; the first byte of a further request starts its headers' time."""
        self._bytes_seen = True
        if self._is_idle:
            self._is_idle = False
            self._head_size = 0
            self._head_timer.start(self._head_is_late)
        in_head_before = self._in_head
        self._segment = data
        super().data_received(data)
        self._segment = b""
        if in_head_before and self._in_head:
            self._bound_unfinished_head(len(data))

    def on_message_begin(self) -> None:
        """Start counting the head's size."""
        super().on_message_begin()
        self._in_head = True
        self._head_size = 0
        self._unfinished = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request line."""
        self._grow_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._grow_head(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the headers' time and start the application."""
        self._head_timer.stop()
        self._in_head = False
        self._body_done = False
        self._take_authority()
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = _Courteous(self)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """Note that the client has sent everything."""
        super().on_message_complete()
        self._body_done = True
        if self._closes_after_body:
            self.transport.close()
        elif self.cycle is not None and self.cycle.response_complete:
            self._become_idle()

    def on_response_complete(self) -> None:
        """Turn to the next request, or give this one's body its time to end."""
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._in_head:
            self._head_timer.start(self._head_is_late)
        elif self._body_done:
            self._become_idle()
        else:
            self._await_rest()

    def close_courteously(self) -> None:
        """Close as soon as the client has sent everything, so that it sees its answer."""
        if self._body_done or self.scope["state"].get(CUT):
            self.transport.close()
        else:
            self._closes_after_body = True
            self._await_rest()

    def pause_writing(self) -> None:
        """Start the time in which the client must read on."""
        super().pause_writing()
        self._write_timer.start(self.transport.abort)

    def resume_writing(self) -> None:
        """Stop that time."""
        self._write_timer.stop()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP, or whose head is too large."""
        if self.limits.largest_head < self._head_size:
            self._refuse(TooLarge("The request's headers are too large."), status=HEADERS_TOO_LARGE)
        else:
            self._refuse(Invalid(msg))

    def _refuse(self, error: KhosqError, *, status: int | None = None) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started or self._is_between:
            self.transport.write(_on_the_wire(type(self).refuse(self._path, error), status))
        self.transport.close()

    @property
    def _is_between(self) -> bool:
        return self._in_head and self.cycle.response_complete

    @property
    def _path(self) -> str:
        url = getattr(self, "url", b"") or self._target_of_no_method
        try:
            return str(httptools.parse_url(url).path.decode("ascii"))
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError, AttributeError):
            return "/"

    @property
    def _target_of_no_method(self) -> bytes:
        """Return where a request goes whose method the parser does not know: it reads no further than that."""
        line = _REQUEST_LINE.match(self._segment)
        return line[1] if line else b""

    def _take_authority(self) -> None:
        """Let the host of a whole URL stand above ``Host``, as RFC 9112 (3.2.2) has it."""
        url = httptools.parse_url(self.url)
        if not url.host:
            return
        host = b"[%b]" % url.host if b":" in url.host else bytes(url.host)
        authority = host if url.port is None else b"%b:%d" % (host, url.port)
        self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]

    def _grow_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > self.limits.largest_head:
            raise _HeadTooLarge

    def _bound_unfinished_head(self, size: int) -> None:
        # the parser holds back a header until its line ends, so that one endless line is never seen as a header
        self._unfinished += size
        if self._unfinished > self.limits.largest_head:
            self._head_size = self._unfinished
            self.send_400_response("")

    def _head_is_late(self) -> None:
        if self._bytes_seen:
            self._refuse(TooSlow("The request's headers came too slowly."))
        else:
            self.transport.close()

    def _become_idle(self) -> None:
        self._rest_timer.stop()
        self._is_idle = True

    def _await_rest(self) -> None:
        self._rest_timer.start(self.transport.close)


class _Courteous:
    """The transport as one request sees it: closing waits for the rest of its body."""

    def __init__(self, protocol: DeadlineProtocol) -> None:
        self._protocol = protocol
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        self._protocol.close_courteously()


def deadline_protocol(limits: Limits, refuse: Refuse) -> type[HttpToolsProtocol]:
    """Return the protocol class for one server."""
    return type("KhosqProtocol", (DeadlineProtocol,), {"limits": limits, "refuse": staticmethod(refuse)})


def _on_the_wire(response: Response, status: int | None) -> bytes:
    headers = [(name, value) for name, value in response.raw_headers if name != b"connection"]
    lines = [STATUS_LINE[status or response.status_code], *(b"%b: %b\r\n" % header for header in headers)]
    return b"".join([*lines, b"connection: close\r\n\r\n", bytes(response.body)])
