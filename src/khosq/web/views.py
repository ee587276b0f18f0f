"""Jobs and transcripts as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import simplejson

from khosq.jobs.job import FINAL, Job, JobState, Stage
from khosq.jobs.results import Outcome
from khosq.transcript.conversation import spoken_turns
from khosq.transcript.timespan import Seconds

STATE_LABELS: Mapping[JobState, str] = {
    JobState.AWAITING_MEDIA: "Waiting for its recording",
    JobState.QUEUED: "Queued",
    JobState.RUNNING: "Working",
    JobState.SUCCEEDED: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}

STAGE_LABELS: Mapping[Stage, str] = {
    Stage.FETCH: "Fetching",
    Stage.DECODE: "Decoding",
    Stage.DETECT: "Finding speech",
    Stage.MODEL: "Fetching a model",
    Stage.RECOGNIZE: "Recognising words",
    Stage.DIARIZE: "Telling voices apart",
    Stage.ANALYSE: "Summarising",
}


@dataclass(frozen=True, slots=True)
class JobView:
    """One recording in the list, and the head of its own page."""

    id: str
    created: str
    created_iso: str
    duration: str
    language: str
    api: str
    voices: str
    state: str
    """Of the ``JobState`` names, for styling."""
    label: str
    percent: int | None
    """While it is being worked on."""
    is_final: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the transcript."""

    at: str
    speaker: int | None
    text: str


@dataclass(frozen=True, slots=True)
class RecordingView:
    """One recording with everything that is known of it."""

    job: JobView
    title: str | None
    summary: str | None
    error: str | None
    warnings: tuple[str, ...]
    metadata: str
    lines: tuple[Line, ...]


def view_job(job: Job) -> JobView:
    """Return what a list shows of a job."""
    is_running = job.state is JobState.RUNNING
    return JobView(
        id=job.id,
        created=job.created_at.strftime("%d %b %Y, %H:%M UTC"),
        created_iso=_iso(job.created_at),
        duration="unknown" if job.duration is None else clock_face(job.duration),
        language=job.wishes.language,
        api=job.door,
        voices="one text" if job.wishes.speakers is None else f"{job.wishes.speakers} voices",
        state=job.state.value,
        label=STAGE_LABELS[job.stage] if is_running and job.stage is not None else STATE_LABELS[job.state],
        percent=round(100 * job.progress) if is_running else None,
        is_final=job.state in FINAL,
    )


def view_recording(job: Job, outcome: Outcome | None) -> RecordingView:
    """Return what a recording's own page shows."""
    return RecordingView(
        job=view_job(job),
        title=outcome.title if outcome else None,
        summary=outcome.summary if outcome else None,
        error=job.error,
        warnings=job.warnings,
        metadata=simplejson.dumps(job.metadata, ensure_ascii=False, indent=2) if job.metadata else "",
        lines=_lines(job, outcome) if outcome else (),
    )


def clock_face(seconds: Seconds) -> str:
    """Return ``m:ss``, or ``h:mm:ss`` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _lines(job: Job, outcome: Outcome) -> tuple[Line, ...]:
    if job.wishes.speakers is None:
        said = [utterance for utterance in outcome.transcript.utterances if utterance.words]
        return tuple(Line(clock_face(one.time.start), None, one.text) for one in said)
    turns = spoken_turns(outcome.transcript)
    return tuple(Line(clock_face(turn.time.start), turn.speaker, turn.text) for turn in turns)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
