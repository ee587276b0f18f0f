"""What is done at each stage of the road. A stage may run again after a crash, and then does the same."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog

from khosq.analysis.summary import summarise
from khosq.clock import Clock
from khosq.errors import Failed, KhosqError, QuotaExceeded, RecordingTooLong
from khosq.jobs.job import Job, JobEvent, Stage
from khosq.jobs.results import Outcome, Results
from khosq.jobs.store import InTransaction, JobStore
from khosq.media.decode import DecodeLimits, decode
from khosq.media.sniff import MediaType
from khosq.media.waveform import PcmFile
from khosq.speech import hearing
from khosq.speech.alignment import assign_speakers, merge_channels, to_utterances
from khosq.speech.long_audio import pieces, plan_chunks
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.storage.blobs import Blobs
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

_PATIENCE = 30.0
"""Seconds that any task of a model process may take, besides its sound's own length times ``_SLOWEST``."""
_SLOWEST = 10.0
"""Real-time factor beyond which an engine counts as stuck."""
_HEARD_FROM, _HEARD_TO = 0.15, 0.95
"""Part of the progress bar that recognition fills."""

T = TypeVar("T")

log = structlog.get_logger()


class JobEnded(Exception):
    """The job was cancelled, or has ended otherwise, while it was at work."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded recording: its channels lie in the job's folder."""

    duration: Seconds
    channels: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit of recognition: some chunks of one channel."""

    channel: int
    chunks: tuple[Timespan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who recognises what."""

    model: ModelChoice
    regions: tuple[tuple[Timespan, ...], ...]
    """Where somebody speaks, per channel."""
    pieces: tuple[Piece, ...]


