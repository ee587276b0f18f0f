"""The craft of the road, without jobs: from a recording's file to its transcript, on plain values.

The durable stages and ``khosq transcribe`` both stand on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from khosq.media.decode import DecodeLimits, decode
from khosq.media.recording import MediaType
from khosq.media.waveform import PcmFile
from khosq.speech import hearing
from khosq.speech.alignment import assign_speakers, merge_channels, to_utterances
from khosq.speech.long_audio import pieces, plan_chunks, quietest_spot
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

_PATIENCE = 30.0
"""Seconds that any task of a model process may take, besides its sound's own length times ``_SLOWEST``."""
_SLOWEST = 10.0
"""Real-time factor beyond which an engine counts as stuck."""

_ROUNDING = 0.01

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded recording: its channels lie in a folder of its own."""

    duration: Seconds
    channels: int
    has_video: bool = False
    """Moving pictures came with it."""

    def files(self, folder: Path) -> list[PcmFile]:
        """Return the channels, which lie in ``folder``."""
        return [PcmFile(folder / f"channel-{number}.pcm") for number in range(self.channels)]

    def lies_in(self, folder: Path) -> bool:
        """Tell whether ``folder`` holds every channel in full; a killed decoder leaves them cut short."""
        files = self.files(folder)
        return all(file.path.exists() and abs(file.duration - self.duration) < _ROUNDING for file in files)


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

    @property
    def spoken_channels(self) -> list[int]:
        """Channels on which anybody speaks: one of a call recorded on one side only."""
        return [number for number, regions in enumerate(self.regions) if regions]


class Workshop:
    """Decodes, hears and joins; the heavy work runs in children."""

    def __init__(self, processes: ModelProcesses, *, resolve: Callable[[str], ModelChoice], models_dir: Path) -> None:
        self.slots = processes.slots
        self._processes = processes
        self._resolve = resolve
        self._models_dir = models_dir

    async def decode(  # noqa: PLR0913 - one call says the whole task
        self,
        source: Path,
        *,
        media_type: MediaType,
        into: Path,
        max_seconds: Seconds,
        most_channels: int,
        merge_identical: bool = True,
    ) -> Sound:
        """Turn a recording into 16 kHz channels; one that has more than ``most_channels`` is mixed into one."""
        decoded = await decode(
            source,
            media_type=media_type,
            into=into,
            limits=DecodeLimits(max_seconds=max_seconds),
            most_channels=most_channels,
        )
        channels = 1 if decoded.identical_channels and merge_identical else len(decoded.channels)
        return Sound(round(decoded.duration, 2), channels, decoded.has_video)

    async def plan(self, folder: Path, sound: Sound, *, language: str, suppress_cross_talk: bool = True) -> Plan:
        """Choose the model, find where somebody speaks and cut it into pieces."""
        model = await asyncio.to_thread(self._resolve, language)
        channels = tuple(sound.files(folder))
        groups = [channels] if suppress_cross_talk else [(channel,) for channel in channels]
        found = [
            await self._run(hearing.detect_speech, group, self._models_dir, seconds=sound.duration) for group in groups
        ]
        regions = tuple(region for group in found for region in group)
        planned = await asyncio.to_thread(_cut, channels, regions, model.longest_chunk)
        return Plan(model, regions, planned)

    async def recognize(self, folder: Path, sound: Sound, plan: Plan, number: int) -> tuple[Word, ...]:
        """Write down the words of one piece."""
        piece = plan.pieces[number]
        channel = sound.files(folder)[piece.channel]
        seconds = sum(chunk.duration for chunk in piece.chunks)
        return await self._run(hearing.recognize_piece, plan.model, channel, piece.chunks, seconds=seconds)

    async def diarize(self, folder: Path, sound: Sound, plan: Plan, *, speakers: int | None) -> tuple[Turn, ...] | None:
        """Tell the voices apart; None where nobody asked or each speaks on a channel of its own."""
        if speakers is None or len(plan.spoken_channels) != 1:
            return None
        (number,) = plan.spoken_channels
        channel, regions = sound.files(folder)[number], plan.regions[number]
        return await self._run(
            hearing.tell_voices_apart, channel, regions, speakers, self._models_dir, seconds=sound.duration
        )

    async def _run(self, task: Callable[..., T], *args: Any, seconds: Seconds) -> T:
        return await self._processes.run(task, *args, within=_PATIENCE + _SLOWEST * seconds)


def _cut(channels: Sequence[PcmFile], regions: Sequence[Sequence[Timespan]], longest: Seconds) -> tuple[Piece, ...]:
    """Cut speech at its pauses, or where it is quietest, into units of recognition."""
    return tuple(
        Piece(number, chunks)
        for number, (channel, spoken) in enumerate(zip(channels, regions, strict=True))
        for chunks in pieces(plan_chunks(spoken, longest=longest, quiet_spot=partial(quietest_spot, channel)))
    )


def join(sound: Sound, plan: Plan, turns: tuple[Turn, ...] | None, heard: Sequence[tuple[Word, ...]]) -> Transcript:
    """Bring the words of all pieces together, in order, each with its voice."""
    channels: list[list[Word]] = [[] for _ in range(sound.channels)]
    for piece, words in zip(plan.pieces, heard, strict=True):
        channels[piece.channel].extend(words)
    if turns is not None:
        utterances = to_utterances(assign_speakers(channels[plan.spoken_channels[0]], turns))
    elif sound.channels > 1:
        utterances = merge_channels(channels)
    else:
        utterances = to_utterances([(word, None) for word in channels[0]])
    warnings = () if plan.model.warning is None else (plan.model.warning,)
    return Transcript(plan.model.language, sound.duration, utterances, warnings)
