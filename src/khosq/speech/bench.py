"""How fast a recogniser works through a sound with nothing else going on."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from khosq import registry
from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples
from khosq.speech.asr import Recognizer
from khosq.speech.engines import RECOGNIZERS
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Seconds, Timespan

_PITCH, _VOWELS = 120.0, ((700, 1200), (300, 2300), (500, 900), (400, 1900))
"""Hertz: of a voice, and of the two strongest formants of some vowels."""
_WORD, _PAUSE = 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured."""

    loading: Seconds
    """Until the model was in memory."""
    hearing: Seconds
    """For all of the sound."""
    sound: Seconds
    words: int
    """How many it heard."""


_LOADED: list[Recognizer] = []
"""What was measured stays loaded, so that its memory can be measured from outside; some have a process of their own."""


def measure(choice: ModelChoice, sound: PcmFile) -> Pace:
    """Load a model and let it hear a whole sound in chunks as long as it takes, as many at once as it digests best."""
    began = time.perf_counter()
    load = registry.load(choice.engine, RECOGNIZERS, "khosq.recognizers")
    engine: Recognizer = load(choice.model_dir, **dict(choice.settings))
    loading = time.perf_counter() - began
    longest = min(choice.longest_chunk, engine.traits.longest_chunk)
    edges = [float(edge) for edge in np.arange(0, sound.duration, longest)]
    chunks = [sound.read(Timespan(edge, min(edge + longest, sound.duration))) for edge in edges]
    size = max(1, engine.traits.batch)
    began = time.perf_counter()
    heard = [
        words
        for first in range(0, len(chunks), size)
        for words in engine.recognize(chunks[first : first + size], language=choice.language)
    ]
    hearing = time.perf_counter() - began
    _LOADED.append(engine)
    return Pace(loading, hearing, sound.duration, sum(map(len, heard)))


def vowels(duration: Seconds) -> Samples:
    """Return a made-up voice that says vowels in the rhythm of speech, always the same."""
    count = round(duration * SAMPLE_RATE)
    at = np.arange(count) / SAMPLE_RATE
    number, within = np.divmod(at, _WORD + _PAUSE)
    formants = np.array(_VOWELS)[number.astype(int) % len(_VOWELS)]
    voice = np.zeros(count)
    for harmonic in range(1, int(SAMPLE_RATE / 4 / _PITCH)):
        frequency = harmonic * _PITCH
        strength = sum(np.exp(-(((frequency - formants[:, one]) / 150) ** 2)) for one in (0, 1))
        voice += (strength + 0.01 / harmonic) * np.sin(2 * np.pi * frequency * at)
    voice *= np.clip(np.sin(np.pi * np.minimum(within / _WORD, 1)) * 3, 0, 1)
    loudest = float(np.max(np.abs(voice)))
    return np.asarray(0.3 * voice / loudest, np.float32)
