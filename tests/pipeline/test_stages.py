from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from tests.stores import BASE_URL, DOOR, Office

from khosq.analysis.feature import Preferences, RedactionRule
from khosq.analyst.analyst import Analyst
from khosq.errors import (
    AddressRefused,
    Invalid,
    KhosqError,
    MediaUnreadable,
    ModelMissing,
    NeighbourFailed,
    NotFound,
    QuotaExceeded,
    RecordingTooLong,
)
from khosq.jobs.job import Job, JobEvent, JobState, Keep, Stage, Wishes
from khosq.jobs.results import Outcome
from khosq.jobs.store import InTransaction
from khosq.jobs.submission import Submission
from khosq.media.recording import MediaType, StoredRecording
from khosq.pipeline.findings import Findings
from khosq.pipeline.plan import Piece, Plan, Sound, Written
from khosq.pipeline.stages import JobEnded, Made, Stages
from khosq.pipeline.workshop import Workshop
from khosq.recordings.store import RecordingStore
from khosq.scorecards.scorecards import Scorecards
from khosq.scorecards.store import EvaluationStore, ScorecardStore
from khosq.search.search import Search
from khosq.search.store import SearchStore
from khosq.speech.resolution import ModelChoice
from khosq.storage.blobs import Blobs
from khosq.tenants.store import TokenStore
from khosq.tenants.tenant import Tenant
from khosq.tenants.token_budget import TokenBudget
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

WISHES = Wishes("hy-AM", 2, features=("summary",))
MODEL = ModelChoice("echo", "none", Path("nowhere"), "fallback", "hy-AM", 20.0, warning="Do not rely on this.")


class Echo(Workshop):
    """Decodes for real; hears the same word in every second."""

    def __init__(self) -> None:
        """Start no model processes."""
        self.slots = 2
        self._models_dir = Path("nowhere")
        self.pulls: list[int] = []
        """Bytes of a thousand of a model that come before it is there."""
        self.look: Callable[[], object] = lambda: None
        self.seen: list[object] = []
        """What ``look`` returned at each."""

    async def plan(self, folder: Path, sound: Sound, **wanted: Any) -> Plan:
        self.wanted = wanted
        for done in self.pulls:
            await asyncio.to_thread(wanted["on_pull"], done, 1000)
            self.seen.append(self.look())
        assert sound.lies_in(folder)
        region, numbers = Timespan(0, sound.duration), range(sound.channels)
        return Plan(MODEL, ((region,),) * sound.channels, tuple(Piece(number, (region,)) for number in numbers))

    async def recognize(self, folder: Path, sound: Sound, plan: Plan, piece: Piece) -> Written:
        assert sound.lies_in(folder)
        words = (Word("echo", Timespan(at, at + 0.5), 1.0) for at in range(round(sound.duration)))
        return Written(piece.channel, tuple(words))

    async def diarize(self, folder: Path, sound: Sound, plan: Plan, *, speakers: int | None) -> tuple[Turn, ...] | None:
        return None


def make_wav(seconds: float, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, 2, 16_000, 0, "NONE", ""))
        moments = np.arange(round(seconds * 16_000)) / 16_000
        tone = 8000 * np.sin(2 * np.pi * 440 * moments)
        sound.writeframes(np.repeat(tone, channels).astype("<i2").tobytes())
    return file.getvalue()


