"""No word outside speech: what an engine writes over silence was not said there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

NEAR: Seconds = 0.3
"""A word this near to speech was said there: engines time words a little beside them."""


def within_speech(
    words: Sequence[Word], regions: Sequence[Timespan], *, times_are_heard: bool = True
) -> tuple[list[Word], list[Word]]:
    """Return the words that lie in speech, clamped to it, and those that lie in silence.

    Args:
        words: of one channel, in order.
        regions: where somebody speaks on it, in order, not touching.
        times_are_heard: whether the engine heard when they are said; words that it did not time are all kept.

    """
    ends = [region.end for region in regions]
    kept: list[Word] = []
    silent: list[Word] = []
    for word in words:
        touched = _touched(word.time, regions, ends)
        if touched is not None:
            kept.append(_clamped(word, touched))
            continue
        nearest = _nearest(word.time, regions, ends)
        if nearest is not None and (not times_are_heard or _distance(word.time, nearest) <= NEAR):
            kept.append(_clamped(word, nearest))
        else:
            silent.append(word)
    return kept, silent


def _touched(time: Timespan, regions: Sequence[Timespan], ends: Sequence[Seconds]) -> Timespan | None:
    """Return from where to where a word may reach: over all the regions that it touches."""
    first = last = bisect_left(ends, time.start)
    if first == len(regions) or regions[first].start > time.end:
        return None
    while last + 1 < len(regions) and regions[last + 1].start < time.end:
        last += 1
    return Timespan(regions[first].start, regions[last].end)


def _nearest(time: Timespan, regions: Sequence[Timespan], ends: Sequence[Seconds]) -> Timespan | None:
    after = bisect_left(ends, time.start)
    around = regions[max(0, after - 1) : after + 1]
    return min(around, key=lambda region: _distance(time, region), default=None)


def _distance(time: Timespan, region: Timespan) -> Seconds:
    return max(0.0, region.start - time.end, time.start - region.end)


def _clamped(word: Word, reach: Timespan) -> Word:
    start = min(max(word.time.start, reach.start), reach.end)
    end = min(max(word.time.end, start), reach.end)
    if (start, end) == (word.time.start, word.time.end):
        return word
    return Word(word.text, Timespan(start, max(start, end)), word.confidence)
