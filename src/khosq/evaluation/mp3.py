"""Recordings as the APIs take them."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

_BITS_PER_CHANNEL = 64_000
_LAYOUTS = {1: "mono", 2: "stereo"}


def as_mp3(path: Path) -> bytes:
    """Return a recording as MP3, encoded here if it is something else."""
    if path.suffix == ".mp3":
        return path.read_bytes()
    samples, sample_rate = read_samples(path)
    return to_mp3(samples, sample_rate)


def read_samples(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """Return a sound file's samples, one row per channel, and its sample rate."""
    with av.open(path) as source:
        sound = source.streams.audio[0]
        resampler = av.AudioResampler("fltp", sound.layout, sound.rate)
        parts = [part.to_ndarray() for frame in [*source.decode(sound), None] for part in resampler.resample(frame)]
        return np.concatenate(parts, axis=1), sound.rate


def to_mp3(samples: npt.NDArray[np.float32], sample_rate: int) -> bytes:
    """Encode samples, one row per channel."""
    memory, layout = io.BytesIO(), _LAYOUTS[len(samples)]
    with av.open(memory, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=sample_rate, layout=layout)
        stream.bit_rate = _BITS_PER_CHANNEL * len(samples)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), format="fltp", layout=layout)
        frame.rate = sample_rate
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return memory.getvalue()
