"""A small copy of a recording for listening: Ogg Opus, which browsers play and seek in.

It is made in this process, not in the decoder's: what goes in are samples that we wrote ourselves, so no byte of the
recording as it came is read here. An hour takes seconds of one core; call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from khosq.media.waveform import SAMPLE_RATE, PcmFile

_BITS_PER_CHANNEL = 24_000
_STEREO = 2
_FRAME = SAMPLE_RATE * 60 // 1000
_FRAMES_READ_AT_ONCE = 160
_OPTIONS = {"application": "audio", "frame_duration": "60", "compression_level": "5"}
"""Long frames and half the effort: twice as fast, and not to be heard at this bit rate."""


def encode_small(channels: Sequence[PcmFile], into: Path) -> None:
    """Write a recording's channels into an Ogg Opus file: one as mono, two as stereo, more of them mixed into one.

    Whatever goes wrong leaves no file behind.
    """
    kept = len(channels) if len(channels) <= _STEREO else 1
    layout = "stereo" if kept == _STEREO else "mono"
    try:
        with into.open("wb") as file, av.open(file, "w", format="ogg") as container:
            stream: AudioStream = container.add_stream(
                "libopus", rate=SAMPLE_RATE, layout=layout, bit_rate=kept * _BITS_PER_CHANNEL, options=_OPTIONS
            )
            for frame in _frames(channels, layout):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except BaseException:
        into.unlink(missing_ok=True)
        raise


def _frames(channels: Sequence[PcmFile], layout: str) -> Iterator[AudioFrame]:
    """Yield the channels side by side, as many samples at a time as the encoder takes."""
    seconds = _FRAMES_READ_AT_ONCE * _FRAME / SAMPLE_RATE
    position = 0
    for blocks in zip(*(channel.blocks(seconds) for channel in channels), strict=True):
        samples = np.stack(blocks, axis=1)
        if len(channels) > _STEREO:
            samples = samples.mean(axis=1, keepdims=True)
        for start in range(0, len(samples), _FRAME):
            piece = np.ascontiguousarray(samples[start : start + _FRAME]).reshape(1, -1)
            frame = AudioFrame.from_ndarray(piece, format="flt", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), position
            position += frame.samples
            yield frame
