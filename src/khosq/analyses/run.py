"""One request to analyse old calls again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MOST_JOBS = 10_000
"""In one run."""
PART = 50
"""Jobs that one workflow takes, one after another; the parts of a run are shared by all workers."""


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """A request, and how far it has come."""

    id: str
    tenant_id: str
    findings: tuple[str, ...]
    """Names of what is to be found: features, and ``scorecard:ID``."""
    created_at: datetime
    jobs: int
    done: int = 0
    failed: int = 0
    """Of those that are done, jobs in which some analysis failed; its finding says why."""
    ended_at: datetime | None = None