@dataclass
class Bench:
    """The stages before a real database and object store."""

    office: Office
    blobs: Blobs
    work_dir: Path
    told: list[tuple[JobEvent, JobState]]
    workshop: Echo = field(default_factory=Echo)
    web: dict[str, bytes | KhosqError] = field(default_factory=dict)
    """What lies elsewhere, by URL."""
    preferences: Preferences = field(default_factory=Preferences)
    """What the tenant chose for its analyses."""

    @property
    def search(self) -> Search:
        return Search(SearchStore(self.office.database), self.office.lookup)

    @property
    def findings(self) -> Findings:
        database, clock = self.office.database, self.office.clock
        scorecards = Scorecards(ScorecardStore(database), EvaluationStore(database), clock=clock)
        analyst = Analyst(None, TokenBudget(TokenStore(database), per_day=0, clock=clock))
        return Findings(
            self.office.results,
            self.office.findings,
            scorecards,
            analyst,
            preferences=lambda _: self.preferences,
            clock=clock,
        )

    def stages(self, *, max_duration: float = 100.0, work_dir: Path | None = None) -> Stages:
        return Stages(
            self.office.jobs,
            self.office.results,
            self.blobs,
            self.workshop,
            RecordingStore(self.office.database),
            findings=self.findings,
            fetch=self._fetch,
            max_bytes=10_000_000,
            work_dir=work_dir or self.work_dir,
            max_duration=max_duration,
            outbox=self._outbox,
            vocabulary=self.office.accounts.hotwords,
            noting=self.search.noting,
            clock=self.office.clock,
        )

    def job(self, data: bytes, *, tenant: Tenant | None = None, wishes: Wishes = WISHES) -> Job:
        """A job whose recording is here, at work."""
        waiting = self.office.submissions.open(self.asking(tenant, wishes))
        key = f"recordings/{waiting.id}"
        self.blobs.put(key, data)
        recording = StoredRecording(key, MediaType.WAV, len(data), "00")
        self.office.submissions.attach(waiting.id, recording)
        asyncio.run(self.stages().fetch(waiting.id))
        return self.office.found(waiting)

    def elsewhere(self, url: str, wishes: Wishes = WISHES) -> Job:
        """A job whose recording must be fetched."""
        return self.office.submissions.open(self.asking(None, wishes, source_url=url))

    def asking(self, tenant: Tenant | None, wishes: Wishes, **more: Any) -> Submission:
        owner = tenant or self.office.tenant()
        return Submission(owner.id, "key", DOOR, wishes, {}, BASE_URL, **more)

    async def _fetch(self, url: str) -> AsyncGenerator[bytes, None]:
        found = self.web[url]
        if isinstance(found, KhosqError):
            raise found
        for start in range(0, len(found), 1000):
            yield found[start : start + 1000]

    def _outbox(self, event: JobEvent) -> InTransaction:
        def tell(_connection: sa.Connection, job: Job) -> None:
            self.told.append((event, job.state))

        return tell


@pytest.fixture
def bench(office: Office, tmp_path: Path) -> Bench:
    return Bench(office, Blobs((tmp_path / "blobs").as_uri()), tmp_path / "work", [])


async def travel(stages: Stages, job: Job) -> None:
    await stages.fetch(job.id)
    sound = await stages.decode(job.id)
    plan = await stages.detect(job.id, sound)
    turns = await stages.diarize(job.id, sound, plan)
    heard = [await stages.recognize(job.id, sound, plan, piece) for piece in plan.pieces]
    await stages.finish(job.id, await stages.analyse(job.id, sound, plan, turns, heard))


def test_a_recording_travels_to_its_transcript(bench: Bench) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=10))
    stages = bench.stages()
    asyncio.run(travel(stages, job))
    found = bench.office.found(job)
    assert (found.state, found.progress, found.stage, found.duration) == (JobState.SUCCEEDED, 1.0, None, 2.0)
    assert found.warnings == ("Do not rely on this.",)
    assert found.ended_at == bench.office.clock()
    assert bench.office.results.read(job.id).transcript.text == "Echo echo\u0589"
    assert bench.office.accounts.seconds_left(job.tenant_id) == 8
    assert bench.told == [(JobEvent.COMPLETED, JobState.SUCCEEDED)]
    stages.tidy(job.id)
    assert list(bench.work_dir.iterdir()) == []


def test_a_stage_that_runs_again_after_a_crash_charges_once(bench: Bench) -> None:
    job = bench.job(make_wav(6), tenant=bench.office.tenant(seconds=10))
    for _ in range(2):
        assert asyncio.run(bench.stages().decode(job.id)) == Sound(6.0, 1)
    assert bench.office.accounts.seconds_left(job.tenant_id) == 4


