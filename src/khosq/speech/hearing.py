"""What runs inside a warm model process: engines are loaded once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from khosq import registry
from khosq.errors import KhosqError, ModelMissing
from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.speech.asr import Recognizer, RecognizerTraits
from khosq.speech.channels import without_cross_talk
from khosq.speech.decoding import Decoder, Part
from khosq.speech.diarization import Diarizer
from khosq.speech.engines import DIARIZERS, LANGUAGE_IDENTIFIERS, RECOGNIZERS, VOICE_ACTIVITY_DETECTORS
from khosq.speech.identification import Identifier
from khosq.speech.kept import Kept
from khosq.speech.models import ModelEntry, Role, Setting, catalogue
from khosq.speech.resolution import ModelChoice
from khosq.speech.spoken_language import LanguageGuess, LanguageIdentifier
from khosq.speech.vad import VoiceActivityDetector
from khosq.speech.weights import is_installed, missing_parts, model_folder
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

READ_AHEAD: Seconds = 16.0
PAIR = 2
KEPT = 3
"""Recognisers in memory at once; a server that hears more languages loads again."""

_kept: Kept[Decoder] = Kept(KEPT)


def warm_up(models_dir: Path, *, model_idle: Seconds = 0) -> None:
    """Load what every job needs, where it is installed, so that no job waits for it.

    Args:
        models_dir: where models lie.
        model_idle: seconds after which an unused recogniser is dropped; 0: never.

    """
    drop_unused_models(model_idle)
    if not missing_parts(models_dir):
        _voice_activity_detector(models_dir)
        _diarizer(models_dir)


def drop_unused_models(model_idle: Seconds) -> None:
    """Drop recognisers that nobody has used for so long, from now on; 0: never."""
    if model_idle:
        _kept.drop_when_unused(model_idle)


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine heard of some chunks."""

    words: tuple[tuple[Word, ...], ...]
    """Of each chunk, in order, timed from the recording's start."""
    traits: RecognizerTraits


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine heard of several parts."""

    answers: tuple[Answer | KhosqError, ...]
    """Of each part; or why there is none."""
    batch: int
    """How many chunks the engine digests at once."""


def recognize_parts(choice: ModelChoice, hotwords: Sequence[str], parts: Sequence[Part]) -> Heard:
    """Hear some parts together; none harms another."""
    decoder = _load_decoder(choice.engine, choice.model_dir, choice.settings)
    found = decoder.hear(parts, language=choice.language, hotwords=hotwords)
    traits = decoder.engine.traits
    answers = tuple(one if isinstance(one, KhosqError) else Answer(one, traits) for one in found)
    return Heard(answers, decoder.batch)


def recognize_piece(
    choice: ModelChoice, sound: PcmFile, chunks: Sequence[Timespan], hotwords: Sequence[str] = ()
) -> Answer:
    """Return the words of each of some chunks of one channel.

    Raises:
        EngineFailed: they cannot be heard.

    """
    (answer,) = recognize_parts(choice, hotwords, [Part(sound, tuple(chunks))]).answers
    if isinstance(answer, KhosqError):
        raise answer
    return answer


def identify_language(
    identifier: Identifier, sound: PcmFile, window: Timespan, among: Sequence[str]
) -> list[LanguageGuess]:
    """Return which of the languages ``among`` may be spoken in a window, the likeliest first."""
    return _language_identifier(identifier).identify(sound.read(window), among=among)


def try_out(entry: ModelEntry, folder: Path) -> None:
    """Load a model from any folder and let it hear a second of silence.

    Raises:
        EngineFailed: it cannot be used.

    """
    engine: Recognizer = registry.load(entry.engine, RECOGNIZERS, "khosq.recognizers")(folder, **(entry.settings or {}))
    engine.recognize([np.zeros(SAMPLE_RATE, np.float32)], language=entry.languages[0])


def load_recognizer(engine: str, model_dir: Path, settings: tuple[tuple[str, Setting], ...]) -> Recognizer:
    """Return the engine with this model, loading it on first use."""
    return _load_decoder(engine, model_dir, settings).engine


def _load_decoder(engine: str, model_dir: Path, settings: tuple[tuple[str, Setting], ...]) -> Decoder:
    def load() -> Decoder:
        return Decoder(registry.load(engine, RECOGNIZERS, "khosq.recognizers")(model_dir, **dict(settings)))

    return _kept.get((engine, model_dir, settings), load)


@lru_cache(maxsize=1)
def _voice_activity_detector(models_dir: Path) -> VoiceActivityDetector:
    detector: VoiceActivityDetector = _load_part("vad", VOICE_ACTIVITY_DETECTORS, models_dir)
    return detector


@lru_cache(maxsize=1)
def _diarizer(models_dir: Path) -> Diarizer:
    diarizer: Diarizer = _load_part("speaker-embedder", DIARIZERS, models_dir)
    return diarizer


def _language_identifier(identifier: Identifier) -> LanguageIdentifier:
    if not identifier.writes_too:
        return _pure_identifier(identifier)
    recognizer: Any = load_recognizer(identifier.engine, identifier.model_dir, identifier.settings)
    found: LanguageIdentifier = recognizer
    return found


@lru_cache(maxsize=1)
def _pure_identifier(identifier: Identifier) -> LanguageIdentifier:
    engine = registry.load(identifier.engine, LANGUAGE_IDENTIFIERS, "khosq.language_identifiers")
    found: LanguageIdentifier = engine(identifier.model_dir, **dict(identifier.settings))
    return found


def _load_part(role: Role, built_in: Mapping[str, str], models_dir: Path) -> Any:
    entry = next(entry for entry in catalogue() if entry.role == role)
    if not is_installed(entry, models_dir):
        raise ModelMissing(f"{entry.name} is not installed. Run: khosq models pull {entry.name}")
    engine = registry.load(entry.engine, built_in, f"khosq.{role}s")
    return engine(model_folder(entry, models_dir), **(entry.settings or {}))
