from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stores import BASE_URL, DOOR, RECORDING, Office, at_once

from khosq.errors import QuotaExceeded, UploadExpired
from khosq.identifiers import new_id
from khosq.jobs.job import FINAL, TRANSITIONS, Chosen, Job, JobEvent, JobState, Keep, Stage, Wishes
from khosq.jobs.store import NodeStore
from khosq.jobs.submission import Submission
from khosq.storage.database import Database
from khosq.tenants.store import UsageStore
from khosq.tenants.tenant import UsageOfDay

HAPPENINGS = [event for event in JobEvent if event is not JobEvent.CREATED]


@given(events=st.lists(st.sampled_from(HAPPENINGS), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_job_moves_as_the_table_says_and_every_move_is_in_its_history(office: Office, events: list[JobEvent]) -> None:
    job = office.job()
    state, happened = JobState.AWAITING_MEDIA, [JobEvent.CREATED]
    for event in events:
        moved = office.jobs.move(job.id, event, office.clock())
        expected = TRANSITIONS[state].get(event)
        assert (moved and moved.state) == expected
        if expected is not None:
            state = expected
            happened.append(event)
        assert office.found(job).state is state
    assert [name for name, _ in office.jobs.history(job.id)] == happened


@pytest.mark.parametrize("end", [JobEvent.COMPLETED, JobEvent.GIVEN_UP, JobEvent.CANCELLED])
def test_the_first_end_of_a_job_stands(office: Office, end: JobEvent) -> None:
    ended = office.move(office.running(), end, ended_at=office.clock())
    for event in HAPPENINGS:
        assert office.jobs.move(ended.id, event, office.clock(), changes={"error": "later"}) is None
    assert office.found(ended) == ended
    assert ended.state in FINAL


def test_of_many_ends_at_once_exactly_one_happens(office: Office) -> None:
    job = office.running()
    ends = [JobEvent.COMPLETED, JobEvent.GIVEN_UP, JobEvent.CANCELLED] * 2
    moved = at_once([partial(office.jobs.move, job.id, event, office.clock()) for event in ends])
    (winner,) = [one for one in moved if isinstance(one, Job)]
    assert office.found(job) == winner
    assert len(office.jobs.history(job.id)) == 4


def test_a_move_whose_companion_fails_did_not_happen(office: Office) -> None:
    job = office.running(office.tenant(seconds=100))
    office.jobs.reserve(job.id, 40)

    def break_down(_connection: sa.Connection, _job: Job) -> None:
        raise RuntimeError("the outbox is full")

    with pytest.raises(RuntimeError, match="the outbox is full"):
        office.jobs.move(job.id, JobEvent.GIVEN_UP, office.clock(), also=[break_down])
    assert office.found(job).state is JobState.RUNNING
    assert len(office.jobs.history(job.id)) == 3
    assert office.accounts.seconds_left(job.tenant_id) == 60


def test_moments_come_back_as_they_were_in_utc(office: Office) -> None:
    office.clock.turn(0.123456)
    job = office.job()
    assert office.found(job).created_at == job.created_at
    assert office.found(job).upload_deadline == office.clock() + timedelta(hours=1)


def test_progress_is_shown_while_a_job_runs_and_never_steps_back(office: Office) -> None:
    job = office.running()
    office.jobs.note_progress(job.id, Stage.RECOGNIZE, 0.5)
    office.jobs.note_progress(job.id, Stage.RECOGNIZE, 0.3)
    assert (office.found(job).stage, office.found(job).progress) == (Stage.RECOGNIZE, 0.5)
    office.move(job, JobEvent.CANCELLED)
    office.jobs.note_progress(job.id, Stage.ANALYSE, 0.9)
    assert office.found(job).progress == 0.5


def test_jobs_are_counted_by_state(office: Office) -> None:
    before = office.jobs.count_by_state()
    office.running()
    assert office.jobs.count_by_state()["running"] == before.get("running", 0) + 1


def test_an_error_is_kept_whatever_characters_others_put_into_it(office: Office) -> None:
    failed = office.move(office.running(), JobEvent.GIVEN_UP, error="cannot read \x00\ud800 Խոս.mp3")
    assert office.found(failed).error == "cannot read \ufffd\ufffd Խոս.mp3"


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"in": [inner]}
    return inner


VERBATIM: list[dict[str, Any]] = [
    {},
    {"": None, " a ": [True, False, [], {}]},
    nested(60),
    {"float": 0.1, "small": 5e-324, "large": 1.7976931348623157e308, "minus": -0.0},
    {"integer": int("9" * 60), "negative": -int("1" + "0" * 59)},
    {"nul": "a\x00b", "\x00": "key", "lone": "\ud800", "\udfff": "key", "emoji": "👩‍👩‍👧 \U0010ffff", "hy": "Խոսնակ"},
    {"quotes": "\"'\\%s %% :name ? $1", "controls": "".join(map(chr, range(32)))},
]


@pytest.mark.parametrize("metadata", VERBATIM)
def test_metadata_comes_back_verbatim(office: Office, metadata: dict[str, Any]) -> None:
    found = office.found(office.job(metadata=metadata)).metadata
    written = simplejson.dumps(found, use_decimal=True)  # numbers come back with the digits they were sent with
    assert json.dumps(json.loads(written)) == json.dumps(metadata)


def test_a_megabyte_of_metadata_is_kept(office: Office) -> None:
    metadata = {"long": "\ud83d" * 200_000}
    assert office.found(office.job(metadata=metadata)).metadata == metadata


def test_uploads_that_did_not_come_are_given_up_at_their_deadline(office: Office) -> None:
    late, queued = office.job(), office.queued()
    office.clock.turn(3599)
    in_time = office.job()
    assert late.id not in {job.id for job in office.jobs.move_overdue(office.clock(), UploadExpired())}
    office.clock.turn(1)
    given_up = {job.id: job for job in office.jobs.move_overdue(office.clock(), UploadExpired())}
    assert given_up[late.id].state is JobState.FAILED
    assert given_up[late.id].ended_at == office.clock()
    assert not {queued.id, in_time.id} & set(given_up)
    assert office.jobs.move_overdue(office.clock(), UploadExpired()) == []


def test_seconds_are_taken_once_however_often_a_stage_runs(office: Office) -> None:
    job = office.running(office.tenant(seconds=100))
    for _ in range(3):
        office.jobs.reserve(job.id, 30.25)
    assert office.accounts.seconds_left(job.tenant_id) == 69.75
    assert office.found(job).duration == 30.25


def test_the_last_second_can_be_used_and_not_one_more(office: Office) -> None:
    tenant = office.tenant(seconds=30.25)
    first, second = office.running(tenant), office.running(tenant)
    office.jobs.reserve(first.id, 30.25)
    assert office.accounts.seconds_left(tenant.id) == 0
    with pytest.raises(QuotaExceeded, match="nothing was charged"):
        office.jobs.reserve(second.id, 0.01)
    assert office.found(second).duration is None


def test_a_refused_reservation_takes_nothing_and_can_be_made_again(office: Office) -> None:
    tenant = office.tenant(seconds=10)
    job = office.running(tenant)
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            office.jobs.reserve(job.id, 10.01)
    assert office.accounts.seconds_left(tenant.id) == 10
    office.move(job, JobEvent.GIVEN_UP)
    assert office.accounts.seconds_left(tenant.id) == 10


def test_many_jobs_at_once_never_take_more_than_there_is(office: Office) -> None:
    tenant = office.tenant(seconds=35)
    jobs = [office.running(tenant) for _ in range(8)]
    taken = at_once([partial(office.jobs.reserve, job.id, 10) for job in jobs])
    refused = [one for one in taken if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [QuotaExceeded] * 5
    assert office.accounts.seconds_left(tenant.id) == 5


def test_one_job_taken_up_by_two_workers_is_charged_once(office: Office) -> None:
    job = office.running(office.tenant(seconds=100))
    assert at_once([lambda: office.jobs.reserve(job.id, 10)] * 6) == [None] * 6
    assert office.accounts.seconds_left(job.tenant_id) == 90


@pytest.mark.parametrize("end", [JobEvent.GIVEN_UP, JobEvent.CANCELLED])
def test_a_job_that_ends_badly_gives_its_seconds_back_once(office: Office, end: JobEvent) -> None:
    job = office.running(office.tenant(seconds=100))
    office.jobs.reserve(job.id, 40)
    at_once([lambda: office.jobs.move(job.id, end, office.clock())] * 4)
    assert office.accounts.seconds_left(job.tenant_id) == 100
    office.jobs.reserve(job.id, 40)
    assert office.accounts.seconds_left(job.tenant_id) == 100


def test_a_job_that_ends_well_keeps_what_it_took(office: Office) -> None:
    job = office.running(office.tenant(seconds=100))
    office.jobs.reserve(job.id, 40)
    office.move(job, JobEvent.COMPLETED)
    assert office.jobs.move(job.id, JobEvent.CANCELLED, office.clock()) is None
    assert office.accounts.seconds_left(job.tenant_id) == 60


def test_a_cancel_in_the_midst_of_a_reservation_leaves_nothing_charged(office: Office) -> None:
    tenant = office.tenant(seconds=100)
    for _ in range(4):
        job = office.running(tenant)
        calls: list[Callable[[], object]] = [
            partial(office.jobs.reserve, job.id, 40),
            partial(office.jobs.move, job.id, JobEvent.CANCELLED, office.clock()),
        ]
        at_once(calls)
        assert office.accounts.seconds_left(tenant.id) == 100


def test_a_tenant_without_limit_stays_so(office: Office) -> None:
    tenant = office.tenant()
    job = office.running(tenant)
    assert office.jobs.seconds_allowed(job.id) is None
    office.jobs.reserve(job.id, 1e9)
    assert office.accounts.seconds_left(tenant.id) is None
    office.move(job, JobEvent.GIVEN_UP)
    assert office.accounts.seconds_left(tenant.id) is None


def test_a_job_may_decode_what_is_left_and_what_it_has_taken_already(office: Office) -> None:
    tenant = office.tenant(seconds=100)
    job, other = office.running(tenant), office.running(tenant)
    assert office.jobs.seconds_allowed(job.id) == 100
    office.jobs.reserve(job.id, 40)
    assert office.jobs.seconds_allowed(job.id) == 100
    assert office.jobs.seconds_allowed(other.id) == 60


def test_looking_does_not_wait_for_one_who_writes(office: Office) -> None:
    job = office.queued()
    with office.database.write() as connection:
        connection.execute(sa.text("UPDATE jobs SET filename = 'nl' WHERE id = :id"), {"id": job.id})
        begun = time.monotonic()
        assert office.found(job).filename == ""
        assert office.jobs.search(Chosen(job.tenant_id), limit=5) == [office.found(job)]
        assert time.monotonic() - begun < 5
    assert office.found(job).filename == "nl"


def test_a_second_writer_waits_instead_of_failing(office: Office) -> None:
    job = office.queued()

    def write_slowly() -> None:
        with office.database.write() as connection:
            connection.execute(sa.text("UPDATE jobs SET priority = priority + 1 WHERE id = :id"), {"id": job.id})
            time.sleep(0.05)

    assert at_once([write_slowly] * 5) == [None] * 5
    assert office.found(job).priority == 5


def test_a_worker_is_silent_since_its_last_sign_of_life(one_database: Database) -> None:
    nodes, name = NodeStore(one_database), f"worker-{new_id(8)}"
    assert name not in nodes.silences()
    nodes.appear(name)
    time.sleep(0.3)
    assert 0.25 < nodes.silences()[name] < 5
    assert nodes.beat(name)
    assert -0.1 < nodes.silences()[name] < 0.25


def test_a_worker_that_was_removed_learns_that_it_counts_as_dead(one_database: Database) -> None:
    nodes, name = NodeStore(one_database), f"worker-{new_id(8)}"
    nodes.appear(name)
    nodes.remove(name)
    assert not nodes.beat(name)
    assert name not in nodes.silences()
    nodes.remove(name)


def test_a_worker_needs_a_name_of_its_own(one_database: Database) -> None:
    nodes, name = NodeStore(one_database), f"worker-{new_id(8)}"
    nodes.appear(name)
    with pytest.raises(sa.exc.IntegrityError):
        nodes.appear(name)


def test_an_acknowledged_job_is_on_the_disk(one_database: Database) -> None:
    with one_database.read() as connection:
        if one_database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_a_job_outlives_the_loss_of_every_connection(office: Office) -> None:
    job = office.queued()
    office.database.close()
    assert office.found(job) == job


def test_what_was_transcribed_is_counted_by_day_and_api_and_outlives_its_jobs(office: Office) -> None:
    tenant, usage = office.tenant(), UsageStore(office.database)
    day = office.clock().date()
    for seconds, door in [(20.5, DOOR), (10, DOOR), (5, "elsewhere")]:
        job = office.running(tenant, door=door)
        office.jobs.reserve(job.id, seconds)
        office.move(job, JobEvent.COMPLETED)
        office.lookup.delete(tenant.id, job.id)
    failed = office.running(tenant)
    office.jobs.reserve(failed.id, 99)
    office.move(failed, JobEvent.GIVEN_UP)
    expected = [UsageOfDay(day, "elsewhere", 1, 5), UsageOfDay(day, DOOR, 2, 30.5)]
    assert usage.between(tenant.id, day, day) == expected
    assert usage.between(tenant.id, day + timedelta(days=1), day + timedelta(days=9)) == []
    assert usage.between(office.tenant().id, day, day) == []


@pytest.mark.parametrize(
    ("keep", "event", "stays"),
    [
        (Keep.ORIGINAL, JobEvent.COMPLETED, True),
        (Keep.ORIGINAL, JobEvent.GIVEN_UP, True),
        (Keep.SMALL, JobEvent.COMPLETED, True),
        (Keep.SMALL, JobEvent.CANCELLED, False),
        (Keep.NOTHING, JobEvent.COMPLETED, False),
        (Keep.NOTHING, JobEvent.GIVEN_UP, False),
    ],
)
def test_a_recording_goes_with_the_end_of_its_job_where_that_was_asked_for(
    office: Office, keep: Keep, event: JobEvent, *, stays: bool
) -> None:
    tenant = office.tenant()
    asked = Submission(tenant.id, "key", DOOR, Wishes("hy", keep=keep), {}, BASE_URL)
    job = office.submissions.attach(office.submissions.open(asked).id, RECORDING)
    assert office.recordings.recordings(tenant.id, limit=5) == [job.recording]
    ended = office.move(office.move(job, JobEvent.STARTED), event)
    assert ended.recording is not None
    left = office.recordings.recordings(tenant.id, limit=5)
    assert [recording.id for recording in left] == ([ended.recording.id] if stays else [])


def test_marks_tell_how_far_jobs_have_come(office: Office) -> None:
    queued, running = office.queued(), office.running()
    office.jobs.note_progress(running.id, Stage.RECOGNIZE, 0.5)
    assert office.jobs.marks([queued.id, running.id, "unknown"]) == {
        queued.id: (JobState.QUEUED, None, 0.0, None),
        running.id: (JobState.RUNNING, Stage.RECOGNIZE, 0.5, None),
    }
    assert office.jobs.marks([running.id])[running.id] == office.found(running).mark