def test_another_machine_decodes_what_lay_on_the_first_ones_disk(bench: Bench, tmp_path: Path) -> None:
    job = bench.job(make_wav(2))
    sound = asyncio.run(bench.stages().decode(job.id))
    plan = asyncio.run(bench.stages(work_dir=tmp_path / "elsewhere").detect(job.id, sound))
    assert plan.regions == ((Timespan(0, 2),),)
    assert bench.office.found(job).stage is Stage.RECOGNIZE


def test_a_model_that_is_fetched_first_is_a_stage_with_progress(bench: Bench) -> None:
    job = bench.job(make_wav(2))
    bench.workshop.pulls = [0, 4, 500, 1000]
    bench.workshop.look = lambda: (bench.office.found(job).stage, round(bench.office.found(job).progress, 4))
    asyncio.run(travel(bench.stages(), job))
    assert bench.workshop.seen == [
        (Stage.MODEL, 0.075), (Stage.MODEL, 0.075), (Stage.MODEL, 0.1125), (Stage.MODEL, 0.15),
    ]  # fmt: skip
    assert bench.office.found(job).state is JobState.SUCCEEDED


def test_an_open_language_and_words_to_expect_reach_the_workshop(bench: Bench) -> None:
    tenant = bench.office.tenant()
    bench.office.accounts.set_hotwords(tenant.id, ["Khosq", "Anahit"])
    wishes = Wishes("auto", languages=("hy", "en"), hotwords=("Ani", "Khosq"))
    job = bench.job(make_wav(2), wishes=wishes, tenant=tenant)
    asyncio.run(travel(bench.stages(), job))
    assert bench.office.results.read(job.id).transcript.language == "hy-AM"
    assert bench.office.found(job).wishes == replace(wishes, language="hy-AM")  # found out, whichever API asks
    wanted = bench.workshop.wanted
    assert (wanted["language"], wanted["languages"]) == (None, ("hy", "en"))
    assert wanted["hotwords"] == ("Ani", "Khosq", "Anahit")


@pytest.mark.parametrize("left", [0.0, 1.5])
def test_a_recording_longer_than_the_quota_is_refused_and_charged_nothing(bench: Bench, left: float) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=left))
    with pytest.raises(QuotaExceeded, match="not enough seconds left"):
        asyncio.run(bench.stages().decode(job.id))
    assert bench.office.accounts.seconds_left(job.tenant_id) == left


def test_a_recording_longer_than_the_server_takes_is_told_so(bench: Bench) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=50))
    with pytest.raises(RecordingTooLong):
        asyncio.run(bench.stages(max_duration=1.0).decode(job.id))
    assert bench.office.accounts.seconds_left(job.tenant_id) == 50


def test_a_recording_that_cannot_be_read_is_told_so(bench: Bench) -> None:
    with pytest.raises(MediaUnreadable):
        asyncio.run(bench.stages().decode(bench.job(b"RIFF" + b"\x00" * 500).id))


def test_a_failed_job_says_why_and_gives_its_seconds_back(bench: Bench) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=10))
    stages = bench.stages()
    asyncio.run(stages.decode(job.id))
    asyncio.run(stages.give_up(job.id, ModelMissing("Run: khosq models pull x")))
    found = bench.office.found(job)
    assert (found.state, found.error_code, found.error) == (
        JobState.FAILED,
        "model_missing",
        "Run: khosq models pull x",
    )
    assert bench.office.accounts.seconds_left(job.tenant_id) == 10
    assert bench.told == [(JobEvent.GIVEN_UP, JobState.FAILED)]


def test_a_job_cancelled_at_work_does_not_end_a_second_time(bench: Bench) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=10))
    stages = bench.stages()
    asyncio.run(stages.decode(job.id))
    bench.office.lookup.cancel(job.tenant_id, job.id)
    with pytest.raises(JobEnded):
        asyncio.run(stages.finish(job.id, Made((), None)))
    asyncio.run(stages.give_up(job.id, ModelMissing()))
    assert bench.office.found(job).state is JobState.CANCELLED
    assert bench.office.accounts.seconds_left(job.tenant_id) == 10
    assert bench.told == []
    with pytest.raises(JobEnded):
        asyncio.run(stages.decode(job.id))


