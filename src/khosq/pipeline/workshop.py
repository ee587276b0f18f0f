"""The craft of the road, without jobs: from a recording's file to its transcript, on plain values.

The durable stages and ``khosq transcribe`` both stand on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.decode import DecodeLimits, decode
from khosq.media.recording import MediaType
from khosq.media.waveform import PcmFile
from khosq.pipeline.joining import join, words_of
from khosq.pipeline.plan import Piece, Plan, Sound, Written
from khosq.speech import hearing
from khosq.speech.batches import Recognition
from khosq.speech.coverage import holes, large, to_hear_again
from khosq.speech.decoding import Part
from khosq.speech.doubts import Doubt, doubt
from khosq.speech.gate import within_speech
from khosq.speech.hearing import Answer
from khosq.speech.hub import Progress
from khosq.speech.identification import Identified, find_identifier, identify, missing_identifier, one_of_each, windows
from khosq.speech.long_audio import is_nearly_silent, pieces, plan_chunks, quietest_spot
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice, choose, find_part
from khosq.speech.second_hearing import Verdict, judge, recut
from khosq.speech.writing.by_model import write_with_model
from khosq.speech.writing.transcripts import write
from khosq.transcript.coverage import Dropped
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

log = structlog.get_logger()

_PATIENCE = 30.0
"""Seconds that any task of a model process may take, besides its sound's own length times ``_SLOWEST``."""
_SLOWEST = 10.0
"""Real-time factor beyond which an engine counts as stuck."""

T = TypeVar("T")


class Resolve(Protocol):
    """Chooses the model of a language, and fetches it first where it may."""

    def __call__(self, language: str, *, on_progress: Progress | None = None) -> ModelChoice:
        """Return the choice."""
        ...


