from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.stores import BASE_URL, DOOR, RECORDING, Office, at_once, summarised

from khosq.errors import Conflict, Invalid, NotFound, UnsupportedMedia
from khosq.identifiers import new_id
from khosq.jobs.job import Chosen, Job, JobEvent, JobState, Keep, Tally, Wishes
from khosq.jobs.store import JobStore
from khosq.jobs.submission import Submission
from khosq.recordings.store import RecordingStore
from khosq.storage.database import Database
from khosq.transcript.transcript import Transcript

ODD_IDS = [
    "",
    " ",
    "a" * 33,
    "a" * 10_000,
    "Խ" * 20,
    "../" * 7,
    "'; DROP TABLE j--",
    "\x00" * 20,
    "\ud800" * 20,
]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_an_odd_id_is_answered_like_an_unknown_one(office: Office, odd: str) -> None:
    with pytest.raises(NotFound) as answer:
        office.lookup.job(office.tenant().id, odd)
    assert answer.value.message == NotFound().message


def test_another_tenants_job_is_answered_like_an_unknown_one(office: Office) -> None:
    job, stranger = office.queued(), office.tenant()
    answers = []
    for job_id in (job.id, new_id()):
        for ask in (office.lookup.job, office.lookup.cancel):
            with pytest.raises(NotFound) as answer:
                ask(stranger.id, job_id)
            answers.append(answer.value.args)
    assert set(answers) == {NotFound().args}
    assert office.found(job).state is JobState.QUEUED


def test_a_job_is_given_up_when_somebody_looks_after_its_deadline(office: Office) -> None:
    job = office.job()
    office.clock.turn(3599)
    assert office.lookup.job(job.tenant_id, job.id).state is JobState.AWAITING_MEDIA
    office.clock.turn(1)
    found = office.lookup.job(job.tenant_id, job.id)
    assert (found.state, found.error_code) == (JobState.FAILED, "upload_expired")
    assert found.error == "No recording was uploaded before the upload link expired; create a new transcription."
    assert found.ended_at == office.clock()
    assert office.lookup.job(job.tenant_id, job.id) == found


def test_a_recording_that_came_in_time_is_not_given_up(office: Office) -> None:
    job = office.queued()
    office.clock.turn(7200)
    assert office.lookup.job(job.tenant_id, job.id).state is JobState.QUEUED


def test_a_look_and_an_upload_at_the_deadline_agree_on_what_happened(office: Office) -> None:
    job = office.job()
    office.clock.turn(3600)
    look, upload = at_once(
        [
            lambda: office.lookup.job(job.tenant_id, job.id),
            lambda: office.submissions.attach(job.id, RECORDING),
        ]
    )
    assert isinstance(look, Job)
    assert (look.state is JobState.QUEUED) == isinstance(upload, Job)


def awaiting(office: Office) -> Job:
    return office.job()


def queued(office: Office) -> Job:
    return office.queued()


def running(office: Office) -> Job:
    return office.running(office.tenant(seconds=50))


@pytest.mark.parametrize("make", [awaiting, queued, running])
def test_a_job_is_cancelled_in_every_state_but_only_once(office: Office, make: object) -> None:
    assert callable(make)
    job: Job = make(office)
    if job.state is JobState.RUNNING:
        office.jobs.reserve(job.id, 20)
    cancelled = office.lookup.cancel(job.tenant_id, job.id)
    assert (cancelled.state, cancelled.ended_at) == (JobState.CANCELLED, office.clock())
    assert office.accounts.seconds_left(job.tenant_id) == (50 if job.state is JobState.RUNNING else None)
    with pytest.raises(Conflict, match="ended already"):
        office.lookup.cancel(job.tenant_id, job.id)
    assert office.lookup.job(job.tenant_id, job.id) == cancelled


@pytest.mark.parametrize("end", [JobEvent.COMPLETED, JobEvent.GIVEN_UP])
def test_an_ended_job_is_not_cancelled(office: Office, end: JobEvent) -> None:
    job = office.move(office.running(), end)
    with pytest.raises(Conflict):
        office.lookup.cancel(job.tenant_id, job.id)


def test_of_cancels_at_once_one_is_told_that_it_did_it(office: Office) -> None:
    job = office.queued()
    ends = at_once([lambda: office.lookup.cancel(job.tenant_id, job.id)] * 3)
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "Conflict", "Job"]


def test_a_tenant_sees_its_own_jobs_newest_first(office: Office) -> None:
    tenant, stranger = office.tenant(), office.tenant()
    made = []
    for _ in range(4):
        office.clock.turn(1)
        made.append(office.job(tenant).id)
        office.job(stranger)
    newest_first = made[::-1]
    mine = Chosen(tenant.id)
    assert [job.id for job in office.lookup.jobs(mine, limit=9)] == newest_first
    assert [job.id for job in office.lookup.jobs(mine, limit=2)] == newest_first[:2]
    assert [job.id for job in office.lookup.jobs(mine, limit=2, offset=1)] == newest_first[1:3]
    seen = office.lookup.job(tenant.id, made[2])
    after = (seen.created_at, seen.id)
    assert [job.id for job in office.lookup.jobs(mine, limit=9, after=after)] == newest_first[2:]
    assert office.lookup.count(mine) == 4
    assert office.lookup.jobs(Chosen(new_id()), limit=9) == []


