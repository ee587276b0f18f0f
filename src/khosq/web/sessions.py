"""Sessions: a signed note of which key logged in, good for some hours. The key itself never leaves the login form."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=12)

_TOKEN = re.compile(r"([A-Za-z0-9]{1,40})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)


def open_session(secret: bytes, key_id: str, now: datetime) -> str:
    """Return the token of a session that begins now."""
    expires = int((now + LIFETIME).timestamp())
    return f"{key_id}.{expires}.{_sign(secret, 'session', f'{key_id}.{expires}')}"


def read_session(secret: bytes, token: str, now: datetime) -> str | None:
    """Return the id of the key that logged in, or None where the token is changed or too old."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    key_id, expires, signature = parts.groups()
    is_ours = hmac.compare_digest(_sign(secret, "session", f"{key_id}.{expires}"), signature)
    return key_id if is_ours and now.timestamp() < int(expires) else None


def form_token(secret: bytes, session: str) -> str:
    """Return what a form of this session must carry, so that no other site can post it."""
    return _sign(secret, "form", session)


def is_form_token(secret: bytes, session: str, token: str) -> bool:
    """Tell whether a posted form is one of this session's own."""
    return hmac.compare_digest(form_token(secret, session).encode(), token.encode("utf-8", "replace"))


def _sign(secret: bytes, purpose: str, text: str) -> str:
    return hmac.new(secret, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()
