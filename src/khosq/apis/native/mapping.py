"""The core's words and those of our API: the only file that knows both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from khosq.apis.native.wire import account, jobs, recordings, transcripts, webhooks
from khosq.delivery.delivery import Attempt, Delivery
from khosq.delivery.endpoint import Endpoint
from khosq.jobs import job as core
from khosq.jobs.job import Deletion, Job, JobState, Wishes
from khosq.jobs.results import Outcome
from khosq.recordings.recording import Recording
from khosq.tenants.tenant import ApiKey, UsageOfDay
from khosq.transcript.coverage import Coverage
from khosq.transcript.cues import CueOptions
from khosq.transcript.exports import ExportOptions
from khosq.transcript.exports.json import plain_utterance

Link = Callable[[Job], str]
"""Signs the upload link of a job."""

_FIRST_PACE = 0.02
"""Part of the work after which its pace can be told."""


def to_wishes(asked: jobs.JobOptions, *, default_language: str) -> Wishes:
    """Return what the caller wants."""
    return Wishes(
        language=asked.language or default_language,
        speakers=asked.speakers,
        multichannel=asked.multichannel,
        punctuation=asked.punctuation,
        features=tuple(dict.fromkeys(asked.features)),
        scorecard_id=asked.scorecard_id,
        agent_channel=asked.agent_channel,
        keep=core.Keep(asked.keep),
        languages=tuple(dict.fromkeys(asked.languages)),
        hotwords=tuple(asked.hotwords),
    )


def from_job(job: Job, *, now: datetime, link: Link | None = None) -> jobs.Job:
    """Return a job as its tenant sees it.

    Args:
        job: the job.
        now: the moment for which its end is foretold.
        link: signs its upload link; None where it must not be told.

    """
    wishes, recording = job.wishes, job.recording
    is_here = recording is not None and recording.erased_at is None
    return jobs.Job(
        id=job.id,
        api=job.door,
        state=job.state.value,
        stage=_stage(job),
        percent=_percent(job),
        eta_seconds=eta(job, now),
        language=wishes.language,
        languages=list(wishes.languages),
        hotwords=list(wishes.hotwords),
        speakers=wishes.speakers,
        multichannel=wishes.multichannel,
        punctuation=wishes.punctuation,
        features=list(wishes.features),
        scorecard_id=wishes.scorecard_id,
        agent_channel=wishes.agent_channel,
        keep=wishes.keep.value,
        priority=job.priority,
        filename=job.filename or None,
        source_url=job.source_url,
        recording_id=recording.id if recording is not None and is_here else None,
        duration=job.duration,
        error=_error(job),
        warnings=list(job.warnings),
        upload=upload_link(job, link),
        metadata=job.metadata,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


def upload_link(job: Job, link: Link | None) -> recordings.UploadLink | None:
    """Return where a job's recording goes, while it waits for one."""
    if link is None or job.state is not JobState.AWAITING_MEDIA or job.upload_deadline is None:
        return None
    return recordings.UploadLink(url=link(job), expires_at=job.upload_deadline)


def to_event(job: Job, *, now: datetime) -> jobs.JobEvent:
    """Return how far a job has come."""
    return jobs.JobEvent(
        job_id=job.id,
        state=job.state.value,
        stage=_stage(job),
        percent=_percent(job),
        eta_seconds=eta(job, now),
        duration=job.duration,
        error=_error(job),
    )


def eta(job: Job, now: datetime) -> float | None:
    """Return in how many seconds a job ends if it keeps its pace; None while it has none."""
    if job.state is not JobState.RUNNING or job.started_at is None or job.progress < _FIRST_PACE:
        return None
    taken = max(0.0, (now - job.started_at).total_seconds())
    return round(taken * (1 - job.progress) / job.progress, 1)


def _stage(job: Job) -> jobs.StageName | None:
    return job.stage.value if job.state is JobState.RUNNING and job.stage is not None else None


def _percent(job: Job) -> float:
    return round(100 * job.progress, 1)


def _error(job: Job) -> jobs.JobError | None:
    if job.state is not JobState.FAILED:
        return None
    return jobs.JobError(code=job.error_code or "failed", message=job.error or "The job failed.")


def from_deletion(deletion: Deletion) -> jobs.Deletion:
    """Return the proof that a job was deleted."""
    return jobs.Deletion(
        job_id=deletion.job_id,
        api=deletion.door,
        recording_sha256=deletion.sha256,
        created_at=deletion.created_at,
        deleted_at=deletion.deleted_at,
        deleted_by=deletion.deleted_by,
    )


def from_recording(recording: Recording) -> recordings.Recording:
    """Return a recording as its tenant sees it."""
    return recordings.Recording(
        id=recording.id,
        filename=recording.filename or None,
        media_type=recording.media_type,
        size_bytes=recording.size_bytes,
        sha256=recording.sha256,
        kind=cast("Any", recording.kind),
        duration=recording.duration,
        belongs_to_job=recording.is_of_job,
        created_at=recording.created_at,
    )


