"""What one analysis found in one job, or why it found nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SCORECARD = "scorecard:"
"""What the names of scorecards' findings begin with."""
REDACTION = "redaction"
"""The name of the finding that tells what is hidden in a transcript."""
EMBEDDED = "embedded"
"""What makes findings without asking anybody."""


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is kept: made again, it takes the place of the one before."""

    name: str
    """The feature's; of a scorecard ``scorecard:ID``."""
    value: Mapping[str, Any] | None
    """The finding's stored form; None where the analysis failed."""
    made_at: datetime
    made_by: str = EMBEDDED
    """``EMBEDDED``, or the name of the language model that answered."""
    note: str | None = None
    """Why the embedded path answered though a language model was to."""
    error: str | None = None
    """Why the analysis failed, in a sentence."""
