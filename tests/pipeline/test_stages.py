from __future__ import annotations

import asyncio
import io
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.stores import Office

from khosq.errors import MediaUnreadable, ModelMissing, QuotaExceeded, RecordingTooLong
from khosq.jobs.job import Job, JobEvent, JobState, Stage
from khosq.jobs.store import InTransaction
from khosq.media.recording import MediaType, StoredRecording
from khosq.pipeline.stages import JobEnded, Stages
from khosq.pipeline.workshop import Piece, Plan, Sound, Workshop
from khosq.speech.resolution import ModelChoice
from khosq.storage.blobs import Blobs
from khosq.tenants.tenant import Tenant
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

MODEL = ModelChoice("echo", "none", Path("nowhere"), "fallback", "hy-AM", 20.0, warning="Do not rely on this.")


class Echo(Workshop):
    """Decodes for real; hears the same word in every second."""

    def __init__(self) -> None:
        """Start no model processes."""
        self.slots = 2

    async def plan(self, folder: Path, sound: Sound, *, language: str) -> Plan:
        assert sound.lies_in(folder)
        region = Timespan(0, sound.duration)
        return Plan(MODEL, ((region,),), (Piece(0, (region,)),))

    async def recognize(self, folder: Path, sound: Sound, plan: Plan, number: int) -> tuple[Word, ...]:
        assert sound.lies_in(folder)
        return tuple(Word("echo", Timespan(at, at + 0.5), 1.0) for at in range(round(sound.duration)))

    async def diarize(self, folder: Path, sound: Sound, plan: Plan, *, speakers: int | None) -> tuple[Turn, ...] | None:
        return None


def make_wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        moments = np.arange(round(seconds * 16_000)) / 16_000
        sound.writeframes((8000 * np.sin(2 * np.pi * 440 * moments)).astype("<i2").tobytes())
    return file.getvalue()


@dataclass
class Bench:
    """The stages before a real database and object store."""

    office: Office
    blobs: Blobs
    work_dir: Path
    told: list[tuple[JobEvent, JobState]]

    def stages(self, *, max_duration: float = 100.0, work_dir: Path | None = None) -> Stages:
        return Stages(
            self.office.jobs,
            self.office.results,
            self.blobs,
            Echo(),
            work_dir=work_dir or self.work_dir,
            max_duration=max_duration,
            outbox=self._outbox,
            clock=self.office.clock,
        )

    def job(self, data: bytes, *, tenant: Tenant | None = None) -> Job:
        waiting = self.office.job(tenant)
        key = f"recordings/{waiting.id}"
        self.blobs.put(key, data)
        recording = StoredRecording(key, MediaType.WAV, len(data), "00")
        return self.office.submissions.attach(waiting.id, recording)

    def _outbox(self, event: JobEvent) -> InTransaction:
        def tell(_connection: sa.Connection, job: Job) -> None:
            self.told.append((event, job.state))

        return tell


@pytest.fixture
def bench(office: Office, tmp_path: Path) -> Bench:
    return Bench(office, Blobs((tmp_path / "blobs").as_uri()), tmp_path / "work", [])


async def travel(stages: Stages, job: Job) -> None:
    sound = await stages.decode(job.id)
    plan = await stages.detect(job.id, sound)
    turns = await stages.diarize(job.id, sound, plan)
    heard = [await stages.recognize(job.id, sound, plan, number) for number in range(len(plan.pieces))]
    await stages.finish(job.id, await stages.analyse(job.id, sound, plan, turns, heard))


def test_a_recording_travels_to_its_transcript(bench: Bench) -> None:
    job = bench.job(make_wav(2), tenant=bench.office.tenant(seconds=10))
    stages = bench.stages()
    asyncio.run(travel(stages, job))
    found = bench.office.found(job)
    assert (found.state, found.progress, found.stage, found.duration) == (JobState.SUCCEEDED, 1.0, None, 2.0)
    assert found.warnings == ("Do not rely on this.",)
    assert found.ended_at == bench.office.clock()
    assert bench.office.results.read(job.id).transcript.text == "echo echo"
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
        asyncio.run(stages.finish(job.id, ()))
    asyncio.run(stages.give_up(job.id, ModelMissing()))
    assert bench.office.found(job).state is JobState.CANCELLED
    assert bench.office.accounts.seconds_left(job.tenant_id) == 10
    assert bench.told == []
    with pytest.raises(JobEnded):
        asyncio.run(stages.decode(job.id))


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
