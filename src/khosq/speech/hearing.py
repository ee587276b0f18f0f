"""What runs inside a warm model process: engines are loaded once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from khosq import registry
from khosq.errors import ModelMissing
from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.speech.asr import Recognizer
from khosq.speech.channels import without_cross_talk
from khosq.speech.diarization import Diarizer
from khosq.speech.engines import DIARIZERS, RECOGNIZERS, VOICE_ACTIVITY_DETECTORS
from khosq.speech.models import ModelEntry, Role, Setting, catalogue
from khosq.speech.resolution import ModelChoice
from khosq.speech.vad import VoiceActivityDetector
from khosq.speech.weights import is_installed, missing_parts, model_folder
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

READ_AHEAD: Seconds = 16.0
PAIR = 2
KEPT = 3
"""Recognisers in memory at once; a server that hears more languages loads again."""


def warm_up(models_dir: Path) -> None:
    """Load what every job needs, where it is installed, so that no job waits for it."""
    if not missing_parts(models_dir):
        _voice_activity_detector(models_dir)
        _diarizer(models_dir)


def detect_speech(channels: Sequence[PcmFile], models_dir: Path) -> tuple[tuple[Timespan, ...], ...]:
    """Return where somebody speaks on each channel, in order; of a pair, without what leaks from the other."""
    detector = _voice_activity_detector(models_dir)
    spoken = [detector.detect(channel.blocks(READ_AHEAD)) for channel in channels]
    if len(channels) == PAIR:
        (left, right), (left_spoken, right_spoken) = channels, spoken
        spoken = [
            without_cross_talk(left, left_spoken, other=right, other_regions=right_spoken),
            without_cross_talk(right, right_spoken, other=left, other_regions=left_spoken),
        ]
    return tuple(tuple(regions) for regions in spoken)


def tell_voices_apart(sound: PcmFile, regions: Sequence[Timespan], speakers: int, models_dir: Path) -> tuple[Turn, ...]:
    """Return who speaks when on one channel, in order."""
    return tuple(_diarizer(models_dir).diarize(sound, regions, speakers=speakers))


def recognize_piece(choice: ModelChoice, sound: PcmFile, chunks: Sequence[Timespan]) -> tuple[Word, ...]:
    """Return the words of some chunks of one channel, in order, timed from the recording's start."""
    engine = load_recognizer(choice.engine, choice.model_dir, choice.settings)
    size = max(1, engine.traits.batch)
    alike = sorted(chunks, key=lambda chunk: chunk.duration)  # a batch is filled up to its longest
    heard: list[tuple[Timespan, tuple[Word, ...]]] = []
    for first in range(0, len(alike), size):
        batch = alike[first : first + size]
        answers = engine.recognize([sound.read(chunk) for chunk in batch], language=choice.language)
        heard.extend(zip(batch, answers, strict=True))
    return tuple(_placed(word, chunk) for chunk, words in sorted(heard, key=lambda one: one[0]) for word in words)


def try_out(entry: ModelEntry, folder: Path) -> None:
    """Load a model from any folder and let it hear a second of silence.

    Raises:
        EngineFailed: it cannot be used.

    """
    engine: Recognizer = registry.load(entry.engine, RECOGNIZERS, "khosq.recognizers")(folder, **(entry.settings or {}))
    engine.recognize([np.zeros(SAMPLE_RATE, np.float32)], language=entry.languages[0])


@lru_cache(maxsize=KEPT)
def load_recognizer(engine: str, model_dir: Path, settings: tuple[tuple[str, Setting], ...]) -> Recognizer:
    """Return the engine with this model, loading it on first use."""
    recognizer: Recognizer = registry.load(engine, RECOGNIZERS, "khosq.recognizers")(model_dir, **dict(settings))
    return recognizer


@lru_cache(maxsize=1)
def _voice_activity_detector(models_dir: Path) -> VoiceActivityDetector:
    detector: VoiceActivityDetector = _load_part("vad", VOICE_ACTIVITY_DETECTORS, models_dir)
    return detector


@lru_cache(maxsize=1)
def _diarizer(models_dir: Path) -> Diarizer:
    diarizer: Diarizer = _load_part("speaker-embedder", DIARIZERS, models_dir)
    return diarizer


def _load_part(role: Role, built_in: Mapping[str, str], models_dir: Path) -> Any:
    entry = next(entry for entry in catalogue() if entry.role == role)
    if not is_installed(entry, models_dir):
        raise ModelMissing(f"{entry.name} is not installed. Run: khosq models pull {entry.name}")
    engine = registry.load(entry.engine, built_in, f"khosq.{role}s")
    return engine(model_folder(entry, models_dir), **(entry.settings or {}))


def _placed(word: Word, chunk: Timespan) -> Word:
    """Move a word from its chunk's time to the recording's, inside the chunk."""
    start = min(chunk.start + word.time.start, chunk.end)
    end = min(chunk.start + word.time.end, chunk.end)
    return Word(word.text, Timespan(start, end), word.confidence)
