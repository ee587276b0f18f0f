"""Opening addresses the way the machine's package settings ask for: credentials, certificates, several tries."""

from __future__ import annotations

import base64
import http.client
import netrc
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from khosq.archives.index_settings import IndexSettings, read_index_settings
from khosq.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

TRIES = 3
TIMEOUT = 15.0
PAUSE = 0.5

T = TypeVar("T")

_PERMANENT = range(400, 500)
_WORTH_ANOTHER_TRY = {408, 425, 429}


class Response(Protocol):
    """An answer being read."""

    headers: Message

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes, none at the end."""
        ...

    def geturl(self) -> str:
        """Tell the address it came from after redirects."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


class Web:
    """Reads addresses; ``timeout`` is the longest silence in seconds."""

    def __init__(self, settings: IndexSettings | None = None, *, timeout: float = TIMEOUT, tries: int = TRIES) -> None:
        self.settings = settings = settings or read_index_settings()
        self._timeout = timeout
        self._tries = tries
        trust = ssl.create_default_context()
        for bundle in settings.certificates:
            trust.load_verify_locations(bundle)
        self._credentials = _Credentials()
        for address in (*settings.indexes, *settings.find_links):
            self._credentials.learn(address)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust), self._credentials)

    def read(self, address: str, consume: Callable[[Response], T], *, accept: str = "*/*") -> T:
        """Open an address and let ``consume`` read it, again from the start where the connection breaks."""
        self._credentials.learn(address)
        bare = without_credentials(address)
        for attempt in range(1, self._tries + 1):
            try:
                request = urllib.request.Request(bare, headers={"Accept": accept, "User-Agent": "khosq"})  # noqa: S310 - a file: index is meant
                response = self._opener.open(request, timeout=self._timeout)
                try:
                    return consume(response)
                finally:
                    response.close()
            except (OSError, http.client.HTTPException, ValueError) as error:
                if attempt == self._tries or not _may_pass(error):
                    raise Unavailable(f"{bare}: {_reason(error)}") from error
            time.sleep(PAUSE * attempt)
        raise AssertionError


class _Credentials(urllib.request.BaseHandler):
    """Adds the password that belongs to a host, to that host alone, also after a redirect."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.hostname and parts.username is not None:
            self._known[_host(parts.netloc)] = f"{unquote(parts.username)}:{unquote(parts.password or '')}"

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        secret = self._known.get(request.host) or _from_netrc(request.host)
        if secret and not request.has_header("Authorization"):
            token = base64.b64encode(secret.encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {token}")
        return request

    https_request = http_request


def without_credentials(address: str) -> str:
    """Drop user and password, and write odd characters the way a request line takes them."""
    parts = urlsplit(address)
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, _host(parts.netloc), path, parts.query, ""))


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _from_netrc(host: str) -> str | None:
    try:
        found = netrc.netrc(Path("~/.netrc").expanduser()).authenticators(host.partition(":")[0])
    except (OSError, netrc.NetrcParseError):
        return None
    return f"{found[0]}:{found[2]}" if found else None


def _may_pass(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code not in _PERMANENT or error.code in _WORTH_ANOTHER_TRY
    return not (isinstance(error, ValueError) or isinstance(getattr(error, "reason", error), FileNotFoundError))


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answered {error.code} {error.reason}".strip()
    return str(getattr(error, "reason", None) or error or type(error).__name__)
