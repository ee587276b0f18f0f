"""Where a tenant wants to be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from khosq.outbound.client import Method

EVERY_EVENT = "*"

GONE, FAILING, ASKED = "gone", "failing", "asked"
"""Why an endpoint is paused: it answered 410; nothing was accepted for long; its tenant asked for it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver of webhooks, and how it knows that it is us."""

    id: str
    tenant_id: str
    door: str
    """Name of the API that words what it is told."""
    url: str
    secret: str
    created_at: datetime
    method: Method = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    """The tenant's own, sent along; they never replace the API's."""
    events: tuple[str, ...] = (EVERY_EVENT,)
    """By the API's names."""
    job_id: str | None = None
    """Set: it hears of this job alone, and goes with it."""
    subject_id: str | None = None
    """Set: it hears only of this one thing of its job, such as a document."""
    description: str = ""
    previous_secret: str | None = None
    previous_until: datetime | None = None
    """Until then letters are signed with the previous secret too."""
    paused_at: datetime | None = None
    pause_reason: str | None = None
    failing_since: datetime | None = None
    """When the first delivery failed for good after which none was accepted."""

    @property
    def lane(self) -> str:
        """Whose share of the senders it takes: its tenant's for one host, however many endpoints stand there."""
        host = re.split("[/?#]", self.url.partition("://")[2], maxsplit=1)[0]
        return f"{self.tenant_id}@{host.lower()}"

    def hears(self, event: str, subject: Mapping[str, object]) -> bool:
        """Tell whether it is to be told of ``event``, which happened to ``subject``."""
        is_listed = event in self.events or EVERY_EVENT in self.events
        return is_listed and self.subject_id in (None, subject.get("id"))

    def secrets_at(self, moment: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at ``moment``, the newest first."""
        if self.previous_secret and self.previous_until and moment < self.previous_until:
            return (self.secret, self.previous_secret)
        return (self.secret,)
