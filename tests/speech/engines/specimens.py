"""Every recogniser with a real model, which is tiny where the tests build it, and something that it understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.speech.engines import onnx_asr_models, sherpa_models
from tests.speech.engines.transcription_server import TranscriptionServer, describe, serving
from tests.speech.engines.whisper_model import write_whisper
from tests.speech.sounds import read_wav, spoken

from khosq import registry
from khosq.media.waveform import Samples
from khosq.speech.asr import Recognizer
from khosq.speech.engines import RECOGNIZERS
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.speech.weights import find_model, model_folder

SOUND = spoken("▁low", "er", "▁high", "▁low")


@dataclass
class Specimen:
    """An engine, a model's folder, and a sound with words in it."""

    engine: str
    folder: Path
    sound: Samples
    settings: dict[str, Any] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    """Files without which the model is refused, as those which are wrong or cut off are."""

    def load(self, folder: Path) -> Recognizer:
        """Load the model from any folder."""
        recognizer: Recognizer = registry.load(self.engine, RECOGNIZERS, "khosq.recognizers")(folder, **self.settings)
        return recognizer


def pocketsphinx(request: pytest.FixtureRequest, folder: Path) -> Specimen:
    """English, with the model of its wheel."""
    installed = model_folder(find_model("pocketsphinx-en", Path("unused")), Path("unused"))
    sound = read_wav(request.getfixturevalue("recording")("en-young-man")[1])[:20_000]
    return Specimen("pocketsphinx", installed, sound)


def onnx_asr(family: str) -> Callable[[pytest.FixtureRequest, Path], Specimen]:
    """Return what makes a model of one family that the onnx-asr library loads."""

    def write(request: pytest.FixtureRequest, folder: Path) -> Specimen:
        model_type = onnx_asr_models.FAMILIES[family](folder)
        needed = [path for path in folder.rglob("*") if path.is_file() and path.name != "config.json"]
        names = tuple(sorted(str(path.relative_to(folder)) for path in needed))
        return Specimen("onnx-asr", folder, SOUND, {"model_type": model_type}, names)

    return write


def faster_whisper(request: pytest.FixtureRequest, folder: Path) -> Specimen:
    """Whisper in CTranslate2's form."""
    needed = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")
    return Specimen("faster-whisper", write_whisper(folder), SOUND, {"device": "cpu"}, needed)


def remote(request: pytest.FixtureRequest, folder: Path) -> Specimen:
    """Tones, heard by a server."""
    ears = OnnxAsr(request.getfixturevalue("hears_tones"), model_type="nemo-conformer-ctc")
    running = serving(TranscriptionServer(ears))
    server = running.__enter__()
    request.addfinalizer(lambda: running.__exit__(None, None, None))
    return Specimen("remote", describe(folder, server), SOUND, needed=("server.json",))


def sherpa_onnx(family: Literal["omnilingual", "sense-voice"]) -> Callable[[pytest.FixtureRequest, Path], Specimen]:
    """Return what makes a model of one family that sherpa-onnx loads."""

    def write(request: pytest.FixtureRequest, folder: Path) -> Specimen:
        {"omnilingual": sherpa_models.omnilingual, "sense-voice": sherpa_models.sense_voice}[family](folder)
        return Specimen("sherpa-onnx", folder, SOUND, {"family": family}, ("model.onnx", "tokens.txt"))

    return write


SPECIMENS: dict[str, Callable[[pytest.FixtureRequest, Path], Specimen]] = {
    "pocketsphinx": pocketsphinx,
    **{f"onnx-asr {family}": onnx_asr(family) for family in onnx_asr_models.FAMILIES},
    "faster-whisper": faster_whisper,
    "remote": remote,
    "sherpa-onnx omnilingual": sherpa_onnx("omnilingual"),
    "sherpa-onnx sense-voice": sherpa_onnx("sense-voice"),
}
