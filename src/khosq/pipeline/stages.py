"""What is done at each stage of the road. A stage may run again after a crash, and then does the same."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

import sqlalchemy as sa
import structlog

from khosq.clock import Clock
from khosq.errors import (
    AddressRefused,
    Invalid,
    KhosqError,
    NeighbourFailed,
    QuotaExceeded,
    RecordingTooLong,
    SourceUnreachable,
)
from khosq.findings.finding import REDACTION
from khosq.identifiers import new_id
from khosq.jobs.job import AUTO, FINAL, Job, JobEvent, JobState, Keep, Stage, Wishes, ended
from khosq.jobs.results import Outcome, Results
from khosq.jobs.store import InTransaction, JobStore, others_of
from khosq.jobs.submission import own_recording
from khosq.media.beeping import beep
from khosq.media.intake import take_in
from khosq.media.recording import ALL_TYPES, MediaType, StoredRecording
from khosq.media.reencode import encode_small
from khosq.pipeline.findings import Findings, names_of
from khosq.pipeline.joining import join, measure_levels
from khosq.pipeline.plan import Piece, Plan, Sound, Written
from khosq.pipeline.workshop import Workshop
from khosq.recordings.recording import Recording
from khosq.recordings.store import RecordingStore
from khosq.storage.blobs import Blobs
from khosq.storage.blocks import in_thread
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn

_HEARD_FROM, _HEARD_TO = 0.15, 0.95
"""Part of the progress bar that recognition fills."""

_CERTAINLY_DEAD = timedelta(minutes=1)
"""A job that ended so long ago has nobody at work any more."""

_PIECE_BYTES = 1024 * 1024
_MOST_CHANNELS = 8
"""Channels that are written down each on its own."""

Fetch = Callable[[str], AsyncGenerator[bytes, None]]
"""Yields the bytes behind a URL, or raises what ``OutboundClient.fetch`` raises."""

log = structlog.get_logger()


class JobEnded(Exception):
    """The job was cancelled, or has ended otherwise, while it was at work."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the last stage must write down when the job ends well."""

    warnings: tuple[str, ...]
    small: StoredRecording | None
    """The recording encoded anew, where that is what stays of it."""
    wishes: Wishes | None = None
    """The job's, with the language that was found out; None where it was named."""
    findings: tuple[str, ...] = ()
    """Names of what is still to be found in it."""


