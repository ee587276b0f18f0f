"""Real sounds in real formats, made on the spot."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""float32[samples, channels], -1 to 1."""

ENCODERS = {
    "mp3": ("mp3", "libmp3lame", "fltp"),
    "flac": ("flac", "flac", "s16"),
    "opus": ("ogg", "libopus", "flt"),
    "vorbis": ("ogg", "vorbis", "fltp"),
    "m4a": ("mp4", "aac", "fltp"),
}
Encode = Callable[..., bytes]
Tone = Callable[..., Sound]


def make_tone(seconds: float, *, rate: int = 16_000, pitches: tuple[float, ...] = (440.0,)) -> Sound:
    moments = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * pitch * moments) for pitch in pitches], axis=1).astype(np.float32)


def make_wav(sound: Sound, *, rate: int = 16_000, declared_bytes: int | None = None) -> bytes:
    pcm = (sound * 32_767).astype("<i2").tobytes()
    channels = sound.shape[1]
    size = len(pcm) if declared_bytes is None else declared_bytes
    header = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + header + b"data" + struct.pack("<I", size) + pcm


def make_encoded(kind: str, sound: Sound, *, rate: int = 16_000, bit_rate: int = 64_000) -> bytes:
    if kind == "wav":
        return make_wav(sound, rate=rate)
    container_format, codec, sample_format = ENCODERS[kind]
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(
            codec,
            rate=rate,
            layout="mono" if sound.shape[1] == 1 else "stereo",
            bit_rate=bit_rate,
            options={"strict": "-2"},
        )
        assert isinstance(stream, AudioStream)
        fifo = av.AudioResampler(sample_format, stream.layout, rate, frame_size=stream.codec_context.frame_size or 1024)
        packed = np.ascontiguousarray(sound.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=stream.layout)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = 0
        for part in (*fifo.resample(frame), *fifo.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="session")
def tone() -> Tone:
    return make_tone


@pytest.fixture(scope="session")
def encoded() -> Encode:
    return make_encoded


@pytest.fixture(scope="session")
def wav() -> Encode:
    return make_wav
