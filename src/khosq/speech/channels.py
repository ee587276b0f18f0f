"""Calls with one party per channel: what leaks from one channel into the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples, level
from khosq.transcript.timespan import Seconds, Timespan

_BLOCK: Seconds = 0.5
"""Channels are compared in pieces of this length."""
_QUIETER_DB = 5.0
"""A leak is at least this much quieter than what leaks."""
_ALIKE = 0.45
"""Correlation from which a piece is a copy; of 2,112 unrelated pieces of read speech the most alike had 0.35."""
_LATEST_ECHO: Seconds = 0.3
"""A leak arrives at most this much later."""
_EARLIEST_ECHO: Seconds = 0.02
_SHORTEST: Seconds = 0.25
"""What is left of a region beside a leak and shorter than this holds no word."""


def without_cross_talk(
    sound: PcmFile, regions: Sequence[Timespan], *, other: PcmFile, other_regions: Sequence[Timespan]
) -> list[Timespan]:
    """Return the speech regions of one channel less the parts that are a weak copy of the other's speech.

    Only where both channels have speech at once are they read and compared, half a second at a time.
    """
    kept: list[Timespan] = []
    for region in regions:
        leaks = [piece for piece in _pieces(region, other_regions) if _is_leak(sound, other, piece)]
        kept += _cut_out(region, leaks) if leaks else [region]
    return kept


def _pieces(region: Timespan, other_regions: Sequence[Timespan]) -> Iterator[Timespan]:
    """Yield the region in pieces that the other channel's speech at least half covers."""
    near = [one for one in other_regions if one.overlap(region)]
    count = max(1, round(region.duration / _BLOCK)) if near else 0
    for index in range(count):
        piece = Timespan(
            region.start + index * region.duration / count, region.start + (index + 1) * region.duration / count
        )
        if 2 * sum(one.overlap(piece) for one in near) >= piece.duration:
            yield piece


def _is_leak(sound: PcmFile, other: PcmFile, piece: Timespan) -> bool:
    here = sound.read(piece)
    from_ = max(0.0, piece.start - _LATEST_ECHO)
    there = other.read(Timespan(from_, piece.end + _EARLIEST_ECHO))
    if level(here) > level(there) - _QUIETER_DB:
        return False
    return _alikeness(here, there) >= _ALIKE


def _alikeness(copy: Samples, source: Samples) -> float:
    """Return the highest correlation (0 to 1) of ``copy`` with any stretch of ``source``."""
    copy, source = _whitened(copy), _whitened(source)
    if not 0 < len(copy) <= len(source):
        return 0.0
    source = np.pad(source, (round(_LATEST_ECHO * SAMPLE_RATE), 0))  # a leak at the start has lost its source
    from scipy.signal import correlate  # noqa: PLC0415 - 0.7 s to load, and only model processes come here

    products = np.abs(correlate(source, copy, mode="valid", method="fft"))
    energy = np.cumsum(np.concatenate([[0.0], source.astype(np.float64) ** 2]))
    norms = np.sqrt(np.maximum(energy[len(copy) :] - energy[: -len(copy)], 1e-12) * float(np.dot(copy, copy)))
    return float((products / np.maximum(norms, 1e-9)).max())


def _whitened(samples: Samples) -> Samples:
    """Return the samples with their low frequencies turned down: any two voices are alike there."""
    return np.diff(samples)


def _cut_out(region: Timespan, leaks: Sequence[Timespan]) -> Iterator[Timespan]:
    """Yield what is left of the region beside the leaks, unless too short to hold a word."""
    starts = [region.start, *(leak.end for leak in leaks)]
    ends = [*(leak.start for leak in leaks), region.end]
    for start, end in zip(starts, ends, strict=True):
        if end - start >= _SHORTEST:
            yield Timespan(start, end)
