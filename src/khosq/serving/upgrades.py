"""httptools' parser for a server that speaks nothing but HTTP/1.

httptools takes what follows the head of a request with ``Upgrade`` for another protocol: its body is lost, or read as
the next request. RFC 9110 lets a server ignore the wish, so that a second parser, which never hears of it, goes on.
"""

from __future__ import annotations

from typing import Protocol

import httptools

_FRAMING = frozenset({b"connection", b"content-length", b"transfer-encoding"})
"""The headers that tell where a request ends and whether another may follow."""


class Listener(Protocol):
    """Who is told what was read."""

    def on_message_begin(self) -> None:
        """Hear that a request begins."""

    def on_url(self, url: bytes) -> None:
        """Hear a piece of its target."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear a header."""

    def on_headers_complete(self) -> None:
        """Hear that its body follows."""

    def on_body(self, body: bytes) -> None:
        """Hear a piece of its body."""

    def on_message_complete(self) -> None:
        """Hear that it ends."""


class PlainParser:
    """Reads requests; a wish to speak another protocol changes nothing."""

    def __init__(self, listener: Listener) -> None:
        self.on_body = listener.on_body
        self._listener = listener
        self._framing: list[tuple[bytes, bytes]] = []
        self._is_repeating = False
        self._parser = self._fresh()

    def feed_data(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            httptools.HttpParserError: they are not HTTP.

        """
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._start_over()
            else:
                return

    def get_http_version(self) -> str:
        """Return the request's version."""
        return str(self._parser.get_http_version())

    def get_method(self) -> bytes:
        """Return the request's method."""
        return bytes(self._parser.get_method())

    def should_keep_alive(self) -> bool:
        """Tell whether another request may follow."""
        return bool(self._parser.should_keep_alive())

    def should_upgrade(self) -> bool:
        """Return False: never."""
        return False

    def on_message_begin(self) -> None:
        """Pass it on."""
        if not self._is_repeating:
            self._framing = []
            self._listener.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Pass it on."""
        if not self._is_repeating:
            self._listener.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Pass it on; remember what says where the request ends."""
        if not self._is_repeating:
            if name.lower() in _FRAMING:
                self._framing.append((name, value))
            self._listener.on_header(name, value)

    def on_headers_complete(self) -> None:
        """Pass it on."""
        if not self._is_repeating:
            self._listener.on_headers_complete()

    def on_message_complete(self) -> None:
        """Pass it on, unless the parser only thinks that HTTP ends here."""
        if not self._parser.should_upgrade():
            self._listener.on_message_complete()

    def _start_over(self) -> None:
        """Bring a new parser to where the old one is: behind the head, before the body."""
        method, version = self._parser.get_method(), self._parser.get_http_version()
        if method == b"CONNECT" or any(b"\r" in value or b"\n" in value for _, value in self._framing):
            raise httptools.HttpParserError("This request cannot be read as plain HTTP.")
        lines = [b"%b / HTTP/%b" % (method, version.encode("ascii")), *(b"%b: %b" % pair for pair in self._framing)]
        self._parser = self._fresh()
        self._is_repeating = True
        try:
            self._parser.feed_data(b"\r\n".join([*lines, b"", b""]))
        finally:
            self._is_repeating = False

    def _fresh(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        return parser
