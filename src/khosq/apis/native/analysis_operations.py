"""What the API's description says of findings, runs, aggregates and preferences."""

from __future__ import annotations

from typing import Any

from khosq.apis.native.description import IF_NONE_MATCH, ONCE, in_path, in_query, operation, ref
from khosq.apis.native.wire import analyses as wire
from khosq.apis.native.wire import analytics

_FIGURES: dict[str, Any] = {
    "calls": 3,
    "seconds": 94.2,
    "score": 82.5,
    "scored_calls": 2,
    "sentiment": 0.21,
    "silence_share": 0.08,
}
_ANALYTICS: dict[str, Any] = {
    "from": "2030-01-01",
    "to": "2030-01-31",
    "totals": _FIGURES,
    "by_day": [{"day": "2030-01-01", **_FIGURES, "by_state": {"succeeded": 3}}],
    "by_state": [{"name": "succeeded", **_FIGURES}],
    "by_api": [{"name": "native", **_FIGURES}],
    "by_agent": [{"name": "Anahit Sargsyan", **_FIGURES}],
    "by_intent": [{"name": "refund_request", **_FIGURES}],
}
_PREFERENCES: dict[str, Any] = {
    "intents": [{"name": "upgrade", "phrases": ["more storage", "a bigger plan"], "language": "en"}],
    "redact": ["card", "phone", "ticket"],
    "redaction_rules": [{"name": "ticket", "pattern": "T-[0-9]{6}"}],
    "agent_channel": 1,
}
_RUN: dict[str, Any] = {"features": ["summary"], "from": "2030-01-01T00:00:00Z", "to": "2030-02-01T00:00:00Z"}
_NAMED: dict[str, Any] = {"scorecard_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx", "job_ids": ["job_h4RkT0yVqLz2NwCe8SbJ"]}


def _shown(summary: str, value: Any) -> dict[str, Any]:
    return {"one": {"summary": summary, "value": value}}


LIST_FINDINGS = operation(
    "list_findings", "Read what was found in a job", "analyses",
    description="Measures, summary, sentiment and the rest, as asked for when the job was made, or by a run later.",
    answer=wire.Findings, meaning="All of it, by name.", others={304: "The caller has it."}, refusals=(404, 409),
    parameters=[*in_path(job_id="The job's id, of whichever API made it."), IF_NONE_MATCH],
)  # fmt: skip
CREATE_ANALYSIS = operation(
    "create_analysis", "Look for something in old calls", "analyses",
    description=f"Nothing is heard anew. Either up to {wire.MOST_NAMED} jobs that have their transcript, by id, or all "
    "that succeeded, of a range and an API if these are given.",
    status=202, answer=wire.Analysis, meaning="Accepted; `Location` is where to look.", refusals=(404, 409),
    parameters=[ONCE],
    body={"application/json": {"schema": ref(wire.CreateAnalysis), "examples": {
        "range": {"summary": "Summaries of a month", "value": _RUN},
        "named": {"summary": "Score one call", "value": _NAMED},
    }}},
)  # fmt: skip
LIST_ANALYSES = operation(
    "list_analyses", "List runs over old calls", "analyses", answer=wire.AnalysisPage,
    meaning="One page, newest first.", parameters=in_query(wire.AnalysesQuery),
)  # fmt: skip
GET_ANALYSIS = operation(
    "get_analysis", "Look at a run over old calls", "analyses", answer=wire.Analysis, meaning="The run as it is.",
    refusals=(404,), parameters=in_path(analysis_id="The run's id."),
)  # fmt: skip
GET_ANALYTICS = operation(
    "get_analytics", "See what all calls say together", "analytics",
    description="Of every API, by the day on which a job was made.",
    answer=analytics.Analytics, shown=_shown("January", _ANALYTICS), meaning="The aggregates.",
    parameters=in_query(analytics.AnalyticsQuery),
)  # fmt: skip
GET_PREFERENCES = operation(
    "get_preferences", "See what is chosen for analyses", "account", answer=wire.Preferences,
    shown=_shown("An intent and a rule", _PREFERENCES), meaning="What the account chose.",
)  # fmt: skip
SET_PREFERENCES = operation(
    "set_preferences", "Choose for analyses", "account",
    description="For all calls from now on; it replaces what was chosen before. Needs a key with the scope `admin`.",
    answer=wire.Preferences, shown=_shown("An intent and a rule", _PREFERENCES), meaning="As it is kept.",
    body={"application/json": {
        "schema": ref(wire.WritePreferences), "examples": _shown("An intent and a rule", _PREFERENCES)
    }},
)  # fmt: skip