def test_jobs_made_in_one_moment_are_on_one_page_each(office: Office) -> None:
    tenant = office.tenant()
    made = {office.job(tenant).id for _ in range(5)}
    seen: list[str] = []
    after = None
    while page := office.lookup.jobs(Chosen(tenant.id), limit=2, after=after):
        seen += [job.id for job in page]
        after = (page[-1].created_at, page[-1].id)
    assert len(seen) == 5
    assert set(seen) == made


def test_pages_follow_on_one_another_wherever_the_database_thinks_it_is(office: Office) -> None:
    if office.database.is_sqlite:
        pytest.skip("it has no zone of its own")
    tenant = office.tenant()
    jobs, recordings = [], []
    for _ in range(3):
        office.clock.turn(60)
        jobs.append(office.job(tenant))
        recordings.append(office.recordings.keep(tenant.id, RECORDING))
    for zone in ("Asia/Yerevan", "America/New_York"):
        database = Database(
            f"{office.database.url}{'&' if '?' in office.database.url else '?'}options=-ctimezone={zone}"
        )
        newest = jobs[2].created_at, jobs[2].id
        assert JobStore(database).search(Chosen(tenant.id), limit=1, after=newest) == [jobs[1]]
        newest = recordings[2].created_at, recordings[2].id
        assert RecordingStore(database).search(tenant.id, limit=1, after=newest) == [recordings[1]]
        database.close()


def test_a_name_that_no_database_can_hold_is_told_so_or_not_found(office: Office) -> None:
    refused = nullcontext() if office.database.is_sqlite else pytest.raises(Invalid, match="cannot be kept")
    with refused:
        assert office.lookup.jobs(Chosen(office.tenant().id), limit=1, after=(office.clock(), "a\0b")) == []


def test_jobs_are_chosen_by_their_api_state_and_time(office: Office) -> None:
    tenant = office.tenant()
    waiting, queued = office.job(tenant), office.queued(tenant, door="elsewhere")
    office.clock.turn(60)
    late = office.running(tenant)
    mine = Chosen(tenant.id)
    for chosen, expected in [
        (replace(mine, door="elsewhere"), [queued.id]),
        (replace(mine, states=(JobState.AWAITING_MEDIA, JobState.RUNNING)), [late.id, waiting.id]),
        (replace(mine, begun_from=office.clock()), [late.id]),
        (replace(mine, begun_before=office.clock(), door=DOOR), [waiting.id]),
    ]:
        assert [job.id for job in office.lookup.jobs(chosen, limit=9)] == expected
        assert office.lookup.count(chosen) == len(expected)


def test_a_cancelled_job_is_told_of(office: Office) -> None:
    job = office.queued()
    office.lookup.cancel(job.tenant_id, job.id)
    assert office.told == [(JobEvent.CANCELLED, job.id)]


@pytest.mark.parametrize("state", ["waiting", "queued", "running", "ended"])
def test_a_deleted_job_leaves_nothing_but_the_proof(office: Office, state: str) -> None:
    tenant = office.tenant(seconds=100)
    job = {"waiting": office.job, "queued": office.queued}.get(state, office.running)(tenant)
    if state in {"running", "ended"}:
        office.jobs.reserve(job.id, 40)
    if state == "ended":
        office.move(job, JobEvent.COMPLETED)
    office.clock.turn(5)
    office.lookup.delete(tenant.id, job.id, key_id="somebody")
    with pytest.raises(NotFound):
        office.lookup.job(tenant.id, job.id)
    with pytest.raises(NotFound):
        office.lookup.delete(tenant.id, job.id)
    proof = office.lookup.deletion(tenant.id, job.id)
    assert proof is not None
    assert (proof.created_at, proof.deleted_at, proof.deleted_by) == (job.created_at, office.clock(), "somebody")
    assert proof.sha256 == (None if state == "waiting" else RECORDING.sha256)
    assert office.lookup.deletion(office.tenant().id, job.id) is None
    assert office.accounts.seconds_left(tenant.id) == (60 if state == "ended" else 100)
    assert office.jobs.history(job.id) == []
    assert office.recordings.recordings(tenant.id, limit=9) == []


