"""One call as it counts, and many calls together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from khosq.jobs.job import JobState
from khosq.transcript.timespan import Seconds


@dataclass(frozen=True, slots=True)
class CallFact:
    """What counts of one job that has ended."""

    job_id: str
    tenant_id: str
    begun_at: datetime
    """When the job was opened."""
    state: JobState
    api: str
    seconds: Seconds = 0.0
    """Length of the recording, if the job ended well."""
    agent: str | None = None
    intent: str | None = None
    sentiment: float | None = None
    """From -1 to 1."""
    score: float | None = None
    """Of its scorecards, from 0 to 100."""
    silence: Seconds | None = None

    @property
    def day(self) -> date:
        """The day on which it counts, in UTC."""
        return self.begun_at.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums and means over some calls; a mean is None where no call has that figure."""

    calls: int = 0
    seconds: Seconds = 0.0
    score: float | None = None
    scored_calls: int = 0
    sentiment: float | None = None
    silence_share: float | None = None
    """Part of the time in which nobody speaks, of the calls in which it was measured."""


class Dimension(StrEnum):
    """By what calls are told apart."""

    STATE = "state"
    API = "api"
    AGENT = "agent"
    INTENT = "intent"


@dataclass(frozen=True, slots=True)
class Insight:
    """The calls of a range together and told apart; those without an agent or an intent are in no part."""

    totals: Totals
    days: Mapping[date, Mapping[str, Totals]]
    """By day, then by state; days without calls are missing."""
    parts: Mapping[Dimension, Mapping[str, Totals]]
    """Each part by its name, the one with the most calls first."""
