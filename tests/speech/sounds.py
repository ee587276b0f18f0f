"""Sounds for tests: tones, hiss, and clips of people."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples, from_pcm

TONES = {"▁low": 400.0, "▁high": 3000.0, "er": 1200.0}
"""Token → hertz. "er" ends a word, so that low and er at once after it are "lower"."""


def tone(hertz: float, seconds: float) -> Samples:
    """Return a tone."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def quiet(seconds: float, level: float = 0.003) -> Samples:
    """Return a faint hiss."""
    return np.random.default_rng(1).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)


def spoken(*tokens: str, pause: float = 0.4) -> Samples:
    """Return tones for tokens, each after a pause unless it only ends a word, and a pause at the end."""
    parts: list[Samples] = []
    for token in tokens:
        parts += [quiet(pause)] if token.startswith("▁") else []
        parts.append(tone(TONES[token], 0.4) + quiet(0.4))
    return np.concatenate([*parts, quiet(pause)])


def write_pcm(path: Path, sound: Samples) -> PcmFile:
    """Write a channel as the decoder does."""
    path.write_bytes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return PcmFile(path)


def read_wav(path: Path) -> Samples:
    """Read a 16 kHz WAV file."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == SAMPLE_RATE
        return from_pcm(file.readframes(file.getnframes()))
