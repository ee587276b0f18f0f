"""Sound in memory and on disk, as engines want it: 16 kHz, one channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from khosq.transcript.timespan import Seconds, Timespan

SAMPLE_RATE = 16_000
"""Hertz; every waveform here has it."""

Samples = NDArray[np.float32]
"""float32[n], −1…1."""

_BYTES = 2
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True)
class PcmFile:
    """One channel of a recording as raw signed 16-bit little-endian samples at 16 kHz, read piece by piece."""

    path: Path

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return self.path.stat().st_size / _BYTES / SAMPLE_RATE

    def read(self, time: Timespan) -> Samples:
        """Return the samples of ``time``, cut at the end of the file."""
        start = round(time.start * SAMPLE_RATE)
        count = max(0, round(time.end * SAMPLE_RATE) - start)
        with self.path.open("rb") as file:
            file.seek(start * _BYTES)
            return from_pcm(file.read(count * _BYTES))

    def blocks(self, seconds: Seconds) -> Iterator[Samples]:
        """Yield the whole channel in blocks of ``seconds``; the last may be shorter."""
        size = round(seconds * SAMPLE_RATE) * _BYTES
        with self.path.open("rb") as file:
            while piece := file.read(size):
                yield from_pcm(piece)


def level(samples: Samples) -> float:
    """Return the level (RMS) in dBFS; -120 for digital silence."""
    return 10 * float(np.log10(np.mean(samples**2) + 1e-12)) if len(samples) else -120.0


def from_pcm(pcm: bytes) -> Samples:
    """Read signed 16-bit little-endian samples."""
    usable = pcm[: len(pcm) // _BYTES * _BYTES]
    return np.frombuffer(usable, dtype="<i2").astype(np.float32) / np.float32(_FULL_SCALE)
