"""Take in a recording, open its job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from khosq.clock import Clock
from khosq.errors import Conflict, LinkRefused, NotFound
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState, Wishes
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.store import JobStore
from khosq.media.recording import StoredRecording

_TAKEN = "A recording was uploaded here already; the first one stands."

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
            created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            upload_deadline=now + self._upload_ttl,
        )
        self._store.add(job, key_id=submission.key_id)
        return job

    def awaiting(self, job_id: str) -> Job:
        """Return the job if it can take an upload now.

        Raises:
            NotFound: there is no such job.
            Conflict: it has its recording already, or has ended.
            LinkRefused: its upload link has expired.

        """
        job = self._store.find(job_id)
        if job is None:
            raise NotFound
        if job.upload_deadline is not None and self._clock() >= job.upload_deadline:
            raise LinkRefused("This upload link has expired; create a new transcription.")
        if job.state is not JobState.AWAITING_MEDIA:
            raise Conflict(_TAKEN)
        return job

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
        return job or self._refuse(job_id)

    def _refuse(self, job_id: str) -> Job:
        """Say why a recording came too late."""
        self.awaiting(job_id)
        raise Conflict(_TAKEN)