class Stages:
    """The stages, with the tools they need."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: JobStore,
        results: Results,
        blobs: Blobs,
        workshop: Workshop,
        recordings: RecordingStore,
        *,
        findings: Findings,
        fetch: Fetch,
        max_bytes: int,
        work_dir: Path,
        max_duration: Seconds,
        outbox: Callable[[JobEvent], InTransaction],
        vocabulary: Callable[[str], Sequence[str]],
        noting: Callable[[Job, Transcript], InTransaction],
        clock: Clock,
    ) -> None:
        """Keep what the stages work with.

        ``vocabulary`` returns the hotwords of a tenant, ``noting`` what lets a transcript be found by its words.
        """
        self._store = store
        self._results = results
        self._blobs = blobs
        self._workshop = workshop
        self._recordings = recordings
        self._findings = findings
        self._fetch = fetch
        self._max_bytes = max_bytes
        self._work_dir = work_dir
        self._max_duration = max_duration
        self._outbox = outbox
        self._vocabulary = vocabulary
        self._noting = noting
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def fetch(self, job_id: str) -> None:
        """Start the job, and bring its recording here if it is elsewhere."""
        job = await asyncio.to_thread(self._start, job_id)
        if job.recording is not None or job.source_url is None:
            return
        key = await self._new_key()
        try:
            async with aclosing(self._fetch(job.source_url)) as chunks:
                stored = await take_in(chunks, blobs=self._blobs, key=key, accept=ALL_TYPES, max_bytes=self._max_bytes)
        except NeighbourFailed as error:
            raise SourceUnreachable(error.message, may_come_back=True) from error
        except (AddressRefused, Invalid) as error:
            raise SourceUnreachable(error.message) from error
        recording = own_recording(job, stored, self._clock())
        await in_thread(partial(self._keep_fetched, job_id, recording))

    async def decode(self, job_id: str) -> Sound:
        """Turn the recording into 16 kHz channels, and take its seconds from the quota."""
        job = await asyncio.to_thread(self._find, job_id)
        await asyncio.to_thread(self._store.note_progress, job_id, Stage.DECODE, 0.0)
        allowed = await asyncio.to_thread(self._store.seconds_allowed, job_id)
        longest = self._max_duration if allowed is None else min(allowed, self._max_duration)
        try:
            sound = await self._decode(job, max_seconds=longest)
        except RecordingTooLong as error:
            if longest == allowed:
                raise QuotaExceeded from error
            raise
        await asyncio.to_thread(self._store.reserve, job_id, sound.duration)
        await asyncio.to_thread(
            self._recordings.describe,
            _recording(job).id,
            kind="video" if sound.has_video else "audio",
            duration=sound.duration,
        )
        return sound

    async def detect(self, job_id: str, sound: Sound) -> Plan:
        """Find where somebody speaks, choose the model and cut the speech into pieces."""
        job = await self._note(job_id, Stage.DETECT, _HEARD_FROM / 2)
        folder = await self._decoded(job_id, sound)
        wishes = job.wishes
        vocabulary = await asyncio.to_thread(self._vocabulary, job.tenant_id)
        plan = await self._workshop.plan(
            folder,
            sound,
            language=None if wishes.language == AUTO else wishes.language,
            languages=wishes.languages,
            hotwords=tuple(dict.fromkeys((*wishes.hotwords, *vocabulary))),
            suppress_cross_talk=not wishes.multichannel,
            on_pull=_Pull(partial(self._store.note_progress, job_id, Stage.MODEL)),
        )
        await self._note(job_id, Stage.RECOGNIZE, _HEARD_FROM)
        return plan

    async def recognize(self, job_id: str, sound: Sound, plan: Plan, piece: Piece) -> Written:
        """Write down the words of one piece."""
        turns = self._turns.setdefault(job_id, asyncio.Semaphore(self._workshop.slots))
        async with turns:  # a long recording takes its turn with the others instead of queueing all its pieces first
            folder = await self._decoded(job_id, sound)
            written = await self._workshop.recognize(folder, sound, plan, piece)
        done = plan.pieces.index(piece) + 1 if piece in plan.pieces else len(plan.pieces)  # a hole comes after all
        await self._note(job_id, Stage.RECOGNIZE, _HEARD_FROM + (_HEARD_TO - _HEARD_FROM) * done / len(plan.pieces))
        return written

    async def find_holes(self, job_id: str, sound: Sound, plan: Plan, written: Sequence[Written]) -> tuple[Piece, ...]:
        """Return, as pieces, the speech that has no words and is to be heard once more."""
        folder = await self._decoded(job_id, sound)
        return await self._workshop.find_holes(folder, sound, plan, written)

    async def diarize(self, job_id: str, sound: Sound, plan: Plan) -> tuple[Turn, ...] | None:
        """Tell the voices apart, where that was asked for."""
        job = await asyncio.to_thread(self._find, job_id)
        folder = await self._decoded(job_id, sound)
        speakers = None if job.wishes.multichannel else job.wishes.speakers
        return await self._workshop.diarize(folder, sound, plan, speakers=speakers)

    async def analyse(
        self,
        job_id: str,
        sound: Sound,
        plan: Plan,
        turns: tuple[Turn, ...] | None,
        written: Sequence[Written],
    ) -> Made:
        """Join words and voices into the transcript and keep it."""
        job = await self._note(job_id, Stage.ANALYSE, _HEARD_TO)
        joined = await asyncio.to_thread(join, sound, plan, turns, written)
        transcript = await self._workshop.write_out(joined, written, punctuation=job.wishes.punctuation)
        spans = None
        if REDACTION in job.wishes.features:
            transcript, personal = await self._findings.redact(job, transcript)
            spans = personal.spans
        folder = await self._decoded(job_id, sound)
        levels = await asyncio.to_thread(measure_levels, sound.files(folder), transcript)
        await in_thread(partial(self._keep_outcome, job_id, Outcome(transcript, plan.regions, levels)))
        is_replaced = job.wishes.keep is Keep.SMALL or (spans is not None and job.wishes.keep is Keep.ORIGINAL)
        small = await self._encode_small(job, sound, spans) if is_replaced and _recording(job).is_of_job else None
        is_open = job.wishes.language == AUTO
        wishes = replace(job.wishes, language=transcript.language) if is_open else None
        return Made(transcript.warnings, small, wishes, names_of(job.wishes))

    async def find(self, job_id: str, name: str) -> None:
        """Have one thing found that was asked for; that it failed is a finding too, and keeps no transcript back."""
        await self._findings.find(await asyncio.to_thread(self._find, job_id), name)

    async def finish(self, job_id: str, made: Made) -> None:
        """End the job well; its final state and the webhooks that tell of it are one transaction."""
        now = self._clock()
        changes = ended(now) | {"warnings": list(made.warnings), "progress": 1.0}
        if made.wishes is not None:
            changes["wishes"] = asdict(made.wishes)
        also = [self._outbox(JobEvent.COMPLETED)]
        if made.small is not None:
            also.append(partial(self._shrink, made.small, now))
        job = await asyncio.to_thread(self._store.find, job_id)
        if job is not None and job.state is JobState.RUNNING:
            outcome = await asyncio.to_thread(self._results.read, job_id)
            also.append(await asyncio.to_thread(self._noting, job, outcome.transcript))
        if await asyncio.to_thread(self._store.move, job_id, JobEvent.COMPLETED, now, changes=changes, also=also):
            log.info("job succeeded", action="job_succeeded")
            return
        job = await asyncio.to_thread(self._store.find, job_id)
        if job is None or job.state is not JobState.SUCCEEDED:  # cancelled or deleted; else a dead worker came so far
            await asyncio.to_thread(self._results.remove, job_id)
            if made.small is not None:
                await asyncio.to_thread(self._blobs.delete, made.small.key)
            raise JobEnded

    async def give_up(self, job_id: str, error: KhosqError) -> None:
        """End the job with a sentence that a person can act on; nothing is charged."""
        now = self._clock()
        changes = ended(now, error)
        also = [self._outbox(JobEvent.GIVEN_UP)]
        if await asyncio.to_thread(self._store.move, job_id, JobEvent.GIVEN_UP, now, changes=changes, also=also):
            log.info("job failed", action="job_failed", code=error.code, reason=error.message)

    def tidy(self, job_id: str) -> None:
        """Remove what only the work needed."""
        shutil.rmtree(self._work_dir / job_id, ignore_errors=True)

    def tidy_ended(self) -> None:
        """Remove what a dead worker left of jobs that ended meanwhile."""
        latest = self._clock() - _CERTAINLY_DEAD
        for folder in self._work_dir.glob("*"):
            job = self._store.find(folder.name)
            if job is None or (job.ended_at is not None and job.ended_at < latest):
                self.tidy(folder.name)

    def _start(self, job_id: str) -> Job:
        changes = {"stage": Stage.FETCH}
        job = self._store.move(job_id, JobEvent.STARTED, self._clock(), changes=changes)
        if job is None:
            raise JobEnded
        log.info("job started", action="job_started", language=job.wishes.language)
        return job

    async def _new_key(self) -> str:
        """Return where bytes may go; they are removed unless a recording is made of them."""
        key = f"recordings/{new_id()}"
        await asyncio.to_thread(self._recordings.expect, key, self._clock())
        return key

    def _keep_fetched(self, job_id: str, recording: Recording) -> None:
        if not self._store.keep_fetched(job_id, recording):
            self._blobs.delete(recording.key)
            raise JobEnded

    def _keep_outcome(self, job_id: str, outcome: Outcome) -> None:
        """Keep what was made of a job, unless it was deleted meanwhile, and all that it had made with it."""
        self._results.keep(job_id, outcome)
        if self._store.find(job_id) is None:
            self._results.remove(job_id)
            raise JobEnded

    def _find(self, job_id: str) -> Job:
        job = self._store.find(job_id)
        if job is None or job.state in FINAL:
            raise JobEnded
        return job

    async def _note(self, job_id: str, stage: Stage, progress: float) -> Job:
        await asyncio.to_thread(self._store.note_progress, job_id, stage, progress)
        return await asyncio.to_thread(self._find, job_id)

    async def _decode(self, job: Job, *, max_seconds: Seconds) -> Sound:
        folder = self._work_dir / job.id
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return await self._workshop.decode(
            await asyncio.to_thread(self._blobs.materialise, _recording(job).key, folder),
            media_type=MediaType(_recording(job).media_type),
            into=folder,
            max_seconds=max_seconds,
            most_channels=_MOST_CHANNELS if job.wishes.multichannel else job.wishes.speakers or 1,
            merge_identical=not job.wishes.multichannel,
        )

    async def _encode_small(self, job: Job, sound: Sound, spans: Sequence[Timespan] | None) -> StoredRecording:
        """Encode a recording anew; ``spans`` are those that nobody may hear."""
        folder = await self._decoded(job.id, sound)
        path = folder / "small.ogg"
        if spans is None:
            await asyncio.to_thread(encode_small, sound.files(folder), path)
        else:
            await asyncio.to_thread(beep, sound.files(folder), spans, path)
        key = await self._new_key()
        size, sha256 = await self._blobs.write(key, _pieces(path), max_bytes=path.stat().st_size)
        return StoredRecording(key, MediaType.OGG, size, sha256)

    def _shrink(self, small: StoredRecording, at: datetime, connection: sa.Connection, job: Job) -> None:
        if others_of(connection, job):  # they were asked to be made of the whole recording
            self._recordings.discard(connection, [small.key], at)
        else:
            self._recordings.replace(connection, _recording(job), small, at)

    async def _decoded(self, job_id: str, sound: Sound) -> Path:
        """Return the folder with the job's channels; they are decoded again where another machine had them."""
        folder = self._work_dir / job_id
        async with self._locks.setdefault(job_id, asyncio.Lock()):
            if not await asyncio.to_thread(sound.lies_in, folder):
                job = await asyncio.to_thread(self._find, job_id)
                await self._decode(job, max_seconds=self._max_duration)
        return folder


class _Pull:
    """Notes how much of a model has come, at every percent of it."""

    def __init__(self, note: Callable[[float], None]) -> None:
        self._note = note
        self._percent: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        percent = 100 * min(done, total) // total if total else 0
        if percent != self._percent:
            self._percent = percent
            self._note(_HEARD_FROM / 2 * (1 + percent / 100))


def _recording(job: Job) -> Recording:
    if job.recording is None:
        raise JobEnded  # deleted by its owner while it was at work
    return job.recording


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
