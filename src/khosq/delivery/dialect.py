"""The contract of a dialect: how one API words, times and proves its webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from khosq.delivery.endpoint import Endpoint
from khosq.errors import NotFound
from khosq.jobs.job import Job
from khosq.jobs.results import Outcome


class OtherEvent(StrEnum):
    """What may be told besides a job's own events; their names differ."""

    DOCUMENT_CREATED = "document_created"
    DOCUMENT_UPDATED = "document_updated"
    DOCUMENT_DELETED = "document_deleted"
    SCORED = "scored"
    """A scorecard was answered about a job, or could not be: the subject's ``scorecard_id``."""
    ANALYSED = "analysed"
    """An old job was analysed again; the subject's ``findings`` names what was found."""
    ENDPOINT_PAUSED = "endpoint_paused"
    """Told to the other endpoints of the tenant; it is about no job."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How an API tries to deliver."""

    offsets: tuple[float, ...]
    """When each try is made, in seconds from the first."""
    deadline: float
    """Seconds that one try may take in all."""
    jitter: float = 0.0
    """Part by which a wait may be longer, at random, so that receivers which fell together are not called together."""
    heeds_retry_after: bool = False
    """Whether a receiver may ask for a longer wait."""
    pauses_when_gone: bool = False
    """Whether the answer 410 pauses the endpoint at once."""
    pauses_after: timedelta | None = None
    """An endpoint at which deliveries have failed for so long, and none was accepted, is paused."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told, to whom."""

    id: str
    """The same on every try and replay."""
    event: str
    """By the API's name."""
    happened_at: datetime
    sent_at: datetime
    """When this try is made: it may be in headers, never in the body, which is the same on every try."""
    endpoint: Endpoint
    job: Job | None
    """None: it is about no job."""
    read_outcome: Callable[[Job], Outcome]
    """Reads what a succeeded job made."""
    subject: Mapping[str, Any] = field(default_factory=dict)
    """What it happened to, besides the job: ``id`` of a document, …"""
    link: str = ""
    """Address of the recording's page on the dashboard; empty without a job."""

    @property
    def about(self) -> Job:
        """The job that it is about, in events that are about one."""
        if self.job is None:
            raise NotFound
        return self.job


@dataclass(frozen=True, slots=True)
class Letter:
    """One webhook, ready to be sent."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one API tells of events."""

    events: Mapping[str, str]
    """Event (``JobEvent``, ``OtherEvent``) → the API's name of it; an absent event is not told."""
    policy: Policy
    hears_all_jobs: bool
    """Whether its endpoints hear of every job of the tenant; otherwise only of those made at its own door."""

    def letter(self, message: Message) -> Letter:
        """Word a webhook; the same event gives the same body."""
        ...