class Workshop:
    """Decodes, hears and joins; the heavy work runs in children."""

    def __init__(
        self,
        processes: ModelProcesses,
        *,
        resolve: Resolve,
        models_dir: Path,
        languages: Callable[[], Sequence[str]],
        recognition: Recognition | None = None,
    ) -> None:
        """Prepare the workshop.

        Args:
            processes: where models run.
            resolve: chooses the model of a language.
            models_dir: where models lie.
            languages: returns what may be spoken where a caller names no language, the usual one first.
            recognition: what recognises, and where; in ``processes`` unless given.

        """
        self.slots = processes.slots
        self._recognition = recognition or Recognition(processes)
        self._languages = languages
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

    async def plan(  # noqa: PLR0913 - one call says the whole task
        self,
        folder: Path,
        sound: Sound,
        *,
        language: str | None,
        languages: Sequence[str] = (),
        hotwords: Sequence[str] = (),
        suppress_cross_talk: bool = True,
        on_pull: Progress | None = None,
    ) -> Plan:
        """Find where somebody speaks, choose the model and cut the speech into pieces.

        Args:
            folder: where the channels lie.
            sound: the recording.
            language: BCP 47 tag; None: it is found out.
            languages: which ones may be spoken, where that is found out; none: any that can be written down here.
            hotwords: words and names to expect.
            suppress_cross_talk: whether what leaks from one channel to the other is no speech.
            on_pull: told of a model that is fetched.

        """
        channels = tuple(sound.files(folder))
        groups = [channels] if suppress_cross_talk else [(channel,) for channel in channels]
        found = [
            await self._run(hearing.detect_speech, group, self._models_dir, seconds=sound.duration) for group in groups
        ]
        regions = tuple(region for group in found for region in group)
        identified = None
        if language is None:
            among = one_of_each(languages or await asyncio.to_thread(self._languages))
            identified = await self._identify(channels, regions, among)
            language = identified.language if identified else among[0]
        model = await asyncio.to_thread(partial(self._resolve, language, on_progress=on_pull))
        planned = await asyncio.to_thread(_cut, channels, regions, model.longest_chunk)
        return Plan(model, regions, planned, tuple(hotwords), identified)

    async def recognize(self, folder: Path, sound: Sound, plan: Plan, piece: Piece) -> Written:
        """Write down the words of one piece; doubtful ones are heard again."""
        channel = sound.files(folder)[piece.channel]
        answer = await self._hear(channel, plan, piece.chunks)
        verdicts = {
            chunk: Verdict(words)
            if (why := doubt(words, seconds=chunk.duration, language=plan.model.language)) is None
            else await self._hear_again(channel, plan, chunk, words, why)
            for chunk, words in zip(piece.chunks, answer.words, strict=True)
        }
        dropped = [
            Dropped(piece.channel, chunk, verdict.dropped, verdict.why)
            for chunk, verdict in verdicts.items()
            if verdict.dropped
        ]
        words = [word for verdict in verdicts.values() for word in verdict.words]
        regions, traits = plan.regions[piece.channel], answer.traits
        kept, silent = within_speech(words, regions, times_are_heard=traits.gives_word_times)
        dropped += [Dropped(piece.channel, word.time, 1, "silence") for word in silent]
        return Written(piece.channel, tuple(kept), tuple(dropped), traits.takes_hotwords, traits.punctuates)

    async def find_holes(self, folder: Path, sound: Sound, plan: Plan, written: Sequence[Written]) -> tuple[Piece, ...]:
        """Return, as pieces, the speech that has no words and is to be heard once more."""
        return await asyncio.to_thread(_holes_to_hear, sound.files(folder), plan, written)

    async def diarize(self, folder: Path, sound: Sound, plan: Plan, *, speakers: int | None) -> tuple[Turn, ...] | None:
        """Tell the voices apart; None where nobody asked or each speaks on a channel of its own."""
        if speakers is None or len(plan.spoken_channels) != 1:
            return None
        (number,) = plan.spoken_channels
        channel, regions = sound.files(folder)[number], plan.regions[number]
        return await self._run(
            hearing.tell_voices_apart, channel, regions, speakers, self._models_dir, seconds=sound.duration
        )

    async def _hear(self, channel: PcmFile, plan: Plan, chunks: Sequence[Timespan]) -> Answer:
        within = _PATIENCE + _SLOWEST * sum(chunk.duration for chunk in chunks)
        return await self._recognition.recognize(plan.model, Part(channel, tuple(chunks)), plan.hotwords, within=within)

    async def _hear_again(
        self, channel: PcmFile, plan: Plan, chunk: Timespan, first: Sequence[Word], why: Doubt
    ) -> Verdict:
        """Have a doubtful chunk heard once more, cut differently, and judge what was heard."""
        quiet_spot, longest = partial(quietest_spot, channel), plan.model.longest_chunk
        cut = await asyncio.to_thread(
            partial(recut, chunk, longest=longest, until=channel.duration, quiet_spot=quiet_spot)
        )
        answer = await self._hear(channel, plan, cut)
        is_silent = await asyncio.to_thread(is_nearly_silent, channel, chunk)
        second = [word for words in answer.words for word in words if chunk.start <= word.time.middle <= chunk.end]
        return judge(first, second, why=why, chunk=chunk, language=plan.model.language, is_silent=is_silent)

    async def _identify(
        self, channels: Sequence[PcmFile], regions: Sequence[Sequence[Timespan]], among: Sequence[str]
    ) -> Identified | None:
        """Return which language is spoken; None where nobody speaks."""
        identifier = await asyncio.to_thread(find_identifier, self._models_dir)
        if identifier is None:
            raise ModelMissing(await asyncio.to_thread(missing_identifier, self._models_dir))
        heard = [
            (
                window,
                await self._run(
                    hearing.identify_language, identifier, channels[channel], window, among, seconds=window.duration
                ),
            )
            for channel, window in windows(regions)
        ]
        return identify(heard)

    async def transcribe(
        self,
        folder: Path,
        sound: Sound,
        plan: Plan,
        *,
        speakers: int | None = None,
        on_progress: Callable[[float], None] = lambda _: None,
    ) -> Transcript:
        """Take a planned recording to its transcript, here and now.

        Args:
            folder: where the channels lie.
            sound: the recording.
            plan: how it is heard.
            speakers: how many voices to tell apart.
            on_progress: told which part of the pieces is done.

        """
        done = 0

        async def hear(piece: Piece) -> Written:
            nonlocal done
            written = await self.recognize(folder, sound, plan, piece)
            done += 1
            on_progress(min(1.0, done / len(plan.pieces)))
            return written

        try:
            async with asyncio.TaskGroup() as group:
                voices = group.create_task(self.diarize(folder, sound, plan, speakers=speakers))
                heard = [group.create_task(hear(piece)) for piece in plan.pieces]
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from broken
        written = [task.result() for task in heard]
        written += [await hear(piece) for piece in await self.find_holes(folder, sound, plan, written)]
        return await self.write_out(join(sound, plan, voices.result(), written), written)

    async def write_out(
        self, transcript: Transcript, written: Sequence[Written], *, punctuation: bool = True
    ) -> Transcript:
        """Return a transcript as people write it: with numbers in digits, and marks and capitals if wanted."""
        said, language = transcript.utterances, transcript.language
        punctuates = all(piece.punctuates for piece in written)
        if punctuation and not punctuates:
            find = partial(find_part, "punctuator", language, models_dir=self._models_dir)
            if (model := await asyncio.to_thread(find)) is not None:
                choice = choose(model, language, models_dir=self._models_dir)
                try:
                    marked = await self._run(write_with_model, said, choice, seconds=transcript.duration)
                    return replace(transcript, utterances=marked)
                except EngineFailed as error:  # the words are there: the rules set their marks
                    log.warning("punctuation model broke", action="marks_by_rules", model=model.name, reason=str(error))
        by_rules = partial(write, said, language, punctuates=punctuates, punctuation=punctuation)
        return replace(transcript, utterances=await asyncio.to_thread(by_rules))

    async def _run(self, task: Callable[..., T], *args: Any, seconds: Seconds) -> T:
        return await self._processes.run(task, *args, within=_PATIENCE + _SLOWEST * seconds)


def _cut(channels: Sequence[PcmFile], regions: Sequence[Sequence[Timespan]], longest: Seconds) -> tuple[Piece, ...]:
    """Cut speech at its pauses, or where it is quietest, into units of recognition."""
    return tuple(
        Piece(number, chunks)
        for number, (channel, spoken) in enumerate(zip(channels, regions, strict=True))
        for chunks in pieces(plan_chunks(spoken, longest=longest, quiet_spot=partial(quietest_spot, channel)))
    )


def _holes_to_hear(channels: Sequence[PcmFile], plan: Plan, written: Sequence[Written]) -> tuple[Piece, ...]:
    """Cut the larger holes anew, in shorter chunks; where words were dropped, two hearings were enough."""
    settled = [one for piece in written for one in piece.dropped if one.reason != "silence"]
    stretches = []
    for number, regions in enumerate(plan.regions):
        worded = [word.time for word in words_of(number, written)]
        found = large(holes(regions, [*worded, *(one.time for one in settled if one.channel == number)]))
        stretches.append(to_hear_again(found, regions))
    return _cut(channels, stretches, plan.model.longest_chunk / 2)
