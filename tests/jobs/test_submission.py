from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stores import BASE_URL, DOOR, RECORDING, Office, at_once

from khosq.errors import Conflict, LinkRefused, NotFound, Refused, UploadExpired
from khosq.identifiers import new_id
from khosq.jobs.job import Chosen, Job, JobEvent, JobState, Wishes
from khosq.jobs.queue import JOBS, Queue
from khosq.jobs.submission import PROCESS, IdempotencyKey, Submission, Submissions
from khosq.tenants.tenant import Tenant


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
    assert job.recording is not None
    assert (job.recording.key, job.recording.media_type) == (RECORDING.key, RECORDING.media_type)
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


def test_a_broken_upload_shows_that_it_had_begun_and_may_be_waited_for_longer(office: Office) -> None:
    job = office.job()
    office.submissions.begin_upload(job.id)
    office.submissions.break_off_upload(job.id)
    assert office.found(job).receiving_until == job.upload_deadline
    later = office.clock() + timedelta(days=1)
    office.submissions.await_upload_until(job.id, later)
    office.clock.turn(23 * 3600)
    office.submissions.begin_upload(job.id)
    assert office.submissions.attach(job.id, RECORDING).state is JobState.QUEUED


def test_an_upload_that_breaks_does_not_end_the_time_of_another_that_began_after_it(office: Office) -> None:
    job = office.job()
    office.clock.turn(3500)
    broken = office.submissions.begin_upload(job.id)
    office.clock.turn(90)
    office.submissions.begin_upload(job.id)
    office.clock.turn(90)  # its link has expired meanwhile
    office.submissions.break_off_upload(job.id, begun=broken)
    assert job.id not in {late.id for late in office.jobs.move_overdue(office.clock(), UploadExpired())}
    assert office.submissions.attach(job.id, RECORDING).state is JobState.QUEUED


def test_a_job_that_waits_may_be_told_where_to_fetch(office: Office) -> None:
    job = office.job()
    told = office.submissions.fetch_from(job.id, "https://media.example/a.mp3", filename="a.mp3")
    assert (told.state, told.source_url, told.filename) == (JobState.QUEUED, "https://media.example/a.mp3", "a.mp3")
    assert len(entries(office, job)) == 1
    with pytest.raises(Conflict):
        office.submissions.fetch_from(job.id, "https://media.example/b.mp3")


def test_an_unknown_job_takes_no_recording(office: Office) -> None:
    with pytest.raises(NotFound):
        office.submissions.attach(new_id(), RECORDING)


def asking(tenant: Tenant, **more: Any) -> Submission:
    return Submission(tenant.id, "key", DOOR, Wishes("hy-AM", features=("summary",)), {"a": 1}, BASE_URL, **more)


def test_a_job_whose_recording_is_elsewhere_is_queued_at_once(office: Office) -> None:
    asked = asking(office.tenant(), job_id="trx_0123456789", source_url="https://media.example/a.mp3", priority=3)
    job = office.submissions.open(asked)
    assert (job.id, job.state, job.upload_deadline) == ("trx_0123456789", JobState.QUEUED, None)
    assert office.found(job) == job
    assert entries(office, job) == [(PROCESS, JOBS, job.tenant_id)]


def test_several_jobs_may_be_made_of_one_recording(office: Office) -> None:
    tenant = office.tenant()
    recording = office.recordings.keep(tenant.id, RECORDING, filename="call.mp3")
    made = office.submissions.open_all([asking(tenant, recording=recording) for _ in range(3)])
    assert [job.state for job in made] == [JobState.QUEUED] * 3
    assert {office.found(job).recording for job in made} == {recording}
    with pytest.raises(Conflict):
        office.recordings.remove(tenant.id, recording.id)
    for job in made:
        office.lookup.cancel(tenant.id, job.id)
    office.recordings.remove(tenant.id, recording.id)
    assert office.recordings.recordings(tenant.id, limit=9) == []


def test_a_request_sent_again_is_the_same_request_for_a_day(office: Office) -> None:
    tenant = office.tenant()
    once = IdempotencyKey("6f3c", b"{}")
    first = office.submissions.open(asking(tenant), once=once)
    office.clock.turn(3600)
    assert office.submissions.open(asking(tenant), once=once).id == first.id
    with pytest.raises(Conflict):
        office.submissions.open(asking(tenant), once=IdempotencyKey("6f3c", b"{ }"))
    assert office.submissions.open(asking(office.tenant()), once=once).id != first.id
    office.clock.turn(23 * 3600 + 1)
    assert office.submissions.open(asking(tenant), once=once).id != first.id
    assert office.lookup.count(Chosen(tenant.id)) == 2


def test_a_request_sent_again_after_its_job_was_deleted_makes_none(office: Office) -> None:
    tenant = office.tenant()
    once = IdempotencyKey("6f3c", b"{}")
    office.lookup.delete(tenant.id, office.submissions.open(asking(tenant), once=once).id)
    with pytest.raises(Conflict, match="deleted"):
        office.submissions.open(asking(tenant), once=once)


def test_of_the_same_request_sent_at_once_one_makes_the_job(office: Office) -> None:
    tenant = office.tenant()
    once = IdempotencyKey("same", b"{}")
    made = at_once([lambda: office.submissions.open(asking(tenant), once=once).id] * 6)
    assert len(set(made)) == 1
    assert office.lookup.count(Chosen(tenant.id)) == 1


def test_of_several_jobs_all_are_made_or_none(office: Office) -> None:
    tenant = office.tenant()

    def refuse(*_: object) -> None:
        raise Conflict

    with pytest.raises(Conflict):
        office.submissions.open_all([asking(tenant), asking(tenant, also=(refuse,))])
    assert office.lookup.count(Chosen(tenant.id)) == 0


def test_an_upload_that_is_going_on_has_a_time_of_its_own(office: Office) -> None:
    job = office.submissions.open(asking(office.tenant(), upload_ttl=timedelta(hours=24)))
    assert job.upload_deadline == office.clock() + timedelta(hours=24)
    office.submissions.begin_upload(job.id, until=office.clock() + timedelta(hours=30))
    office.clock.turn(29 * 3600)
    assert office.lookup.job(job.tenant_id, job.id).state is JobState.AWAITING_MEDIA
    office.clock.turn(3600)
    assert office.lookup.job(job.tenant_id, job.id).error_code == UploadExpired.code
