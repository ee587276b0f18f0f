"""Speech that was found against words that were written: what has none is heard again, and told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from khosq.transcript.coverage import ChannelCoverage, Hole
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

AROUND: Seconds = 0.5
"""So near to a word speech counts as worded: breaths, drawn-out sounds, the edges of what a detector finds."""
LEAST_HOLE: Seconds = 1.0
"""What is left without words is a hole if it is at least this long."""
_APART: Seconds = 0.25
"""When a hole is heard again, so much of it next to a word is left out: that word is not heard twice."""


def holes(regions: Sequence[Timespan], worded: Iterable[Timespan]) -> list[Timespan]:
    """Return the stretches of speech without words, in order, of any length.

    Args:
        regions: where somebody speaks, in order, not touching.
        worded: times of the words, in any order.

    """
    found: list[Timespan] = []
    words = _merged(worded)
    first = 0
    for region in regions:
        now = region.start
        while first < len(words) and words[first].end <= region.start:
            first += 1
        index = first
        while index < len(words) and words[index].start < region.end:
            if words[index].start > now:
                found.append(Timespan(now, words[index].start))
            now = max(now, words[index].end)
            index += 1
        if now < region.end:
            found.append(Timespan(now, region.end))
    return found


def large(found: Iterable[Timespan]) -> list[Timespan]:
    """Return those holes that are worth a word."""
    return [hole for hole in found if hole.duration >= LEAST_HOLE]


def to_hear_again(found: Iterable[Timespan], regions: Sequence[Timespan]) -> list[Timespan]:
    """Return the stretches to be heard again for some holes: nearly to the words beside them, inside speech."""
    starts = [region.start for region in regions]
    reach = AROUND - _APART
    stretches = []
    for hole in found:
        region = regions[bisect_right(starts, hole.start) - 1]
        stretches.append(Timespan(max(region.start, hole.start - reach), min(region.end, hole.end + reach)))
    return stretches


def measure(channel: int, regions: Sequence[Timespan], words: Iterable[Word]) -> tuple[ChannelCoverage, list[Hole]]:
    """Return how much of the speech of a channel has words, and its larger holes."""
    bare = holes(regions, [word.time for word in words])
    speech, empty = (round(sum(span.duration for span in spans), 3) for spans in (regions, bare))
    return ChannelCoverage(channel, speech, round(speech - empty, 3)), [Hole(channel, time) for time in large(bare)]


def _merged(worded: Iterable[Timespan]) -> list[Timespan]:
    """Return the words' times, each with what is around it, joined where they touch."""
    merged: list[Timespan] = []
    for time in sorted(worded):
        start, end = max(0.0, time.start - AROUND), time.end + AROUND
        if merged and start <= merged[-1].end:
            merged[-1] = Timespan(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Timespan(start, end))
    return merged
