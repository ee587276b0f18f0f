"""What a job is, and every move it may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from khosq.errors import KhosqError, UploadExpired
from khosq.transcript.timespan import Seconds


class JobState(StrEnum):
    """Where a job stands."""

    AWAITING_MEDIA = "awaiting_media"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobEvent(StrEnum):
    """What may happen to a job; also the name of its row in the job's history."""

    CREATED = "created"
    MEDIA_RECEIVED = "media_received"
    EXPIRED = "expired"
    """Nothing was uploaded in time."""
    STARTED = "started"
    COMPLETED = "completed"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[JobState, Mapping[JobEvent, JobState]] = {
    JobState.AWAITING_MEDIA: {
        JobEvent.MEDIA_RECEIVED: JobState.QUEUED,
        JobEvent.EXPIRED: JobState.FAILED,
        JobEvent.CANCELLED: JobState.CANCELLED,
    },
    JobState.QUEUED: {
        JobEvent.STARTED: JobState.RUNNING,
        JobEvent.GIVEN_UP: JobState.FAILED,
        JobEvent.CANCELLED: JobState.CANCELLED,
    },
    JobState.RUNNING: {
        JobEvent.STARTED: JobState.RUNNING,  # its worker died; another goes on
        JobEvent.COMPLETED: JobState.SUCCEEDED,
        JobEvent.GIVEN_UP: JobState.FAILED,
        JobEvent.CANCELLED: JobState.CANCELLED,
    },
    JobState.SUCCEEDED: {},
    JobState.FAILED: {},
    JobState.CANCELLED: {},
}
"""state → event → new state; an absent event is refused."""

FINAL = frozenset(state for state, moves in TRANSITIONS.items() if not moves)
"""States that never change again."""


def sources(event: JobEvent) -> list[JobState]:
    """Return the states in which ``event`` may happen."""
    return [state for state, moves in TRANSITIONS.items() if event in moves]


def target(event: JobEvent) -> JobState:
    """Return the state that ``event`` leads to; each leads to one."""
    (state,) = {moves[event] for moves in TRANSITIONS.values() if event in moves}
    return state


class Stage(StrEnum):
    """A step of the pipeline, in the order of the road."""

    DECODE = "decode"
    DETECT = "detect"
    RECOGNIZE = "recognize"
    DIARIZE = "diarize"
    ANALYSE = "analyse"


def is_overdue(job: Job, now: datetime) -> bool:
    """Tell whether a job's recording did not come in time."""
    return job.state is JobState.AWAITING_MEDIA and job.upload_deadline is not None and now >= job.upload_deadline


def given_up(job: Job) -> Job:
    """Return an overdue job as it is from its deadline on; the row follows when a worker next looks."""
    error = UploadExpired()
    return replace(job, state=JobState.FAILED, error_code=error.code, error=error.message, ended_at=job.upload_deadline)


def ended(at: datetime, error: KhosqError | None = None) -> dict[str, Any]:
    """Return what changes, besides its state, in a job that ends: well, or with ``error``."""
    changes: dict[str, Any] = {"stage": None, "ended_at": at}
    if error is not None:
        changes |= {"error_code": error.code, "error": error.message}
    return changes


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller wants made of the recording."""

    language: str
    """BCP 47 tag."""
    speakers: int | None = None
    """How many voices to tell apart; None: they are not told apart."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording on its way to a transcript."""

    id: str
    tenant_id: str
    door: str
    """Name of the API that made it."""
    state: JobState
    wishes: Wishes
    metadata: dict[str, Any]
    """The caller's own, kept verbatim."""
    base_url: str
    """What links to it begin with."""
    created_at: datetime
    stage: Stage | None = None
    progress: float = 0.0
    """Part of the work done, from 0 to 1."""
    upload_deadline: datetime | None = None
    recording_key: str | None = None
    """Where the recording's bytes lie in the object store."""
    media_type: str | None = None
    duration: Seconds | None = None
    """Known once decoded."""
    error_code: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    ended_at: datetime | None = None
