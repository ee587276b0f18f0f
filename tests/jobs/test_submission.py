from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.stores import RECORDING, Office, at_once

from khosq.errors import Conflict, LinkRefused, NotFound, Refused, UploadExpired
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobEvent, JobState
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.submission import PROCESS, Submissions


class BrokenQueue(Queue):
    """A queue whose database refuses the entry, after it was written."""

    def enqueue(self, connection: sa.Connection | None, *args: object, **options: object) -> None:
        super().enqueue(connection, *args, **options)  # type: ignore[arg-type]
        raise ConnectionError("the database went away")


def entries(office: Office, job: Job) -> list[tuple[str, str, str]]:
    """Return what the queue holds of a job: its workflow, its queue, whose share it takes."""
    table = "workflow_status" if office.database.is_sqlite else "dbos.workflow_status"
    columns = "name, queue_name, queue_partition_key"
    statement = sa.text(f"SELECT {columns} FROM {table} WHERE workflow_uuid = :id")  # noqa: S608 - ours
    with office.database.read() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(statement, {"id": job.id})]


def test_a_job_waits_for_its_recording_until_its_link_expires(office: Office) -> None:
    job = office.job(metadata={"call": 7})
    assert office.found(job) == job
    assert job.state is JobState.AWAITING_MEDIA
    assert job.upload_deadline == office.clock() + timedelta(hours=1)
    assert entries(office, job) == []


def test_a_recording_queues_its_job_in_its_tenants_share(office: Office) -> None:
    job = office.queued()
    assert job.state is JobState.QUEUED
    assert (job.recording_key, job.media_type) == (RECORDING.key, RECORDING.media_type)
    assert entries(office, job) == [(PROCESS, JOBS, job.tenant_id)]


def test_a_job_whose_queue_entry_fails_still_waits_for_its_recording(office: Office) -> None:
    job = office.job()
    broken = Submissions(
        office.jobs, BrokenQueue(office.database.engine), upload_ttl=timedelta(hours=1), clock=office.clock
    )
    with pytest.raises(ConnectionError):
        broken.attach(job.id, RECORDING)
    assert office.found(job) == job
    assert entries(office, job) == []
    assert office.submissions.attach(job.id, RECORDING).state is JobState.QUEUED


def test_of_uploads_at_once_exactly_one_wins(office: Office) -> None:
    job = office.job()
    ends = at_once([lambda: office.submissions.attach(job.id, RECORDING)] * 5)
    assert [type(end) for end in ends].count(Job) == 1
    assert [type(end) for end in ends].count(Conflict) == 4
    assert len(entries(office, job)) == 1


def test_a_second_upload_is_told_that_the_first_one_stands(office: Office) -> None:
    with pytest.raises(Conflict, match="the first one stands"):
        office.submissions.attach(office.queued().id, RECORDING)


@pytest.mark.parametrize("event", [JobEvent.CANCELLED, JobEvent.EXPIRED])
def test_an_ended_job_takes_no_recording(office: Office, event: JobEvent) -> None:
    job = office.job()
    office.move(job, event)
    with pytest.raises(Refused):
        office.submissions.begin_upload(job.id)
    with pytest.raises(Refused):
        office.submissions.attach(job.id, RECORDING)
    assert entries(office, job) == []


def test_a_link_is_good_until_its_deadline_and_not_a_moment_longer(office: Office) -> None:
    job = office.job()
    office.clock.turn(3599.999)
    office.submissions.begin_upload(job.id)
    office.submissions.break_off_upload(job.id)
    office.clock.turn(0.001)
    with pytest.raises(LinkRefused, match="expired"):
        office.submissions.begin_upload(job.id)


def test_an_upload_that_began_in_time_may_end_after_the_deadline(office: Office) -> None:
    job = office.job()
    office.clock.turn(3599)
    office.submissions.begin_upload(job.id)
    office.clock.turn(600)
    assert office.lookup.job(job.tenant_id, job.id).state is JobState.AWAITING_MEDIA
    assert job.id not in {late.id for late in office.jobs.move_overdue(office.clock(), UploadExpired())}
    assert office.submissions.attach(job.id, RECORDING).state is JobState.QUEUED


def test_an_unknown_job_takes_no_recording(office: Office) -> None:
    with pytest.raises(NotFound):
        office.submissions.attach(new_id(), RECORDING)
