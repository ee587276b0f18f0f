"""Which language is spoken, by Whisper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT
from khosq.speech.devices import CPU
from khosq.speech.engines.sherpa_onnx.isolated import Isolated
from khosq.speech.languages import base_language
from khosq.speech.spoken_language import LanguageGuess

WINDOW = 30 * SAMPLE_RATE
"""Samples."""


class SherpaLanguageIdentifier:
    """Names the language that it hears, without a probability."""

    def __init__(self, model_dir: Path, *, threads: int = 1, device: str = CPU) -> None:
        self._tongues = Isolated("tongues", model_dir, threads=threads, device=device)

    def identify(self, sound: Samples, *, among: Sequence[str]) -> list[LanguageGuess]:
        """Return the language that is spoken, where it is one of those ``among``."""
        if len(sound) < TOO_SHORT:
            return []
        code = self._tongues(sound[:WINDOW])
        return [LanguageGuess(tag, None) for tag in among if base_language(tag) == code]
