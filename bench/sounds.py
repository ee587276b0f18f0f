"""Recordings to measure with, made from those of the manifest."""

from __future__ import annotations

import io
import os
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from khosq.evaluation.recordings import Recording, Recordings, cache_folder
from khosq.media.waveform import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khosq.media.waveform import Samples

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.5
"""Seconds between two clips."""
_READER = "LibriVox"


def english(seconds: float, *, turn: int = 0) -> Samples:
    """Return people reading English for exactly so long; each ``turn`` begins with another clip."""
    recordings = _recordings()
    readings = [one for one in recordings.all() if one.language == "en-US" and _READER in one.licence]
    return _joined([_samples(recordings, one) for one in readings], seconds, turn)


def armenian(seconds: float) -> Samples:
    """Return a synthetic voice speaking Armenian for exactly so long."""
    recordings = _recordings()
    return _joined([_samples(recordings, recordings.named("hy-single"))], seconds, 0)


def armenian_call(seconds: float) -> Samples:
    """Return two synthetic voices that speak Armenian by turns on one channel, for exactly so long."""
    recordings = _recordings()
    return _joined([_samples(recordings, recordings.named("hy-call"))], seconds, 0)


def to_mp3(samples: Samples, *, bit_rate: int = 64_000) -> bytes:
    """Encode as bare MP3 frames: without a header, one behind the other they are a longer recording."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as target:
        stream = target.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
        frame.rate = SAMPLE_RATE
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return memory.getvalue()


def repeated(mp3: bytes, times: int) -> Iterator[bytes]:
    """Yield a recording again and again, as one long recording comes over a line."""
    for _ in range(times):
        yield mp3


def _recordings() -> Recordings:
    return Recordings(ROOT / "recordings" / "manifest.toml", cache_folder(os.environ))


def _samples(recordings: Recordings, recording: Recording) -> Samples:
    with av.open(recordings.audio(recording)) as source:
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        frames = [*source.decode(audio=0), None]
        return np.concatenate([part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)])


def _joined(clips: list[Samples], seconds: float, turn: int) -> Samples:
    pause = np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)
    wanted, parts, length = round(seconds * SAMPLE_RATE), list[np.ndarray](), 0
    for clip in islice(cycle(clips), turn % len(clips), None):
        parts += [clip, pause]
        length += len(clip) + len(pause)
        if length >= wanted:
            break
    return np.concatenate(parts)[:wanted].astype(np.float32)
