"""What all calls say together."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from khosq.apis.native.wire.model import Answer, Day, Query

MOST_PARTS = 1000
"""Agents, intents, … that are told of: those with the most calls."""


class Figures(Answer):
    """Sums and means over some calls; a mean is null where no call has that figure."""

    calls: int
    seconds: float
    """Of the recordings whose jobs succeeded."""
    score: float | None = None
    """Mean of the calls' scores, 0 to 100."""
    scored_calls: int
    sentiment: float | None = None
    """Mean, from -1 to 1."""
    silence_share: float | None = None
    """Part of the time in which nobody speaks, from 0 to 1, in calls that were measured."""


class PartOfCalls(Figures):
    """The calls that have something in common."""

    name: str


class CallsOfDay(Figures):
    """The calls whose jobs were made on one day."""

    day: date
    """In UTC."""
    by_state: dict[str, int]
    """How many jobs stand where; states without any are absent."""


class Analytics(Answer):
    """What the calls of a range say together."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    """Included."""
    totals: Figures
    by_day: list[CallsOfDay]
    """Days without calls are absent."""
    by_state: list[PartOfCalls]
    by_api: list[PartOfCalls]
    """Of the calls that have ended, like the two that follow; at most 1,000 each, those with the most calls first."""
    by_agent: list[PartOfCalls]
    """Who is named in a job's metadata, as `agent`, `agent_id` or `agent_name`."""
    by_intent: list[PartOfCalls]


class AnalyticsQuery(Query):
    """Of which days."""

    first: Day | None = Field(default=None, alias="from")
    """First day, in UTC; default: 30 days before the last."""
    last: Day | None = Field(default=None, alias="to")
    """Last day; default: today."""