def from_outcome(job: Job, outcome: Outcome) -> transcripts.Transcript:
    """Return what a job made, its utterances as an exported JSON file has them."""
    transcript = outcome.transcript
    return transcripts.Transcript(
        job_id=job.id,
        language=transcript.language,
        languages=[transcripts.LanguageShare(language=tag, share=share) for tag, share in transcript.languages],
        duration=transcript.duration,
        text=transcript.text,
        utterances=[transcripts.Utterance.model_validate(plain_utterance(said)) for said in transcript.utterances],
        warnings=list(transcript.warnings),
        coverage=None if transcript.coverage is None else _coverage(transcript.coverage),
        hotwords=[transcripts.Hotword(term=one.term, hits=one.hits) for one in transcript.hotwords],
        title=outcome.title,
        summary=outcome.summary,
    )


def _coverage(coverage: Coverage) -> transcripts.Coverage:
    return transcripts.Coverage(
        speech_seconds=coverage.speech,
        worded_seconds=coverage.worded,
        share=coverage.share,
        channels=[
            transcripts.ChannelCoverage(channel=one.channel, speech_seconds=one.speech, worded_seconds=one.worded)
            for one in coverage.channels
        ],
        holes=[transcripts.Hole(channel=one.channel, start=one.time.start, end=one.time.end) for one in coverage.holes],
        dropped=[
            transcripts.Dropped(
                channel=one.channel,
                start=one.time.start,
                end=one.time.end,
                words=one.words,
                reason=cast("Any", one.reason),
            )
            for one in coverage.dropped
        ],
    )


def to_export_options(asked: transcripts.ExportQuery, job: Job, outcome: Outcome) -> ExportOptions:
    """Return how an exported file is to look."""
    return ExportOptions(
        cues=CueOptions(
            max_line_length=asked.max_line_length,
            max_line_words=asked.max_line_words,
            max_lines=asked.max_lines,
            max_words=asked.max_words,
            max_duration=asked.max_duration,
            min_duration=asked.min_duration,
            min_gap=asked.min_gap,
            max_pause=asked.max_pause,
        ),
        title=outcome.title or job.filename or None,
        with_timestamps=asked.timestamps,
        with_speakers=asked.speakers,
        created=job.created_at.date(),
    )


def from_endpoint(endpoint: Endpoint) -> webhooks.Endpoint:
    """Return an endpoint without its secret."""
    return webhooks.Endpoint(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        headers=dict(endpoint.headers),
        paused_at=endpoint.paused_at,
        pause_reason=endpoint.pause_reason,
        failing_since=endpoint.failing_since,
        previous_secret_until=endpoint.previous_until,
        created_at=endpoint.created_at,
    )


def with_secret(endpoint: Endpoint) -> webhooks.EndpointWithSecret:
    """Return an endpoint with its secret, for the one time that it is shown."""
    return webhooks.EndpointWithSecret(**from_endpoint(endpoint).model_dump(), secret=endpoint.secret)


def from_delivery(delivery: Delivery) -> webhooks.Delivery:
    """Return a delivery without its tries."""
    return webhooks.Delivery(
        id=delivery.id,
        message_id=delivery.message_id,
        endpoint_id=delivery.endpoint.id,
        api=delivery.endpoint.door,
        url=delivery.endpoint.url,
        event=delivery.event,
        job_id=delivery.job_id,
        state=cast("Any", delivery.state),
        happened_at=delivery.happened_at,
        created_at=delivery.created_at,
        ended_at=delivery.ended_at,
    )


def with_attempts(delivery: Delivery, attempts: Sequence[Attempt]) -> webhooks.DeliveryWithAttempts:
    """Return a delivery and every try at it."""
    tries = [
        webhooks.Attempt(
            number=one.number,
            at=one.at,
            duration=round(one.duration, 3),
            status=one.status,
            error=one.error,
            answer=one.excerpt,
        )
        for one in attempts
    ]
    return webhooks.DeliveryWithAttempts(**from_delivery(delivery).model_dump(), attempts=tries)


def from_key(key: ApiKey) -> account.ApiKey:
    """Return a key without its secret."""
    return account.ApiKey(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scope=key.scope,
        api=key.door,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def from_usage(days: Sequence[UsageOfDay], *, seconds_left: float | None) -> account.Usage:
    """Return what was transcribed, and in all."""
    return account.Usage(
        data=[
            account.UsageOfDay(day=one.day, api=one.door, jobs=one.jobs, seconds=round(one.seconds, 3)) for one in days
        ],
        jobs=sum(one.jobs for one in days),
        seconds=round(sum(one.seconds for one in days), 3),
        seconds_left=None if seconds_left is None else round(seconds_left, 3),
    )
