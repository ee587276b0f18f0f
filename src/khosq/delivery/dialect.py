"""The contract of a dialect: how one API words, times and proves its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from khosq.jobs.job import Job, JobEvent
from khosq.jobs.results import Outcome


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a tenant wants to be told, and how it knows that it is us."""

    id: str
    tenant_id: str
    door: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One webhook, ready to be posted."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one API tells of a job's events."""

    events: Mapping[JobEvent, str]
    """Core event → the API's name of it; an absent event is not told."""
    offsets: tuple[float, ...]
    """When each try is made, in seconds from the first."""
    deadline: float
    """Seconds that one try may take in all."""

    def letter(self, event: str, *, job: Job, outcome: Outcome, endpoint: Endpoint, link: str) -> Letter:
        """Word the webhook ``event``; the same arguments give the same bytes.

        Args:
            event: the API's name of what happened.
            job: the job it happened to.
            outcome: what the job made.
            endpoint: whom it is for.
            link: address of the recording's page on the dashboard.

        """
        ...
