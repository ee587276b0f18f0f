"""What is known of a recording once its bytes are here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from khosq.transcript.timespan import Seconds


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that belongs to a tenant."""

    id: str
    tenant_id: str
    key: str
    """Where its bytes lie in the object store."""
    media_type: str
    size_bytes: int
    sha256: str
    """In hex, of the bytes as they came."""
    filename: str
    """As the caller named it; empty where it has no name."""
    created_at: datetime
    is_of_job: bool
    """It came with a job and goes with it; else it was put here for itself."""
    kind: str | None = None
    """``audio`` or ``video``, known once decoded."""
    duration: Seconds | None = None
    erased_at: datetime | None = None
