"""Take in a recording, open its job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from khosq.clock import Clock
from khosq.errors import Conflict, LinkRefused, NotFound, UploadExpired
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState, Wishes, is_overdue
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.store import JobStore
from khosq.media.recording import StoredRecording

_LONGEST_UPLOAD = timedelta(hours=1)
"""An upload that has not ended after so long counts as broken off."""

PROCESS = "process"
"""Name of the workflow that takes a recording down the road."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A caller's request."""

    tenant_id: str
    key_id: str
    door: str
    wishes: Wishes
    metadata: dict[str, Any]
    base_url: str
    """What links to the job begin with."""


class Submissions:
    """Opens jobs and hands them to the queue."""

    def __init__(self, store: JobStore, queue: Queue, *, upload_ttl: timedelta, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._upload_ttl = upload_ttl
        self._clock = clock

    def open_upload(self, submission: Submission) -> Job:
        """Open a job that waits for its recording."""
        now = self._clock()
        job = Job(
            id=new_id(),
            tenant_id=submission.tenant_id,
            door=submission.door,
            state=JobState.AWAITING_MEDIA,
            wishes=submission.wishes,
            metadata=submission.metadata,
            base_url=submission.base_url,
            created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            upload_deadline=now + self._upload_ttl,
        )
        self._store.add(job, key_id=submission.key_id)
        return job

    def begin_upload(self, job_id: str) -> None:
        """Let an upload begin; one that begins in time may go on after the link has expired.

        Raises:
            NotFound: there is no such job.
            Conflict: it has its recording already, or has ended.
            LinkRefused: its upload link has expired.

        """
        self._awaiting(job_id)
        self._store.set_upload_deadline(job_id, self._clock() + _LONGEST_UPLOAD)

    def break_off_upload(self, job_id: str) -> None:
        """Let a job whose upload broke wait for another, as long as its link is good."""
        job = self._store.find(job_id)
        if job is not None:
            self._store.set_upload_deadline(job_id, job.created_at + self._upload_ttl)

    def attach(self, job_id: str, recording: StoredRecording) -> Job:
        """Give a job its recording and queue it, in one transaction.

        Raises:
            Conflict: another upload came first, or the job has ended.

        """
        job = self._store.move(
            job_id,
            JobEvent.MEDIA_RECEIVED,
            self._clock(),
            changes={
                "recording_key": recording.key,
                "media_type": recording.media_type,
                "size_bytes": recording.size_bytes,
                "sha256": recording.sha256,
            },
            also=[
                lambda connection, job: self._queue.enqueue(
                    connection, PROCESS, job.id, job.id, queue=JOBS, tenant_id=job.tenant_id
                )
            ],
        )
        return job or self._awaiting(job_id)

    def _awaiting(self, job_id: str) -> Job:
        job = self._store.find(job_id)
        if job is None:
            raise NotFound
        if job.error_code == UploadExpired.code or is_overdue(job, self._clock()):
            raise LinkRefused("This upload link has expired; create a new transcription.")
        if job.recording_key is not None:
            raise Conflict("A recording was uploaded here already; the first one stands.")
        if job.state is not JobState.AWAITING_MEDIA:
            raise Conflict(f"This job takes no recording any more: it is {job.state}.")
        return job
