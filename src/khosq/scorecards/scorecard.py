"""A scorecard as it is kept: one public name, and revisions of what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from khosq.analysis.scorecards.definition import Scorecard


class RevisionState(StrEnum):
    """How far a revision has come."""

    DRAFT = "draft"
    """Is being written; it scores nothing yet and may still be changed."""
    PUBLISHED = "published"
    """Scores new calls. Of each scorecard one revision at most."""
    ARCHIVED = "archived"
    """Scored calls once."""


@dataclass(frozen=True, slots=True)
class KeptScorecard:
    """What does not change from revision to revision."""

    id: str
    """20 letters and digits."""
    tenant_id: str
    name: str
    """As the newest revision has it."""
    created_at: datetime
    archived_at: datetime | None = None
    """From then on it scores nothing."""
    newest: int = 1
    """Number of the newest revision."""
    published: int | None = None
    """Number of the published revision."""


@dataclass(frozen=True, slots=True)
class ScorecardRevision:
    """One wording of a scorecard; what was published never changes."""

    scorecard_id: str
    number: int
    """From 1."""
    state: RevisionState
    definition: Scorecard
    created_at: datetime
    created_by: str | None = None
    """Id of the key that wrote it; None: it came from the command line."""
    published_at: datetime | None = None
    used_at: datetime | None = None
    """When it was first asked for."""
