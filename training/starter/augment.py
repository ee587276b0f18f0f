"""Making clean synthetic clips less clean, and some of them longer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr
import torch

from .clips import SAMPLE_RATE, Waveform

if TYPE_CHECKING:
    from torch import Tensor

TELEPHONE_RATE: Final = 8_000
_TELEPHONE_SHARE = 0.35
_MU = 255.0


def tilt(samples: Waveform) -> Waveform:
    """Shift the balance between low and high frequencies."""
    slope = random.uniform(-0.5, 0.5)
    tilted = samples.copy()
    tilted[1:] += slope * samples[:-1]
    return tilted


def other_voice(samples: Waveform) -> Waveform:
    """Play slower or faster, which shifts the formants as another head would."""
    rate = round(SAMPLE_RATE * random.uniform(0.88, 1.14))
    played: Waveform = soxr.resample(samples, rate, SAMPLE_RATE, quality="LQ")
    return played


def echo(samples: Waveform) -> Waveform:
    """Add one reflection."""
    delay = random.randint(SAMPLE_RATE // 200, SAMPLE_RATE // 16)
    reflected = samples.copy()
    reflected[delay:] += np.float32(random.uniform(0.1, 0.8)) * samples[:-delay]
    return reflected


def telephone(samples: Waveform) -> Waveform:
    """Take away what lies above 4 kHz, and sometimes code as mu-law."""
    quality = random.choice(("LQ", "MQ", "HQ"))
    narrow: Waveform = soxr.resample(samples, SAMPLE_RATE, TELEPHONE_RATE, quality=quality)
    if random.random() < 0.5:
        narrow = _mu_law(narrow)
    wide: Waveform = soxr.resample(narrow, TELEPHONE_RATE, SAMPLE_RATE, quality=quality)
    return np.pad(wide, (0, max(0, len(samples) - len(wide))))[: len(samples)]


def _mu_law(samples: Waveform) -> Waveform:
    """Code to 8 bits and back."""
    magnitude = np.log1p(_MU * np.minimum(np.abs(samples), 1)) / np.log1p(_MU)
    coded = np.round(magnitude * 127) / 127
    decoded: Waveform = np.sign(samples) * np.expm1(coded * np.log1p(_MU)) / _MU
    return decoded.astype(np.float32)


def noisy(samples: Waveform) -> Waveform:
    """Add white noise, from inaudible to clearly heard."""
    level = np.float32(10 ** random.uniform(-4.5, -2.5))
    seed = random.getrandbits(32)
    noise = np.random.default_rng(seed).standard_normal(len(samples), dtype=np.float32)
    return samples + level * noise


def spoil(samples: Waveform) -> Waveform:
    """Make a clip sound different each time."""
    if random.random() < 0.5:
        samples = other_voice(samples)
    if random.random() < 0.1:
        samples = echo(samples)
    if random.random() < 0.5:
        samples = tilt(samples)
    samples = noisy(samples * np.float32(10 ** random.uniform(-0.7, 0.2)))
    return telephone(samples) if random.random() < _TELEPHONE_SHARE else samples


def silence(longest_s: float) -> Waveform:
    """Pause for a random time."""
    return np.zeros(int(random.uniform(0, longest_s) * SAMPLE_RATE), np.float32)


def hide(features: Tensor, lengths: Tensor) -> None:
    """SpecAugment: blank two bands and two short spans of time of each clip, in place."""
    bands = features.shape[1]
    for clip, length in zip(features, lengths.tolist(), strict=True):
        for _ in range(2):
            first = random.randrange(bands - 10)
            clip[first : first + random.randint(0, 10)] = 0
        for _ in range(2):
            first = random.randrange(max(1, length - 30))
            clip[:, first : first + random.randint(0, 10)] = 0


def seed(number: int) -> None:
    """Make a run repeatable, as far as the clock allows."""
    random.seed(number)
    torch.manual_seed(number)
