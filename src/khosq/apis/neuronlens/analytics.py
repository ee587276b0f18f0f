"""Aggregates over the calls of a range of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice
from typing import Any

from khosq.apis.neuronlens.mapping import STATE_WORDS, moment
from khosq.errors import Invalid
from khosq.insights.insight import Dimension, Insight, Totals
from khosq.jobs.job import JobState, Tally

USUAL_RANGE = timedelta(days=30)
LONGEST_RANGE = timedelta(days=366)
MOST_PARTS = 1000
"""Agents and intents that are told of: those with the most calls."""

_EARLIEST = datetime.min.replace(tzinfo=UTC) + USUAL_RANGE
_LENGTH_OF_DATE = len("2030-01-01")


def read_range(first: str | None, last: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Return from when on, and until when, calls count.

    Args:
        first: a day or a moment; None: 30 days before the end.
        last: a moment, or a day that is included whole; None: now.
        now: the time.

    Raises:
        Invalid: names the parameter that is wrong.

    """
    until = now if last is None else _read("to", last, whole_day=True)
    since = max(until, _EARLIEST) - USUAL_RANGE if first is None else _read("from", first, whole_day=False)
    if since >= until:
        raise Invalid("from must be before to.", field="from")
    if until - since > LONGEST_RANGE:
        raise Invalid(f"from and to may be at most {LONGEST_RANGE.days} days apart.", field="from")
    return since, until


def from_calls(insight: Insight, tallies: Sequence[Tally], since: datetime, until: datetime) -> dict[str, Any]:
    """Return the aggregates.

    Args:
        insight: what the calls say that have ended.
        tallies: how many of all stand where, by day.
        since: beginning of the range.
        until: end of it.

    """
    days = [{"date": day.isoformat(), **_sums(of_day)} for day, of_day in groupby(tallies, lambda one: one.day)]
    return {
        "from": moment(since),
        "to": moment(until),
        **_sums(tallies),
        **_averages(insight.totals),
        "by_day": days,
        "by_agent": _parts(insight, Dimension.AGENT),
        "by_intent": _parts(insight, Dimension.INTENT),
    }


def _parts(insight: Insight, dimension: Dimension) -> list[dict[str, Any]]:
    return [
        {
            dimension.value: name,
            "total_calls": totals.calls,
            "total_duration_seconds": round(totals.seconds, 2),
            **_averages(totals),
        }
        for name, totals in islice(insight.parts.get(dimension, {}).items(), MOST_PARTS)
    ]


def _averages(totals: Totals) -> dict[str, Any]:
    return {"average_score": _rounded(totals.score), "average_sentiment": _rounded(totals.sentiment)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _sums(tallies: Iterable[Tally]) -> dict[str, Any]:
    counts = dict.fromkeys(dict.fromkeys(STATE_WORDS.values()), 0)
    seconds = 0.0
    for one in tallies:
        counts[STATE_WORDS[one.state]] += one.jobs
        seconds += one.seconds if one.state is JobState.SUCCEEDED else 0.0
    return {
        "total_calls": sum(counts.values()),
        "total_duration_seconds": round(seconds, 2),
        "by_status": counts,
    }


def _read(name: str, text: str, *, whole_day: bool) -> datetime:
    try:
        if len(text) <= _LENGTH_OF_DATE:
            day = date.fromisoformat(text) + timedelta(days=whole_day)
            return datetime.combine(day, time(), UTC)
        given = datetime.fromisoformat(text)
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        fault = f"{name} must be a day or a moment in ISO 8601, such as 2030-01-31 or 2030-01-31T09:00:00Z."
        raise Invalid(fault, field=name) from error
