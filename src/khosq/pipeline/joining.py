"""The words of all pieces brought together: one transcript, with what to think of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from khosq.media.waveform import PcmFile, level
from khosq.pipeline.cautions import of_coverage, of_hotwords, of_script
from khosq.pipeline.plan import Plan, Sound, Written
from khosq.speech.alignment import assign_speakers, merge_channels, to_utterances
from khosq.speech.coverage import measure
from khosq.speech.hotwords import hits
from khosq.transcript.coverage import Coverage
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word


def words_of(channel: int, written: Iterable[Written]) -> list[Word]:
    """Return the words of one channel, in order."""
    words = [word for piece in written if piece.channel == channel for word in piece.words]
    return sorted(words, key=lambda word: word.time.start)


def join(sound: Sound, plan: Plan, turns: tuple[Turn, ...] | None, written: Sequence[Written]) -> Transcript:
    """Bring the words of all pieces together, in order, each with its voice, and tell what to think of them."""
    channels = [words_of(number, written) for number in range(sound.channels)]
    language, words = plan.model.language, [word for channel in channels for word in channel]
    coverage = _coverage(plan, channels, written)
    heeded = all(piece.heeds_hotwords for piece in written)
    warnings = (
        *filter(None, (plan.model.warning, plan.identified.warning if plan.identified else None)),
        *of_coverage(coverage),
        *of_script(" ".join(word.text for word in words), language),
        *of_hotwords(wanted=bool(plan.hotwords), heeded=heeded),
    )
    return Transcript(
        language,
        sound.duration,
        _utterances(channels, plan, turns),
        warnings,
        coverage,
        hits(plan.hotwords, words),
        plan.identified.shares if plan.identified else (),
    )


def measure_levels(channels: Sequence[PcmFile], transcript: Transcript) -> tuple[float, ...]:
    """Return how loud each utterance is, in dBFS."""
    return tuple(round(level(channels[one.channel].read(one.time)), 1) for one in transcript.utterances)


def _utterances(
    channels: Sequence[Sequence[Word]], plan: Plan, turns: tuple[Turn, ...] | None
) -> tuple[Utterance, ...]:
    if turns is not None:
        return to_utterances(assign_speakers(channels[plan.spoken_channels[0]], turns))
    if len(channels) > 1:
        return merge_channels(channels)
    return to_utterances([(word, None) for word in channels[0]])


def _coverage(plan: Plan, channels: Sequence[Sequence[Word]], written: Sequence[Written]) -> Coverage:
    measured = [measure(number, regions, channels[number]) for number, regions in enumerate(plan.regions)]
    return Coverage(
        tuple(channel for channel, _ in measured),
        tuple(hole for _, found in measured for hole in found),
        tuple(one for piece in written for one in piece.dropped),
    )
