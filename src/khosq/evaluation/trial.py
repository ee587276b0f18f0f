"""A trial: one model hears clips on the road that every job takes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from khosq.errors import KhosqError, MediaUnreadable
from khosq.evaluation.contestants import Contestant
from khosq.evaluation.der import DiarizationErrors, diarization_errors
from khosq.evaluation.manifest import Clip
from khosq.evaluation.metering import cpu_seconds, peak_memory
from khosq.evaluation.spelling import as_scored
from khosq.evaluation.wer import Errors, character_errors, word_errors
from khosq.media.sniff import sniff_file
from khosq.media.waveform import SAMPLE_RATE
from khosq.pipeline.joining import join
from khosq.pipeline.plan import Piece, Plan, Sound
from khosq.pipeline.workshop import Workshop
from khosq.speech.models import ModelEntry
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn

_MOST_VOICES = 10
_COLLARS: tuple[Seconds, Seconds] = (0.25, 0.0)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a clip, and what it took."""

    transcript: Transcript
    wall: Seconds
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well one clip was heard."""

    clip: Clip
    heard: Heard | None
    """None where it failed."""
    failure: str | None
    words: Errors | None
    """None without a reference; all deleted where the clip failed."""
    characters: Errors | None
    voices: DiarizationErrors | None
    """With a collar of 0.25 s; None without reference turns; all missed where the clip failed."""
    voices_strictly: DiarizationErrors | None
    """Without a collar."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One model and every clip."""

    entry: ModelEntry
    language: str
    outcomes: tuple[Outcome, ...]
    loading: Seconds
    """Until the model was in memory."""
    cpu: Seconds | None
    """Processor time of decoders and the model process, without loading; None where the system does not tell."""
    peak_memory: int | None
    """Bytes of the model process, with what its engine started."""


async def try_model(  # noqa: PLR0913 - one call says the whole trial
    workshop: Workshop,
    contestant: Contestant,
    clips: Sequence[Clip],
    *,
    max_seconds: Seconds,
    speakers: int | None,
    on_clip: Callable[[], None],
) -> Trial:
    """Let a model hear clips one after another.

    Args:
        workshop: where it hears; it chooses this model and nothing else is done in it.
        contestant: the model, which is installed.
        clips: what is heard.
        max_seconds: longer clips fail.
        speakers: how many voices to tell apart in each clip; None: as many as are known of the clip.
        on_clip: called after each.

    Raises:
        EngineFailed: the model cannot be loaded.

    """
    began = time.perf_counter()
    await _load(workshop, contestant.choice)
    loading = time.perf_counter() - began
    language, before, outcomes = contestant.choice.language, cpu_seconds(), []
    for clip in clips:
        outcomes.append(await _try_clip(workshop, clip, language, max_seconds, speakers or clip.voices))
        on_clip()
    after = cpu_seconds()
    cpu = None if before is None or after is None else after - before
    return Trial(contestant.entry, language, tuple(outcomes), loading, cpu, peak_memory())


async def _load(workshop: Workshop, choice: ModelChoice) -> None:
    """Have the model hear a second of silence, so that no clip waits for it."""
    second = Timespan(0, 1)
    piece = Piece(0, (second,))
    with tempfile.TemporaryDirectory(prefix="khosq-") as scratch:
        sound = Sound(second.duration, 1)
        for file in sound.files(Path(scratch)):
            file.path.write_bytes(bytes(2 * SAMPLE_RATE))
        await workshop.recognize(Path(scratch), sound, Plan(choice, ((second,),), (piece,)), piece)


async def _try_clip(
    workshop: Workshop, clip: Clip, language: str, max_seconds: Seconds, speakers: int | None
) -> Outcome:
    voices = None if speakers is None else min(speakers, _MOST_VOICES)
    try:
        heard = await _hear(workshop, clip, language, max_seconds, voices)
    except (KhosqError, OSError) as error:
        return mark(clip, language, None, str(error))
    return mark(clip, language, heard, None)


async def _hear(workshop: Workshop, clip: Clip, language: str, max_seconds: Seconds, speakers: int | None) -> Heard:
    began = time.perf_counter()
    media_type = sniff_file(clip.audio)
    if media_type is None:
        raise MediaUnreadable("It is no recording that is read here: MP3, WAV, FLAC, OGG, M4A, AAC, AMR or video.")
    with tempfile.TemporaryDirectory(prefix="khosq-") as scratch:
        folder = Path(scratch)
        sound = await workshop.decode(
            clip.audio, media_type=media_type, into=folder, max_seconds=max_seconds, most_channels=speakers or 1
        )
        plan = await workshop.plan(folder, sound, language=language)
        try:
            async with asyncio.TaskGroup() as group:
                voices = group.create_task(workshop.diarize(folder, sound, plan, speakers=speakers))
                pieces = [group.create_task(workshop.recognize(folder, sound, plan, piece)) for piece in plan.pieces]
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from broken
        turns, written = voices.result(), [piece.result() for piece in pieces]
        holes = await workshop.find_holes(folder, sound, plan, written)
        written += [await workshop.recognize(folder, sound, plan, hole) for hole in holes]
        transcript = join(sound, plan, turns, written)
    return Heard(transcript, time.perf_counter() - began, _turns(plan, turns))


def _turns(plan: Plan, turns: tuple[Turn, ...] | None) -> tuple[Turn, ...]:
    """Return who speaks when: by voice where they were told apart, else by channel."""
    if turns is not None:
        return turns
    return tuple(Turn(region, channel) for channel, regions in enumerate(plan.regions) for region in regions)


def mark(clip: Clip, language: str, heard: Heard | None, failure: str | None) -> Outcome:
    """Score what came of a clip against what is known of it; of one that failed nothing came."""
    text = heard.transcript.text if heard else ""
    words = characters = voices = strictly = None
    if clip.reference is not None:
        scored = [as_scored(one, language=language) for one in (clip.reference, text)]
        words, characters = word_errors(*scored, language=language), character_errors(*scored, language=language)
    if clip.turns is not None:
        turns = heard.turns if heard else ()
        voices, strictly = (diarization_errors(clip.turns, turns, collar=collar) for collar in _COLLARS)
    return Outcome(clip, heard, failure, words, characters, voices, strictly)
