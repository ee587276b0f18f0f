"""Long recordings: where to cut them so that an engine hears every word once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.transcript.timespan import Seconds, Timespan

LONG_PAUSE: Seconds = 1.0
"""A pause that always ends a chunk."""
SHORTEST_SHARE = 0.5
"""A chunk that must be cut somewhere is cut after at least this share of the longest allowed."""
SMALLEST_REST = 0.25
"""What a cut leaves over has at least this share of the longest allowed."""
QUIET_WINDOW: Seconds = 0.05
NEARLY_SILENT = 0.002
"""Root of the mean square of samples, −54 dB of full scale: a soft hiss."""

QuietSpot = Callable[[Timespan], Seconds]
"""Returns the moment in a stretch of speech at which a cut hurts least."""


def plan_chunks(
    regions: Sequence[Timespan], *, longest: Seconds, quiet_spot: QuietSpot | None = None
) -> list[Timespan]:
    """Return the chunks that an engine is to hear: every region, in order, none longer than ``longest``.

    Neighbouring regions are joined over short pauses. Where a cut is needed it is made at the longest pause within
    reach, or, inside a region without one, at its quietest spot.

    Args:
        regions: where somebody speaks, in order, not touching.
        longest: seconds of one chunk.
        quiet_spot: finds where to cut speech that has no pause; without it the cut is blind.

    """
    chunks: list[Timespan] = []
    waiting = list(reversed(regions))
    while waiting:
        joined = [waiting.pop()]
        while waiting and waiting[-1].start - joined[-1].end < LONG_PAUSE and _reaches(joined[0], waiting[-1], longest):
            joined.append(waiting.pop())
        if joined[0].duration > longest:
            head, rest = _cut_speech(joined[0], longest, quiet_spot)
            chunks.append(head)
            waiting.append(rest)
            continue
        if waiting and waiting[-1].start - joined[-1].end < LONG_PAUSE:  # no room for the next: cut at a pause
            kept = _regions_to_keep([*joined, waiting[-1]], longest)
            waiting.extend(reversed(joined[kept:]))
            joined = joined[:kept]
        chunks.append(Timespan(joined[0].start, joined[-1].end))
    return chunks


def pieces(chunks: Sequence[Timespan], *, seconds: Seconds = 60.0) -> list[tuple[Timespan, ...]]:
    """Group chunks, in order, into units of durable work of about ``seconds`` of sound each."""
    units: list[tuple[Timespan, ...]] = []
    unit: list[Timespan] = []
    for chunk in chunks:
        if unit and sum(one.duration for one in unit) + chunk.duration > seconds:
            units.append(tuple(unit))
            unit = []
        unit.append(chunk)
    return [*units, tuple(unit)] if unit else units


def quietest_spot(sound: PcmFile, within: Timespan) -> Seconds:
    """Return the middle of the quietest 50 ms of a stretch of sound."""
    samples = sound.read(within)
    window = round(QUIET_WINDOW * SAMPLE_RATE)
    if len(samples) <= window:
        return within.middle
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    quietest = int(np.argmin(energy[window:] - energy[:-window]))
    return within.start + (quietest + window / 2) / SAMPLE_RATE


def is_nearly_silent(sound: PcmFile, time: Timespan) -> bool:
    """Tell whether a stretch of sound has next to no energy."""
    samples = sound.read(time)
    return not len(samples) or float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) < NEARLY_SILENT


def _reaches(first: Timespan, last: Timespan, longest: Seconds) -> bool:
    return Timespan(first.start, last.end).duration <= longest


def _regions_to_keep(joined: Sequence[Timespan], longest: Seconds) -> int:
    """Return after how many of these regions the longest pause comes, not counting those that come too early."""
    pauses = [(after.start - before.end, count) for count, (before, after) in enumerate(pairwise(joined), start=1)]
    late = [
        (pause, count) for pause, count in pauses if joined[count - 1].end - joined[0].start >= longest * SHORTEST_SHARE
    ]
    return max(late or pauses[-1:])[1]


def _cut_speech(region: Timespan, longest: Seconds, quiet_spot: QuietSpot | None) -> tuple[Timespan, Timespan]:
    """Cut speech without a pause in two, the first part at most ``longest``, the second no crumb."""
    if quiet_spot:
        earliest = region.start + longest * SHORTEST_SHARE
        reach = Timespan(earliest, min(region.start + longest, region.end - longest * SMALLEST_REST))
        moment = min(max(quiet_spot(reach), reach.start), reach.end)
    else:
        moment = region.start + min(longest, region.duration / 2)
    return Timespan(region.start, moment), Timespan(moment, region.end)
