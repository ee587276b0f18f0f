"""Take in a recording, open its job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from khosq.clock import Clock
from khosq.errors import Conflict, LinkRefused, NotFound, UploadExpired
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState, Wishes, is_overdue
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.store import InTransaction, JobStore, Once
from khosq.media.recording import StoredRecording
from khosq.recordings.recording import Recording

_LONGEST_UPLOAD = timedelta(hours=1)
"""An upload that has not ended after so long counts as broken off."""
REMEMBERED = timedelta(hours=24)
"""For so long a request with the same idempotency key is the same request."""

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
    job_id: str | None = None
    """Of the shape that the API gives its ids; None: of ours."""
    filename: str = ""
    source_url: str | None = None
    """Where the recording is to be fetched from."""
    recording: Recording | None = None
    """One that is here already. With neither, the job waits for an upload."""
    priority: int = 0
    """0 is served first."""
    upload_ttl: timedelta | None = None
    """For how long it waits for its upload to begin; None: the server's usual time."""
    also: tuple[InTransaction, ...] = ()
    """What must be true the moment the job is."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's word that a request sent again is the same request."""

    key: str
    request: bytes
    """What was asked for, as it came."""


class Submissions:
    """Opens jobs and hands them to the queue."""

    def __init__(self, store: JobStore, queue: Queue, *, upload_ttl: timedelta, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._upload_ttl = upload_ttl
        self._clock = clock

    def open(self, submission: Submission, *, once: IdempotencyKey | None = None) -> Job:
        """Open one job; see ``open_all``."""
        return self.open_all([submission], once=once)[0]

    def open_all(self, submissions: Sequence[Submission], *, once: IdempotencyKey | None = None) -> list[Job]:
        """Open jobs of one caller at one API, all or none; those that wait for no upload are queued at once.

        Args:
            submissions: what is asked for.
            once: a request that came before with this key gets the jobs of that time, as they are now.

        Raises:
            Conflict: the same idempotency key came with another request, or what it made is deleted.

        """
        now = self._clock()
        opened = [self._job(submission, now) for submission in submissions]
        also = {
            job.id: [*submission.also, *([] if job.state is JobState.AWAITING_MEDIA else [self._enqueue])]
            for job, submission in zip(opened, submissions, strict=True)
        }
        first = submissions[0]
        standing = self._store.add(
            opened, key_id=first.key_id, also=also, once=as_once(once, first.tenant_id, first.door, now)
        )
        if standing == [job.id for job in opened]:
            return opened
        found = self._store.find_all(standing)
        if len(found) < len(standing):
            raise Conflict("What was made with this idempotency key has been deleted.")
        return found

    def begin_upload(self, job_id: str, *, until: datetime | None = None) -> datetime:
        """Let an upload begin; one that begins in time may go on after the link has expired. Return until when it may.

        Args:
            job_id: which job.
            until: when the upload must have ended.

        Raises:
            NotFound: there is no such job.
            Conflict: it has its recording already, or has ended.
            LinkRefused: its upload link has expired.

        """
        self.awaiting(job_id)
        until = until or self._clock() + _LONGEST_UPLOAD
        self._store.set_upload_times(job_id, receiving_until=until)
        return until

    def break_off_upload(self, job_id: str, *, begun: datetime | None = None) -> None:
        """Let a job whose upload broke wait for another, as long as its link is good; it shows that one had begun.

        Args:
            job_id: which job.
            begun: what ``begin_upload`` returned; nothing changes if another upload has begun since.

        """
        job = self._store.find(job_id)
        if job is not None:
            self._store.set_upload_times(job_id, begun=begun, receiving_until=job.upload_deadline)

    def await_upload_until(self, job_id: str, deadline: datetime) -> None:
        """Let a job wait longer for its upload to begin, or to begin anew."""
        job = self._store.find(job_id)
        times = {"upload_deadline": deadline}
        if job is not None and job.receiving_until is not None:
            times["receiving_until"] = max(job.receiving_until, deadline)
        self._store.set_upload_times(job_id, **times)

    def attach(self, job_id: str, stored: StoredRecording, *, filename: str = "") -> Job:
        """Give a job its recording and queue it, in one transaction.

        Raises:
            Conflict: another upload came first, or the job has ended.

        """
        now = self._clock()
        job = self._store.find(job_id)
        if job is None:
            raise NotFound
        recording = own_recording(job, stored, now, filename=filename)
        return self._store.attach(job_id, recording, now, also=[self._enqueue]) or self.awaiting(job_id)

    def fetch_from(self, job_id: str, source_url: str, *, filename: str = "") -> Job:
        """Tell a job that waits for its recording where to fetch it, and queue the job; raise as ``attach`` does."""
        changes = {"source_url": source_url, "filename": filename, "receiving_until": None}
        event = JobEvent.MEDIA_RECEIVED
        moved = self._store.move(job_id, event, self._clock(), changes=changes, also=[self._enqueue])
        return moved or self.awaiting(job_id)

    def awaiting(self, job_id: str) -> Job:
        """Return a job that waits for its recording; raise as ``begin_upload`` does."""
        job = self._store.find(job_id)
        if job is None:
            raise NotFound
        if job.error_code == UploadExpired.code or is_overdue(job, self._clock()):
            raise LinkRefused("This upload link has expired; create a new transcription.")
        if job.recording is not None:
            raise Conflict("A recording was uploaded here already; the first one stands.")
        if job.state is not JobState.AWAITING_MEDIA:
            raise Conflict(f"This job takes no recording any more: it is {job.state}.")
        return job

    def _job(self, submission: Submission, now: datetime) -> Job:
        waits = submission.source_url is None and submission.recording is None
        return Job(
            id=submission.job_id or new_id(),
            tenant_id=submission.tenant_id,
            door=submission.door,
            state=JobState.AWAITING_MEDIA if waits else JobState.QUEUED,
            wishes=submission.wishes,
            metadata=submission.metadata,
            base_url=submission.base_url,
            created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            filename=submission.filename,
            source_url=submission.source_url,
            recording=submission.recording,
            priority=submission.priority,
            upload_deadline=now + (submission.upload_ttl or self._upload_ttl) if waits else None,
        )

    def _enqueue(self, connection: sa.Connection, job: Job) -> None:
        self._queue.enqueue(
            connection, PROCESS, job.id, job.id, queue=JOBS, partition=job.tenant_id, priority=job.priority
        )


def own_recording(job: Job, stored: StoredRecording, at: datetime, *, filename: str = "") -> Recording:
    """Return the recording that came with a job."""
    return Recording(
        id=new_id(),
        tenant_id=job.tenant_id,
        key=stored.key,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        filename=filename or job.filename,
        created_at=at,
        is_of_job=True,
    )


def as_once(given: IdempotencyKey | None, tenant_id: str, door: str, now: datetime) -> Once | None:
    """Return a tenant's idempotency key as the database keeps it."""
    if given is None:
        return None
    key, request = given.key.encode("utf-8", "surrogatepass"), given.request
    digest, request_digest = (hashlib.sha256(part).hexdigest() for part in (key, request))
    return Once(tenant_id, door, digest, request_digest, valid_since=now - REMEMBERED)
