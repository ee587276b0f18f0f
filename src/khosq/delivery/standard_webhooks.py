"""Signatures as https://www.standardwebhooks.com has them: pure functions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from khosq.delivery.dialect import Policy
from khosq.errors import Invalid

PREFIX = "whsec_"
_MADE_BYTES, _FEWEST_BYTES, _MOST_BYTES = 32, 24, 64

_MINUTE, _HOUR = 60, 3600
_WAITS = (0, 5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)

POLICY = Policy(
    offsets=tuple(accumulate(_WAITS)),
    deadline=15.0,
    jitter=0.1,
    heeds_retry_after=True,
    pauses_when_gone=True,
    pauses_after=timedelta(days=5),
)
"""What the specification recommends."""


def new_secret() -> str:
    """Return a fresh secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_MADE_BYTES)).decode("ascii")


def check_secret(secret: str) -> None:
    """Accept a secret that the specification's libraries can use.

    Raises:
        Invalid: it is not ``whsec_`` and 24 to 64 bytes in base64.

    """
    try:
        length = len(_key(secret))
    except ValueError:
        length = 0
    if not secret.startswith(PREFIX) or not _FEWEST_BYTES <= length <= _MOST_BYTES:
        raise Invalid(f"A secret is {PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} bytes in base64.", field="secret")


def sign(signing: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that prove a message.

    Args:
        signing: the secrets, more than one while they are being changed.
        message_id: the same on every try.
        at: when this try is made; receivers refuse what is minutes old.
        body: as it is sent.

    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(_key(secret), signed, hashlib.sha256) for secret in signing)
    signatures = (f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
