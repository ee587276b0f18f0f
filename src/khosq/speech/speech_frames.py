"""The speech of a recording as one stream of mel frames, silence left out, read piece by piece.

Frame numbers here count 10 ms of speech; ``SpeechFrames`` knows where each lies in the recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples
from khosq.speech.mel import HOP, WINDOW, Frames, mel_frames
from khosq.transcript.timespan import Timespan

FRAMES_PER_SECOND = SAMPLE_RATE // HOP
_FRAMES_AT_ONCE = 3_000
_MARGIN_MS = 13
"""A frame reaches 12.5 ms to either side of its middle; files are read by the millisecond."""
_PER_MS = SAMPLE_RATE // 1_000
_QUIET_DBFS = -30.0
"""Speech below this level is raised to it, as the encoder's training data was."""
_SILENCE_DBFS = -80.0


@dataclass(frozen=True, slots=True)
class SpeechFrames:
    """The frames of ``regions`` of ``sound``, in order."""

    sound: PcmFile
    regions: tuple[Timespan, ...]
    spans: NDArray[np.int64]
    """[regions, 2]: first frame of each region and the one after its last, counted from the recording's start."""

    @classmethod
    def of(cls, sound: PcmFile, regions: Sequence[Timespan]) -> SpeechFrames:
        """Place ``regions`` on the frame grid; even the shortest has one frame."""
        starts = np.array([round(region.start * FRAMES_PER_SECOND) for region in regions], np.int64)
        ends = np.array([round(region.end * FRAMES_PER_SECOND) for region in regions], np.int64)
        return cls(sound, tuple(regions), np.stack([starts, np.maximum(ends, starts + 1)], 1))

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Frames of speech before each region, and at last their sum."""
        return np.concatenate([[0], np.cumsum(self.spans[:, 1] - self.spans[:, 0])])

    def __len__(self) -> int:
        """Return how many frames of speech there are."""
        return int(self.bounds[-1])

    def level(self) -> float:
        """Return the level of the speech in dBFS, -80 for silence."""
        energy, count = 0.0, 0
        for first, last in self._pieces():
            samples = self.sound.read(Timespan(first / FRAMES_PER_SECOND, last / FRAMES_PER_SECOND))
            energy += float(np.dot(samples, samples))
            count += len(samples)
        return max(_SILENCE_DBFS, 10 * float(np.log10(energy / max(count, 1) + 1e-12)))

    def blocks(self) -> Iterator[Frames]:
        """Yield all frames, brought to the level that speaker encoders expect, at most 30 s at once."""
        power = np.float32(10 ** (max(0.0, _QUIET_DBFS - self.level()) / 10))
        for first, last in self._pieces():
            yield mel_frames(self._samples(first, last)) * power

    def windows(self, length: int, step: int, at_once: int) -> Iterator[NDArray[np.float32]]:
        """Yield windows of ``length`` frames, each ``step`` after the one before, ``at_once`` stacked together."""
        ready: list[Frames] = []
        kept, kept_from, start = np.empty((0, 0), np.float32), 0, 0
        for block in self.blocks():
            kept = np.concatenate([kept, block]) if kept.size else block
            while start + length <= kept_from + len(kept):
                ready.append(kept[start - kept_from : start - kept_from + length])
                start += step
                if len(ready) == at_once:
                    yield np.stack(ready)
                    ready = []
            done = min(start - kept_from, len(kept))
            kept, kept_from = kept[done:], kept_from + done
        if ready:
            yield np.stack(ready)

    def _pieces(self) -> Iterator[tuple[int, int]]:
        for start, end in self.spans.tolist():
            for first in range(start, end, _FRAMES_AT_ONCE):
                yield first, min(first + _FRAMES_AT_ONCE, end)

    def _samples(self, first: int, last: int) -> Samples:
        """Return exactly the samples under the frames, zeros beyond either end of the file."""
        from_ms, to_ms = first * 10 - _MARGIN_MS, last * 10 + _MARGIN_MS
        found = self.sound.read(Timespan(max(0, from_ms) / 1_000, to_ms / 1_000))
        before = max(0, -from_ms) * _PER_MS
        samples = np.zeros((to_ms - from_ms) * _PER_MS, np.float32)
        samples[before : before + len(found)] = found
        skipped = _MARGIN_MS * _PER_MS - WINDOW // 2
        return samples[skipped : skipped + (last - first - 1) * HOP + WINDOW]
