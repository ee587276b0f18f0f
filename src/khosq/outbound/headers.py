"""Header fields that others choose for our requests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from khosq.errors import Invalid

FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that say where a message goes or ends: ours alone."""

MAX_BYTES = 8192

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def check_headers(headers: Mapping[str, str]) -> None:
    """Accept header fields that cannot change what the request is.

    Raises:
        Invalid: a name or value cannot be sent, or is not the sender's to choose.

    """
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None:
            raise Invalid(f"{name[:100]!r} is not a header name.")
        if name.lower() in FRAMING:
            raise Invalid(f"The header {name} cannot be chosen.")
        if _VALUE.fullmatch(value) is None:
            raise Invalid(f"The value of the header {name} may hold visible ASCII characters only.")
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_BYTES:
        raise Invalid(f"All headers together may have at most {MAX_BYTES} characters.")
