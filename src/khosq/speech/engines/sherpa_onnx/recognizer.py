"""Omnilingual and SenseVoice."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from khosq.errors import ModelMissing
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT, RecognizerTraits
from khosq.speech.devices import CPU, Unfit
from khosq.speech.engines.sherpa_onnx.isolated import Isolated
from khosq.speech.languages import base_language, named
from khosq.speech.tokens import Token, spread, words_of
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

SENSE_VOICE_LANGUAGES = frozenset({"zh", "en", "ja", "ko", "yue"})


class SherpaRecognizer:
    """Hears about 1,600 languages with Omnilingual, or those of East Asia with SenseVoice."""

    def __init__(
        self,
        model_dir: Path,
        *,
        family: Literal["omnilingual", "sense-voice"],
        quantization: str | None = None,
        threads: int = 1,
        device: str = CPU,
    ) -> None:
        self._languages = SENSE_VOICE_LANGUAGES if family == "sense-voice" else None
        self._ears = Isolated(
            "ears", model_dir, family=family, quantization=quantization, threads=threads, device=device
        )
        self.traits = RecognizerTraits(
            longest_chunk=30.0, gives_confidence=False, punctuates=family == "sense-voice", batch=4
        )

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        code = base_language(language)
        if self._languages and code not in self._languages:
            raise ModelMissing(f"SenseVoice does not know {named(language)}.")
        audible = [index for index, chunk in enumerate(chunks) if len(chunk) >= TOO_SHORT]
        heard: list[tuple[Word, ...]] = [()] * len(chunks)
        if audible:
            answers = self._ears([chunks[index] for index in audible], code if self._languages else None)
            for index, answer in zip(audible, answers, strict=True):
                heard[index] = tuple(_words(*answer, duration=len(chunks[index]) / SAMPLE_RATE))
        return heard


def probe_gpu(index: int) -> str:
    """Tell what lets this engine compute on a GPU, or raise ``Unfit``; by its version, as it would not say."""
    try:
        found = version("sherpa-onnx")
    except PackageNotFoundError as error:
        raise Unfit("sherpa-onnx is not installed") from error
    if "cuda" not in found:
        raise Unfit(f"sherpa-onnx {found} is the build for the CPU, the one that the package index has")
    if index:
        raise Unfit("sherpa-onnx knows the first GPU only")
    return f"sherpa-onnx {found} is built with CUDA"


def _words(text: str, tokens: list[str], starts: list[Seconds], *, duration: Seconds) -> list[Word]:
    if len(starts) != len(tokens):
        return spread(text, Timespan(0, duration))
    spelled = (token.replace("▁", " ") for token in tokens)
    return list(words_of(map(Token, spelled, starts), duration=duration))
