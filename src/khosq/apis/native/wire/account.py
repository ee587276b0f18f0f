"""Keys and usage, as our API tells of them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from khosq.apis.native.wire.jobs import Terms
from khosq.apis.native.wire.model import Answer, Day, Moment, Name, Query, Request

ScopeName = Literal["read", "write", "admin"]


class CreateKey(Request):
    """Asks for an API key."""

    name: str = Field(default="", max_length=100)
    scope: ScopeName = "write"
    """`read` looks; `write` also makes and removes; `admin` also makes and revokes keys."""
    api: Name | None = None
    """The one API that it opens; default: every one."""
    expires_at: Moment | None = None


class ApiKey(Answer):
    """An API key as it may be shown after its making."""

    id: str
    name: str
    prefix: str
    """How the secret begins."""
    scope: ScopeName
    api: str | None = None
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    last_used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class ApiKeyWithSecret(ApiKey):
    """An API key and its secret, which is shown this once."""

    secret: str


class ApiKeys(Answer):
    """Every key of the account, oldest first."""

    data: list[ApiKey]


class Hotwords(Request):
    """Words and names to expect in all recordings of the account."""

    terms: Terms


class AccountHotwords(Answer):
    """Words and names that are expected in all recordings of the account."""

    terms: list[str]


class UsageOfDay(Answer):
    """What was transcribed through one API on one day."""

    day: date
    """In UTC; the day on which a job ended."""
    api: str
    jobs: int
    seconds: float


class Usage(Answer):
    """What was transcribed."""

    data: list[UsageOfDay]
    """By day and API; days without any are absent."""
    jobs: int
    seconds: float
    seconds_left: float | None = None
    """Seconds that may still be transcribed; null: without limit."""


class UsageQuery(Query):
    """Of which days."""

    first: Day | None = Field(default=None, alias="from")
    """First day; default: 30 days before the last."""
    last: Day | None = Field(default=None, alias="to")
    """Last day; default: today."""
