"""One customer of this server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from khosq.errors import Invalid
from khosq.transcript.timespan import Seconds

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")
"""Each includes those before it."""

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer: keys, recordings and quota belong to it, and nothing crosses over to another."""

    id: str
    name: str
    seconds_left: Seconds | None
    """Seconds of audio it may still have transcribed; None is without limit."""
    created_at: datetime
    hotwords: tuple[str, ...] = ()
    """Words and names to expect in all its recordings."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown after its making."""

    id: str
    tenant_id: str
    prefix: str
    """How the secret begins, to tell keys apart."""
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    name: str = ""
    """What its owner calls it."""
    door: str | None = None
    """The one API it opens; None: every one."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """What a tenant had transcribed through one API on one day."""

    day: date
    """In UTC."""
    door: str
    jobs: int
    seconds: Seconds


def checked_name(name: str) -> str:
    """Return a tenant's name as it is kept."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A tenant's name has 1 to {LONGEST_NAME} printable characters.", field="tenant")
    return name
