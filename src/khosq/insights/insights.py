"""Counts calls as they end, and tells what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from khosq.clock import Clock
from khosq.findings.finding import KeptFinding
from khosq.findings.store import FindingStore
from khosq.insights.insight import CallFact, Insight, Totals
from khosq.insights.store import InsightStore, Sums
from khosq.jobs.agent import agent_named
from khosq.jobs.job import FINAL, Job, JobState

_NAME_LENGTH = 100
_SETTLED = timedelta(days=1)
"""A day is summed up when it has been over for so long: few calls of it end later."""


class Insights:
    """What a door may ask about all calls of a tenant."""

    def __init__(self, store: InsightStore, findings: FindingStore, *, clock: Clock) -> None:
        self._store = store
        self._findings = findings
        self._clock = clock

    def note(self, connection: sa.Connection, job: Job) -> None:
        """Count a job that has ended, with what was found in it so far, in the transaction that changes it."""
        if job.state in FINAL:
            self._store.put(connection, _fact(job, self._findings.in_job(connection, job.id)))

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Count a job no more, in the transaction that deletes it."""
        self._store.remove_of_job(connection, job_id)

    def ended_calls(self, tenant_id: str, since: datetime, until: datetime) -> Insight:
        """Return what the ended jobs say that were opened from ``since`` on and before ``until``."""
        by_day, by_part = self._store.sums(tenant_id, since, until)
        whole = sum((sums for of_day in by_day.values() for sums in of_day.values()), Sums())
        return Insight(
            totals=_totals(whole),
            days={day: _each(by_day[day]) for day in sorted(by_day)},
            parts={dimension: _each(parts) for dimension, parts in by_part.items()},
        )

    def fold(self) -> None:
        """Sum up the days that are over."""
        while self._store.fold((self._clock() - _SETTLED).date()):
            pass


def _fact(job: Job, found: Mapping[str, KeptFinding]) -> CallFact:
    is_done = job.state is JobState.SUCCEEDED
    scores = [_number(one, "score") for name, one in found.items() if name.startswith("scorecard:")]
    scored = [score for score in scores if score is not None]
    return CallFact(
        job_id=job.id,
        tenant_id=job.tenant_id,
        begun_at=job.created_at,
        state=job.state,
        api=job.door,
        seconds=(job.duration or 0.0) if is_done else 0.0,
        agent=agent_named(job.metadata),
        intent=_text(found.get("intent"), "intent"),
        sentiment=_number(found.get("sentiment"), "overall"),
        score=sum(scored) / len(scored) if scored else None,
        silence=_number(found.get("measures"), "silence"),
    )


def _value(finding: KeptFinding | None, field: str) -> Any:
    return None if finding is None or finding.value is None else finding.value.get(field)


def _number(finding: KeptFinding | None, field: str) -> float | None:
    value = _value(finding, field)
    return float(value) if isinstance(value, int | float) else None


def _text(finding: KeptFinding | None, field: str) -> str | None:
    value = _value(finding, field)
    return value[:_NAME_LENGTH] if isinstance(value, str) else None


def _each(parts: Mapping[str, Sums]) -> dict[str, Totals]:
    """Return each part's totals, the one with the most calls first."""
    return {name: _totals(parts[name]) for name in sorted(parts, key=lambda name: (-parts[name].calls, name))}


def _totals(sums: Sums) -> Totals:
    return Totals(
        calls=sums.calls,
        seconds=sums.seconds,
        score=sums.score / sums.scored if sums.scored else None,
        scored_calls=sums.scored,
        sentiment=sums.sentiment / sums.moody if sums.moody else None,
        silence_share=sums.silence / sums.measured if sums.measured else None,
    )