def test_a_job_whose_recording_will_not_come_ends_with_the_reason_and_is_told_of(office: Office) -> None:
    waiting, queued = office.job(), office.queued()
    for job in (waiting, queued):
        office.lookup.give_up_waiting(job.id, UnsupportedMedia("This is a picture."))
    ended = office.found(waiting)
    assert (ended.state, ended.error, ended.ended_at) == (JobState.FAILED, "This is a picture.", office.clock())
    assert (JobEvent.EXPIRED, waiting.id) in office.told
    assert office.found(queued).state is JobState.QUEUED


def test_what_others_do_to_a_job_while_it_is_deleted_leaves_nothing_behind(office: Office) -> None:
    tenant = office.tenant(seconds=100)
    waiting = office.job(tenant)
    office.submissions.attach(waiting.id, RECORDING)
    assert office.jobs.delete(waiting, office.clock(), key_id=None, also=[])  # its recording came after somebody looked
    assert office.recordings.recordings(tenant.id, limit=9) == []
    proof = office.lookup.deletion(tenant.id, waiting.id)
    assert proof is not None
    assert proof.sha256 == RECORDING.sha256


def test_a_job_cancelled_while_it_is_deleted_gives_its_seconds_back_once(office: Office) -> None:
    tenant = office.tenant(seconds=100)
    job = office.running(tenant)
    office.jobs.reserve(job.id, 40)
    deleting = threading.Thread(
        target=office.jobs.delete, args=(job, office.clock()), kwargs={"key_id": None, "also": []}
    )

    def meanwhile(_connection: object, _job: Job) -> None:
        deleting.start()
        deleting.join(0.5)

    office.jobs.move(job.id, JobEvent.CANCELLED, office.clock(), also=[meanwhile])
    deleting.join()
    assert office.accounts.seconds_left(tenant.id) == 100
    assert office.jobs.find(job.id) is None


@pytest.mark.parametrize("first", [0, 1])
def test_a_recording_of_which_two_jobs_were_made_goes_with_the_second_one(office: Office, first: int) -> None:
    tenant = office.tenant()
    of = office.queued(tenant)
    again = office.submissions.open(
        Submission(tenant.id, "key", DOOR, Wishes("en"), {}, BASE_URL, recording=of.recording)
    )
    one, other = [of, again][first], [again, of][first]
    office.lookup.delete(tenant.id, one.id)
    assert office.recordings.recordings(tenant.id, limit=9) == [of.recording]
    office.lookup.delete(tenant.id, other.id)
    assert office.recordings.recordings(tenant.id, limit=9) == []


@pytest.mark.parametrize(("keep", "stays"), [(Keep.ORIGINAL, True), (Keep.NOTHING, False)])
def test_a_recording_stays_as_long_as_a_job_made_of_it_wants_it(office: Office, keep: Keep, *, stays: bool) -> None:
    tenant = office.tenant()
    asked = Submission(tenant.id, "key", DOOR, Wishes("hy", keep=Keep.NOTHING), {}, BASE_URL)
    of = office.submissions.attach(office.submissions.open(asked).id, RECORDING)
    again = office.submissions.open(replace(asked, wishes=Wishes("en", keep=keep), recording=of.recording))
    office.move(office.move(of, JobEvent.STARTED), JobEvent.COMPLETED)
    assert office.recordings.recordings(tenant.id, limit=9) == [of.recording]
    office.move(office.move(again, JobEvent.STARTED), JobEvent.COMPLETED)
    assert office.recordings.recordings(tenant.id, limit=9) == ([of.recording] if stays else [])


def test_another_tenants_job_is_not_deleted(office: Office) -> None:
    job = office.queued()
    with pytest.raises(NotFound):
        office.lookup.delete(office.tenant().id, job.id)
    assert office.found(job) == job


def test_what_a_job_made_is_found_with_it(office: Office) -> None:
    job = office.running()
    with pytest.raises(NotFound):
        office.lookup.outcome(job)
    outcome = summarised(Transcript("hy-AM", 1.5, ()), "A call")
    office.keep(job.id, outcome)
    assert office.lookup.outcome(job) == outcome
    assert (outcome.title, outcome.summary) == ("A call", None)


def test_jobs_are_counted_by_the_day_of_their_opening_and_their_state(office: Office) -> None:
    tenant = office.tenant()
    office.clock.now = datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)
    for seconds in (10.5, 20.0):
        office.move(office.running(tenant), JobEvent.COMPLETED, duration=seconds)
    office.job(tenant)
    office.clock.turn(1)
    office.job(tenant)
    office.job()

    assert office.lookup.tally(Chosen(tenant.id)) == [
        Tally(date(2030, 1, 1), JobState.AWAITING_MEDIA, 1, 0.0),
        Tally(date(2030, 1, 1), JobState.SUCCEEDED, 2, 30.5),
        Tally(date(2030, 1, 2), JobState.AWAITING_MEDIA, 1, 0.0),
    ]
    later = Chosen(tenant.id, begun_from=datetime(2030, 1, 2, tzinfo=UTC))
    assert [tally.day for tally in office.lookup.tally(later)] == [date(2030, 1, 2)]