class Stages:
    """The stages, with the tools they need."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: JobStore,
        results: Results,
        blobs: Blobs,
        processes: ModelProcesses,
        *,
        resolve: Callable[[str], ModelChoice],
        models_dir: Path,
        work_dir: Path,
        max_duration: Seconds,
        outbox: Callable[[JobEvent], InTransaction],
        clock: Clock,
    ) -> None:
        self._store = store
        self._results = results
        self._blobs = blobs
        self._processes = processes
        self._resolve = resolve
        self._models_dir = models_dir
        self._work_dir = work_dir
        self._max_duration = max_duration
        self._outbox = outbox
        self._clock = clock

    async def decode(self, job_id: str) -> Sound:
        """Turn the recording into 16 kHz channels, and take its seconds from the quota."""
        job = await asyncio.to_thread(self._start, job_id)
        assert job.recording_key is not None  # noqa: S101 - a queued job has its recording
        folder = self._folder(job_id)
        source = await asyncio.to_thread(self._blobs.materialise, job.recording_key, folder)
        allowed = await asyncio.to_thread(self._store.seconds_allowed, job_id)
        longest = self._max_duration if allowed is None else min(allowed, self._max_duration)
        try:
            decoded = await decode(
                source,
                media_type=MediaType(job.media_type or ""),
                into=folder,
                limits=DecodeLimits(max_seconds=longest),
                most_channels=job.wishes.speakers or 1,
            )
        except RecordingTooLong as error:
            if longest == allowed:
                raise QuotaExceeded from error
            raise
        channels = 1 if decoded.identical_channels else len(decoded.channels)
        sound = Sound(round(decoded.duration, 2), channels)
        await asyncio.to_thread(self._store.reserve, job_id, sound.duration)
        if self._blobs.free_bytes() is None:
            await asyncio.to_thread(self._share, job_id, channels)
        return sound

    async def detect(self, job_id: str, sound: Sound) -> Plan:
        """Choose the model, find where somebody speaks and cut it into pieces."""
        job = await self._note(job_id, Stage.DETECT, 0.1)
        model = await asyncio.to_thread(self._resolve, job.wishes.language)
        channels = await asyncio.to_thread(self._channels, job_id, sound)
        regions = await self._run(hearing.detect_speech, tuple(channels), self._models_dir, seconds=sound.duration)
        planned = tuple(
            Piece(number, chunks)
            for number, channel in enumerate(regions)
            for chunks in pieces(plan_chunks(channel, longest=model.longest_chunk))
        )
        await self._note(job_id, Stage.RECOGNIZE, _HEARD_FROM)
        return Plan(model, tuple(tuple(channel) for channel in regions), planned)

    async def recognize(self, job_id: str, sound: Sound, plan: Plan, number: int) -> tuple[Word, ...]:
        """Write down the words of one piece."""
        piece = plan.pieces[number]
        channels = await asyncio.to_thread(self._channels, job_id, sound)
        seconds = sum(chunk.duration for chunk in piece.chunks)
        words = await self._run(
            hearing.recognize_piece, plan.model, channels[piece.channel], piece.chunks, seconds=seconds
        )
        share = (_HEARD_TO - _HEARD_FROM) * (number + 1) / len(plan.pieces)
        await self._note(job_id, Stage.RECOGNIZE, _HEARD_FROM + share)
        return words

    async def diarize(self, job_id: str, sound: Sound, plan: Plan) -> tuple[Turn, ...] | None:
        """Tell the voices apart, unless nobody asked or each has a channel of its own; then return None."""
        job = await asyncio.to_thread(self._find, job_id)
        if job.wishes.speakers is None or sound.channels > 1:
            return None
        (channel,) = await asyncio.to_thread(self._channels, job_id, sound)
        return await self._run(
            hearing.tell_voices_apart,
            channel,
            plan.regions[0],
            job.wishes.speakers,
            self._models_dir,
            seconds=sound.duration,
        )

    async def analyse(
        self,
        job_id: str,
        sound: Sound,
        plan: Plan,
        turns: tuple[Turn, ...] | None,
        heard: Sequence[tuple[Word, ...]],
    ) -> tuple[str, ...]:
        """Join words and voices into the transcript, draw the findings from it and keep both."""
        job = await self._note(job_id, Stage.ANALYSE, _HEARD_TO)
        transcript = await asyncio.to_thread(_join, job, sound, plan, turns, heard)
        found = await asyncio.to_thread(summarise, transcript)
        outcome = Outcome(transcript, title=found.title, summary=found.summary)
        await asyncio.to_thread(self._results.keep, job_id, outcome)
        return transcript.warnings

    async def finish(self, job_id: str, warnings: tuple[str, ...]) -> None:
        """End the job well; its final state and the webhooks that tell of it are one transaction."""
        now = self._clock()
        changes = {"warnings": list(warnings), "progress": 1.0, "stage": None, "ended_at": now}
        also = [self._outbox(JobEvent.COMPLETED)]
        await asyncio.to_thread(self._store.move, job_id, JobEvent.COMPLETED, now, changes=changes, also=also)
        log.info("job succeeded", action="job_succeeded")

    async def give_up(self, job_id: str, error: KhosqError) -> None:
        """End the job with a sentence that a person can act on; nothing is charged."""
        now = self._clock()
        changes = {"error_code": error.code, "error": error.message, "stage": None, "ended_at": now}
        also = [self._outbox(JobEvent.GIVEN_UP)]
        await asyncio.to_thread(self._store.move, job_id, JobEvent.GIVEN_UP, now, changes=changes, also=also)
        log.info("job failed", action="job_failed", code=error.code, reason=error.message)

    def tidy(self, job_id: str) -> None:
        """Remove what only the work needed."""
        shutil.rmtree(self._folder(job_id), ignore_errors=True)
        self._blobs.delete_prefix(f"work/{job_id}/")

    def _start(self, job_id: str) -> Job:
        changes = {"stage": Stage.DECODE}
        job = self._store.move(job_id, JobEvent.STARTED, self._clock(), changes=changes)
        if job is None:
            raise JobEnded
        log.info("job started", action="job_started", language=job.wishes.language)
        return job

    def _find(self, job_id: str) -> Job:
        job = self._store.find(job_id)
        if job is None:
            raise JobEnded
        return job

    async def _note(self, job_id: str, stage: Stage, progress: float) -> Job:
        await asyncio.to_thread(self._store.note_progress, job_id, stage, progress)
        return await asyncio.to_thread(self._find, job_id)

    async def _run(self, task: Callable[..., T], *args: Any, seconds: Seconds) -> T:
        return await self._processes.run(task, *args, within=_PATIENCE + _SLOWEST * seconds)

    def _folder(self, job_id: str) -> Path:
        folder = self._work_dir / job_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _share(self, job_id: str, channels: int) -> None:
        """Put the channels where another machine's worker can take over."""
        for number in range(channels):
            self._blobs.put_file(_channel_key(job_id, number), self._folder(job_id) / f"channel-{number}.pcm")

    def _channels(self, job_id: str, sound: Sound) -> list[PcmFile]:
        folder = self._folder(job_id)
        paths = [folder / f"channel-{number}.pcm" for number in range(sound.channels)]
        for number, path in enumerate(paths):
            if not path.exists() and self._blobs.free_bytes() is None:
                self._blobs.materialise(_channel_key(job_id, number), folder).rename(path)
            if not path.exists():
                raise Failed("The decoded recording is gone from this worker's disk; submit the recording again.")
        return [PcmFile(path) for path in paths]


def _channel_key(job_id: str, number: int) -> str:
    return f"work/{job_id}/channel-{number}.pcm"


def _join(
    job: Job, sound: Sound, plan: Plan, turns: tuple[Turn, ...] | None, heard: Sequence[tuple[Word, ...]]
) -> Transcript:
    """Bring the words of all pieces together, in order, each with its voice."""
    channels: list[list[Word]] = [[] for _ in range(sound.channels)]
    for piece, words in zip(plan.pieces, heard, strict=True):
        channels[piece.channel].extend(words)
    if sound.channels > 1:
        utterances = merge_channels(channels)
    elif turns is not None:
        utterances = to_utterances(assign_speakers(channels[0], turns))
    else:
        utterances = to_utterances([(word, None) for word in channels[0]])
    warnings = () if plan.model.warning is None else (plan.model.warning,)
    return Transcript(job.wishes.language, sound.duration, tuple(utterances), warnings)
