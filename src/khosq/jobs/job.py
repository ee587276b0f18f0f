"""What a job is, and every move it may make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from khosq.errors import KhosqError, UploadExpired
from khosq.recordings.recording import Recording
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

    FETCH = "fetch"
    DECODE = "decode"
    DETECT = "detect"
    MODEL = "model"
    """A model is fetched; most jobs find theirs here."""
    RECOGNIZE = "recognize"
    DIARIZE = "diarize"
    ANALYSE = "analyse"


def is_overdue(job: Job, now: datetime) -> bool:
    """Tell whether a job's recording did not come in time."""
    deadline = job.receiving_until or job.upload_deadline
    return job.state is JobState.AWAITING_MEDIA and deadline is not None and now >= deadline


def given_up(job: Job) -> Job:
    """Return an overdue job as it is from its deadline on; the row follows when a worker next looks."""
    error, at = UploadExpired(), job.receiving_until or job.upload_deadline
    return replace(job, state=JobState.FAILED, error_code=error.code, error=error.message, ended_at=at)


def ended(at: datetime, error: KhosqError | None = None) -> dict[str, Any]:
    """Return what changes, besides its state, in a job that ends: well, or with ``error``."""
    changes: dict[str, Any] = {"stage": None, "ended_at": at}
    if error is not None:
        changes |= {"error_code": error.code, "error": error.message}
    return changes


class Keep(StrEnum):
    """What becomes of a job's own recording when the job has ended."""

    ORIGINAL = "original"
    SMALL = "small"
    """Encoded anew for listening, if the job ends well; else nothing."""
    NOTHING = "nothing"


AUTO = "auto"
"""In place of a language: it is to be found out."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller wants made of the recording."""

    language: str
    """BCP 47 tag, or ``AUTO``."""
    speakers: int | None = None
    """How many voices to tell apart; None: they are not told apart."""
    multichannel: bool = False
    """Write each channel down on its own."""
    punctuation: bool = True
    features: tuple[str, ...] = ()
    """Analyses beside the transcript; those that are not known here yet are remembered."""
    scorecard_id: str | None = None
    agent_channel: int | None = None
    """Where the agent speaks; None: on the first channel, or whoever talks first."""
    keep: Keep = Keep.ORIGINAL
    languages: tuple[str, ...] = ()
    """Which may be spoken, where that is to be found out; empty: any that can be written down here."""
    hotwords: tuple[str, ...] = ()
    """Words and names to expect, beside those of the tenant."""


Mark = tuple[JobState, Stage | None, float, Seconds | None]
"""How far a job has come: state, stage, progress, duration. It differs whenever there is something new to see."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording on its way to a transcript."""

    id: str
    """Public: shaped by the API that made it, and known to every API."""
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
    filename: str = ""
    """As the caller named the recording."""
    source_url: str | None = None
    """Where the recording is fetched from."""
    priority: int = 0
    """0 is served first."""
    stage: Stage | None = None
    progress: float = 0.0
    """Part of the work done, from 0 to 1."""
    upload_deadline: datetime | None = None
    """An upload must have begun by then."""
    receiving_until: datetime | None = None
    """An upload has begun, and must have ended by then; one that broke may begin anew."""
    recording: Recording | None = None
    duration: Seconds | None = None
    """Known once decoded."""
    error_code: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def mark(self) -> Mark:
        """How far it has come."""
        return (self.state, self.stage, self.progress, self.duration)


@dataclass(frozen=True, slots=True)
class Deletion:
    """The proof that a job was deleted."""

    job_id: str
    door: str
    sha256: str | None
    """Of its recording, in hex; None where it had none."""
    created_at: datetime
    deleted_at: datetime
    deleted_by: str | None
    """Id of the API key; None: the operator."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of a tenant's jobs are looked for."""

    tenant_id: str
    door: str | None = None
    states: Sequence[JobState] = ()
    """Any of these; empty: all."""
    begun_from: datetime | None = None
    begun_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many jobs, opened on one day, stand in one state."""

    day: date
    """In UTC."""
    state: JobState
    jobs: int
    seconds: Seconds
    """Of those whose length is known."""
