"""What a caller shows to prove who it is."""

from __future__ import annotations

from starlette.requests import Request


def bearer(request: Request) -> str | None:
    """Return the key that a request carries in its ``Authorization`` header."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None