def test_a_job_that_ended_well_keeps_its_result_when_its_last_stage_runs_again(bench: Bench) -> None:
    job = bench.job(make_wav(2))
    stages = bench.stages()
    asyncio.run(travel(stages, job))
    asyncio.run(stages.finish(job.id, Made((), None)))  # its worker died before it could note that the stage was done
    assert bench.office.results.read(job.id).transcript.text == "Echo echo\u0589"
    assert bench.told == [(JobEvent.COMPLETED, JobState.SUCCEEDED)]


def test_a_recording_is_fetched_from_where_it_lies(bench: Bench) -> None:
    bench.web["https://media.example/a.wav"] = make_wav(2)
    job = bench.elsewhere("https://media.example/a.wav", replace(WISHES, keep=Keep.NOTHING))
    asyncio.run(travel(bench.stages(), job))
    found = bench.office.found(job)
    assert (found.state, found.duration) == (JobState.SUCCEEDED, 2.0)
    assert found.recording is not None
    assert found.recording.erased_at == bench.office.clock()
    bench.office.recordings.sweep()
    assert [path for path in (bench.office.folder / "blobs" / "recordings").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("found", "code", "says", "may_help"),
    [
        (Invalid("The server media.example answered 404."), "source_unreachable", "404", False),
        (AddressRefused("This address is not called."), "source_unreachable", "not called", False),
        (NeighbourFailed("It did not answer in time."), "source_unreachable", "in time", True),
        (b"<!doctype html><html></html>", "unsupported_media", "are none of them", False),
        (b"", "source_unreachable", "empty", False),
    ],
)
def test_a_recording_that_cannot_be_fetched_is_told_so(
    bench: Bench, found: bytes | KhosqError, code: str, says: str, *, may_help: bool
) -> None:
    bench.web["https://media.example/a.wav"] = found
    with pytest.raises(KhosqError, match=says) as refused:
        asyncio.run(bench.stages().fetch(bench.elsewhere("https://media.example/a.wav").id))
    assert (refused.value.code, refused.value.retryable) == (code, may_help)


def test_a_job_cancelled_while_its_recording_comes_leaves_none(bench: Bench) -> None:
    bench.web["https://media.example/a.wav"] = make_wav(2)
    job = bench.elsewhere("https://media.example/a.wav")
    stages = bench.stages()

    async def cancel_first(url: str) -> AsyncGenerator[bytes, None]:
        bench.office.lookup.cancel(job.tenant_id, job.id)
        yield make_wav(2)

    stages._fetch = cancel_first  # noqa: SLF001 - the moment between is not to be had otherwise
    with pytest.raises(JobEnded):
        asyncio.run(stages.fetch(job.id))
    assert [path for path in (bench.office.folder / "blobs" / "recordings").rglob("*") if path.is_file()] == []


def test_what_stays_may_be_a_small_copy(bench: Bench) -> None:
    sound = make_wav(20)
    job = bench.job(sound, wishes=replace(WISHES, keep=Keep.SMALL))
    asyncio.run(travel(bench.stages(), job))
    kept = bench.office.found(job).recording
    assert kept is not None
    assert (kept.media_type, kept.kind, kept.erased_at) == (MediaType.OGG, "audio", None)
    data = bench.blobs.get(kept.key)
    assert data.startswith(b"OggS")
    assert len(data) == kept.size_bytes < len(sound) / 5
    bench.office.recordings.sweep()
    with pytest.raises(NotFound):
        bench.blobs.get(f"recordings/{job.id}")


def test_what_is_personal_is_neither_read_nor_heard_afterwards(bench: Bench) -> None:
    bench.preferences = Preferences(redact=("secret",), redaction_rules=(RedactionRule("secret", "(?i)echo"),))
    job = bench.job(make_wav(3), wishes=replace(WISHES, features=("redaction",)))
    asyncio.run(travel(bench.stages(), job))
    assert {word.text for word in bench.office.lookup.outcome(job).transcript.utterances[0].words} == {"[secret]"}
    kept = bench.office.found(job).recording
    assert kept is not None
    assert kept.media_type == MediaType.OGG
    bench.office.recordings.sweep()
    with pytest.raises(NotFound):
        bench.blobs.get(f"recordings/{job.id}")


