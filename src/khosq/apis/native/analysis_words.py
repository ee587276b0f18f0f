"""Findings, runs, preferences and aggregates in the core's words and in those of our API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

from khosq.analyses.run import AnalysisRun
from khosq.apis.native.wire import analyses as wire
from khosq.apis.native.wire import analytics
from khosq.findings.finding import SCORECARD, KeptFinding
from khosq.insights.insight import Dimension, Insight, Totals
from khosq.jobs.job import JobState, Tally
from khosq.tenants.preferences import OwnIntent, OwnRedaction, TenantPreferences

_PLACES = 4


def from_finding(found: KeptFinding) -> wire.Finding:
    """Return what was found, or why nothing was."""
    return wire.Finding(
        name=found.name,
        value=None if found.value is None else dict(found.value),
        made_by=found.made_by,
        made_at=found.made_at,
        note=found.note,
        error=found.error,
    )


def to_findings(features: Sequence[str], scorecard_id: str | None) -> list[str]:
    """Return the names of what is to be found."""
    return [*features, *([] if scorecard_id is None else [f"{SCORECARD}{scorecard_id}"])]


def from_run(run: AnalysisRun) -> wire.Analysis:
    """Return a run over old calls."""
    cards = [name.removeprefix(SCORECARD) for name in run.findings if name.startswith(SCORECARD)]
    return wire.Analysis(
        id=run.id,
        features=[name for name in run.findings if not name.startswith(SCORECARD)],
        scorecard_id=next(iter(cards), None),
        jobs=run.jobs,
        done=run.done,
        failed=run.failed,
        created_at=run.created_at,
        ended_at=run.ended_at,
    )


def to_preferences(asked: wire.WritePreferences) -> TenantPreferences:
    """Return what a tenant chooses."""
    return TenantPreferences(
        tuple(OwnIntent(one.name, tuple(one.phrases), one.language) for one in asked.intents),
        tuple(dict.fromkeys(asked.redact)),
        tuple(OwnRedaction(one.name, one.pattern) for one in asked.redaction_rules),
        asked.agent_channel,
    )


def from_preferences(kept: TenantPreferences) -> wire.Preferences:
    """Return what a tenant chose."""
    return wire.Preferences(
        intents=[
            wire.OwnIntent(name=one.name, phrases=list(one.phrases), language=one.language) for one in kept.intents
        ],
        redact=list(kept.redact),
        redaction_rules=[wire.OwnRedactionRule(name=one.name, pattern=one.pattern) for one in kept.redaction_rules],
        agent_channel=kept.agent_channel,
    )


def from_calls(insight: Insight, tallies: Sequence[Tally], first: date, last: date) -> analytics.Analytics:
    """Return what calls say together.

    Args:
        insight: what those say that have ended.
        tallies: how many of all stand where, by day.
        first: day of the range.
        last: day of it, included.

    """
    parts = {dimension: _parts(insight.parts.get(dimension, {})) for dimension in Dimension}
    ended = {one.name for one in parts[Dimension.STATE]}
    in_flight = _by_state([one for one in tallies if one.state not in ended])
    going_on = [_part(state, Totals(calls)) for state, calls in in_flight.items()]
    totals = _figures(insight.totals)
    return analytics.Analytics.model_validate(
        {
            "from": first,
            "to": last,
            "totals": totals | {"calls": sum(one.jobs for one in tallies)},
            "by_day": [_day(insight, day, list(of_day)) for day, of_day in groupby(tallies, lambda one: one.day)],
            "by_state": [*going_on, *parts[Dimension.STATE]],
            "by_api": parts[Dimension.API],
            "by_agent": parts[Dimension.AGENT],
            "by_intent": parts[Dimension.INTENT],
        }
    )


def _day(insight: Insight, day: date, tallies: Sequence[Tally]) -> analytics.CallsOfDay:
    done = insight.days.get(day, {}).get(JobState.SUCCEEDED, Totals())  # only these have figures
    by_state = _by_state(tallies)
    figures = _figures(done) | {"calls": sum(by_state.values())}
    return analytics.CallsOfDay.model_validate({"day": day, "by_state": by_state, **figures})


def _by_state(tallies: Sequence[Tally]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in tallies:
        counts[one.state.value] = counts.get(one.state.value, 0) + one.jobs
    return counts


def _parts(parts: Mapping[str, Totals]) -> list[analytics.PartOfCalls]:
    return [_part(name, totals) for name, totals in list(parts.items())[: analytics.MOST_PARTS]]


def _part(name: str, totals: Totals) -> analytics.PartOfCalls:
    return analytics.PartOfCalls.model_validate({"name": name, **_figures(totals)})


def _figures(totals: Totals) -> dict[str, float | int | None]:
    return {
        "calls": totals.calls,
        "seconds": round(totals.seconds, 3),
        "score": _rounded(totals.score),
        "scored_calls": totals.scored_calls,
        "sentiment": _rounded(totals.sentiment),
        "silence_share": _rounded(totals.silence_share),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)
