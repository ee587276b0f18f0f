"""An event on its way to an endpoint, and the tries made at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from khosq.delivery.endpoint import Endpoint
from khosq.transcript.timespan import Seconds

PENDING, DELIVERED, FAILED, SKIPPED = "pending", "delivered", "failed", "skipped"
"""Where a delivery stands; skipped: its endpoint was paused or removed, and nothing more is sent."""

STATES = (PENDING, DELIVERED, FAILED, SKIPPED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    message_id: str
    """What the receiver sees: the same on every try, and on every delivery that repeats this one."""
    endpoint: Endpoint
    """As it is now."""
    event: str
    """By the API's name."""
    happened_at: datetime
    created_at: datetime
    """Later than the event where it is a replay."""
    job_id: str | None
    subject: Mapping[str, Any]
    state: str = PENDING
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery."""

    number: int
    at: datetime
    duration: Seconds
    status: int | None = None
    """The receiver's HTTP status; None where none came."""
    error: str | None = None
    """Why no answer came."""
    excerpt: str | None = None
    """How the answer began."""
    retry_after: Seconds | None = None
    """What the receiver asked to be waited."""

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver answered 2xx."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES
