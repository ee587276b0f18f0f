"""Where a server is."""

from __future__ import annotations

from urllib.parse import urlsplit

from khosq.client.errors import BadAddress

_API = "/khosq/v1"


def api_of(base_url: str) -> str:
    """Return where a server's API begins, given the server's address or already the API's.

    Raises:
        BadAddress: it is neither.

    """
    try:
        is_web = urlsplit(base_url).scheme in {"http", "https"} and bool(urlsplit(base_url).hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise BadAddress(f"{base_url!r} is not the address of a server, such as http://localhost:8080")
    return base_url.rstrip("/").removesuffix(_API).rstrip("/") + _API
