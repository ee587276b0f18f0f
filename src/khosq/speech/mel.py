"""Mel power spectra of speech, as the GE2E speaker encoder was trained on: 25 ms windows every 10 ms, 40 bands.

Equal to ``librosa.feature.melspectrogram(n_fft=400, hop_length=160, n_mels=40)``: Slaney's scale, no logarithm.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from khosq.media.waveform import SAMPLE_RATE, Samples

BANDS = 40
HOP = 160
"""Samples from one frame to the next: 10 ms."""
WINDOW = 400

Frames = NDArray[np.float32]
"""float32[frames, bands]."""

_FRAMES_AT_ONCE = 2_000


def mel_frames(samples: Samples) -> Frames:
    """Return one frame per full window in ``samples``, the first centred on sample 200."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    frames = np.empty((len(windows), BANDS), np.float32)
    for first in range(0, len(windows), _FRAMES_AT_ONCE):
        spectrum = np.fft.rfft(windows[first : first + _FRAMES_AT_ONCE] * _hann(), axis=1)
        frames[first : first + _FRAMES_AT_ONCE] = (np.abs(spectrum) ** 2) @ _bands().T
    return frames


@cache
def _hann() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@cache
def _bands() -> NDArray[np.float32]:
    """Return triangular bands, equally spaced in mel, each of equal area."""
    frequencies = np.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1)
    edges = _hertz(np.linspace(0, _mel(SAMPLE_RATE / 2), BANDS + 2))
    widths = np.diff(edges)
    ramps = edges[:, None] - frequencies[None]
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)


# Slaney's mel scale: linear up to 1 kHz, then 27 steps for each factor of 6.4.
_LINEAR = 200 / 3
_BREAK_HERTZ, _BREAK_MEL = 1_000.0, 15.0
_STEP = math.log(6.4) / 27


def _mel(hertz: float) -> float:
    if hertz < _BREAK_HERTZ:
        return hertz / _LINEAR
    return _BREAK_MEL + math.log(hertz / _BREAK_HERTZ) / _STEP


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR, _BREAK_HERTZ * np.exp((mel - _BREAK_MEL) * _STEP))
