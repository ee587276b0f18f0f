"""Signed upload links: who holds one may send one recording, until it expires. Pure."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from khosq.errors import LinkRefused

_EXPIRY = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)


def sign_link(secret: bytes, *, method: str, path: str, expires: datetime) -> str:
    """Return the query that makes ``path`` a link good for ``method`` until ``expires``, or up to a second longer."""
    moment = math.ceil(expires.timestamp())
    return urlencode({"exp": moment, "sig": _signature(secret, method, path, str(moment))})


def verify_link(secret: bytes, *, method: str, path: str, query: str, now: datetime) -> datetime:
    """Return when the link expires.

    Raises:
        LinkRefused: any part of it was changed, a part is missing, or its time is over.

    """
    parameters = parse_qsl(query, keep_blank_values=True)
    moment, signature = _only(parameters, "exp"), _only(parameters, "sig")
    if not _EXPIRY.fullmatch(moment):
        raise LinkRefused("This upload link is not complete; create a new one.")
    if not hmac.compare_digest(_signature(secret, method, path, moment).encode(), _bytes(signature)):
        raise LinkRefused("This upload link was changed; create a new one.")
    if now.timestamp() >= int(moment):
        raise LinkRefused("This upload link has expired; create a new one.")
    return datetime.fromtimestamp(int(moment), UTC)


def _signature(secret: bytes, method: str, path: str, moment: str) -> str:
    message = _bytes(f"upload\n{method}\n{path}\n{moment}")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def _only(parameters: Sequence[tuple[str, str]], name: str) -> str:
    values = [value for key, value in parameters if key == name]
    return values[0] if len(values) == 1 else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
