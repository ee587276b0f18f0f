"""Endpoints and deliveries, as our API tells of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from khosq.apis.native.wire.model import Answer, Name, Page, Paged, Request

EventType = Literal["job.succeeded", "job.failed", "job.cancelled", "job.analysed", "endpoint.paused", "*"]
DeliveryState = Literal["pending", "delivered", "failed", "skipped"]
LONGEST_OVERLAP = 7 * 86_400


class CreateEndpoint(Request):
    """Asks to be told of events."""

    url: str = Field(max_length=2000)
    """Called with `POST`; `https`, at a public address."""
    events: list[EventType] = Field(default=["*"], min_length=1, max_length=20)
    """Of which; `*` is every one."""
    description: str = Field(default="", max_length=500)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    """Sent along with every call."""
    secret: str | None = Field(default=None, max_length=200)
    """`whsec_` and 24 to 64 bytes in base64; default: a new one is made."""


class ChangeEndpoint(Request):
    """What to change; what is absent stays."""

    url: str = Field(default="", min_length=1, max_length=2000)
    events: list[EventType] = Field(default=["*"], min_length=1, max_length=20)
    description: str = Field(default="", max_length=500)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)


class RotateSecret(Request):
    """Asks for a new secret."""

    overlap_seconds: int = Field(default=86_400, ge=0, le=LONGEST_OVERLAP)
    """For so long the old secret signs too."""
    secret: str | None = Field(default=None, max_length=200)
    """As at creation."""


class Endpoint(Answer):
    """A receiver of events."""

    id: str
    url: str
    events: list[str]
    description: str
    headers: dict[str, str]
    paused_at: AwareDatetime | None = None
    pause_reason: str | None = None
    """`asked`; `gone`: it answered 410; `failing`: nothing was accepted for days."""
    failing_since: AwareDatetime | None = None
    """When a delivery first failed for good after which none was accepted."""
    previous_secret_until: AwareDatetime | None = None
    """Until then the secret before signs too."""
    created_at: AwareDatetime


class Endpoints(Answer):
    """Every endpoint, oldest first."""

    data: list[Endpoint]


class EndpointWithSecret(Endpoint):
    """A receiver of events, and the secret, which is shown this once."""

    secret: str
    """Verifies what is received (https://www.standardwebhooks.com)."""


class Attempt(Answer):
    """One try at a delivery."""

    number: int
    at: AwareDatetime
    duration: float
    """Seconds."""
    status: int | None = None
    """The receiver's HTTP status; null where none came."""
    error: str | None = None
    """Why no answer came."""
    answer: str | None = None
    """How the receiver's answer began."""


class Delivery(Answer):
    """One event on its way to one endpoint."""

    id: str
    message_id: str
    """`webhook-id`: the same on every try and every replay."""
    endpoint_id: str
    api: str
    """The API whose event it is."""
    url: str
    event: str
    job_id: str | None = None
    state: DeliveryState
    """`skipped`: its endpoint was paused or removed."""
    happened_at: AwareDatetime
    created_at: AwareDatetime
    """Later than the event where it is a replay."""
    ended_at: AwareDatetime | None = None


class DeliveryPage(Page[Delivery]):
    """Deliveries, newest first."""


class DeliveryWithAttempts(Delivery):
    """A delivery and every try at it."""

    attempts: list[Attempt]


class DeliveriesQuery(Paged):
    """Which deliveries."""

    endpoint_id: Name | None = None
    job_id: Name | None = None
    state: DeliveryState | None = None


class Event(Answer):
    """What an endpoint is sent (Standard Webhooks)."""

    type: Literal["job.succeeded", "job.failed", "job.cancelled", "job.analysed", "endpoint.paused"]
    timestamp: AwareDatetime
    """When it happened."""
    data: dict[str, Any]
    """`job`: the job as `GET` shows it; or `endpoint`."""
