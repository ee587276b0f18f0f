"""The agent of a call, as whoever made the job names him."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AGENT_FIELDS = ("agent", "agent_id", "agent_name")
"""Where a job's metadata may name the agent; the first that is there counts."""
_NAME_LENGTH = 100


def agent_named(metadata: Mapping[str, Any]) -> str | None:
    """Return the agent's name or number; None where the metadata has none."""
    named = next((metadata[field] for field in AGENT_FIELDS if metadata.get(field) is not None), None)
    if isinstance(named, bool) or not isinstance(named, str | int):
        return None
    return str(named).strip()[:_NAME_LENGTH] or None