def test_what_cannot_be_redacted_is_not_shown(bench: Bench) -> None:
    bench.preferences = Preferences(redaction_rules=(RedactionRule("broken", "("),))
    job = bench.job(make_wav(3), wishes=replace(WISHES, features=("redaction",)))
    with pytest.raises(Invalid):
        asyncio.run(travel(bench.stages(), job))
    with pytest.raises(NotFound):
        bench.office.results.read(job.id)


def test_a_small_copy_never_takes_the_place_of_a_recording_that_is_there_for_itself(bench: Bench) -> None:
    tenant = bench.office.tenant()
    bench.blobs.put("recordings/kept", make_wav(2))
    kept = bench.office.recordings.keep(tenant.id, StoredRecording("recordings/kept", MediaType.WAV, 9, "00"))
    job = bench.office.submissions.open(bench.asking(tenant, replace(WISHES, keep=Keep.SMALL), recording=kept))
    stages = bench.stages()
    asyncio.run(stages.fetch(job.id))
    asyncio.run(travel(stages, job))
    bench.office.recordings.sweep()
    assert bench.office.recordings.recording(tenant.id, kept.id).key == kept.key
    assert bench.blobs.get(kept.key) == make_wav(2)


def test_a_job_deleted_in_its_last_stage_leaves_no_small_copy(bench: Bench) -> None:
    job = bench.job(make_wav(2), wishes=replace(WISHES, keep=Keep.SMALL))
    small = StoredRecording("recordings/small", MediaType.OGG, 9, "00")
    bench.blobs.put(small.key, b"OggS")
    bench.office.lookup.delete(job.tenant_id, job.id)
    with pytest.raises(JobEnded):
        asyncio.run(bench.stages().finish(job.id, Made((), small)))
    with pytest.raises(NotFound):
        bench.blobs.get(small.key)


def test_a_job_deleted_while_its_outcome_is_written_leaves_none(bench: Bench) -> None:
    job = bench.job(make_wav(2))
    outcome, results = Outcome(Transcript("hy-AM", 2.0, ())), bench.office.results
    bench.office.lookup.delete(job.tenant_id, job.id)
    with pytest.raises(JobEnded):
        bench.stages()._keep_outcome(job.id, outcome)  # noqa: SLF001 - a moment that is not to be had otherwise
    with pytest.raises(NotFound):
        results.read(job.id)
    bench.office.recordings.sweep()
    results.keep(job.id, outcome)  # and the worker is killed
    bench.office.clock.turn(61)
    bench.office.recordings.sweep()
    with pytest.raises(NotFound):
        results.read(job.id)


def test_only_what_was_asked_for_is_drawn_from_the_words(bench: Bench) -> None:
    job = bench.job(make_wav(2), wishes=Wishes("hy-AM"))
    asyncio.run(travel(bench.stages(), job))
    made = bench.office.results.read(job.id)
    assert (made.title, made.summary) == (None, None)


def test_each_channel_can_be_written_down_for_itself_even_if_all_sound_alike(bench: Bench) -> None:
    job = bench.job(make_wav(2, channels=2), wishes=Wishes("hy-AM", multichannel=True))
    asyncio.run(travel(bench.stages(), job))
    transcript = bench.office.results.read(job.id).transcript
    assert [(one.channel, one.text) for one in transcript.utterances] == [
        (0, "Echo echo\u0589"),
        (1, "Echo echo\u0589"),
    ]


def test_what_a_dead_worker_left_of_ended_jobs_is_removed(bench: Bench) -> None:
    ended, working = bench.job(make_wav(1)), bench.job(make_wav(1))
    stages = bench.stages()
    for job in (ended, working):
        asyncio.run(stages.decode(job.id))
    (bench.work_dir / "stray").mkdir()
    bench.office.lookup.cancel(ended.tenant_id, ended.id)
    stages.tidy_ended()
    assert len(list(bench.work_dir.iterdir())) == 2  # what just ended may still be at work
    bench.office.clock.turn(61)
    stages.tidy_ended()
    assert [folder.name for folder in bench.work_dir.iterdir()] == [working.id]
