"""NeMo, Parakeet, IndicConformer, Zipformer, GigaAM and other models by the onnx-asr library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import onnx_asr
import onnxruntime

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import RecognizerTraits
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

LONGEST_TOKEN: Seconds = 0.4
"""A word's last token has no successor to end it; a pause after it is not part of the word."""
CLOSING = frozenset(".,;:!?…\u0589\u055d\u055e\u055c\u0964")  # the last five are Armenian and Indic
"""Marks that belong to the word before them, also where a model sets them apart."""
TOO_SHORT = round(0.1 * SAMPLE_RATE)
"""Samples: nobody says a word in less."""

Piece = tuple[str, Seconds, float]
"""A token's text, its start and its log-probability."""


class OnnxAsr:
    """Hears whatever the model in its folder was trained for."""

    traits: ClassVar[RecognizerTraits] = RecognizerTraits(longest_chunk=20.0, batch=4)

    def __init__(
        self,
        model_dir: Path,
        *,
        model_type: str,
        quantization: str | None = None,
        threads: int = 1,
        provider: str = "CPUExecutionProvider",
    ) -> None:
        if not model_dir.is_dir():  # else the library would go and ask a hub for it
            raise EngineFailed(f"There is no model in {model_dir}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._model = onnx_asr.load_model(
                model_type, model_dir, quantization=quantization, sess_options=options, providers=[provider]
            ).with_timestamps()
        except Exception as error:  # the library and its runtime raise errors of many kinds
            raise EngineFailed(f"The model in {model_dir} cannot be loaded: {error}") from error

    def recognize(self, chunks: Sequence[Samples], *, language: str) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        audible = [index for index, chunk in enumerate(chunks) if len(chunk) >= TOO_SHORT]
        heard: list[tuple[Word, ...]] = [()] * len(chunks)
        try:
            results = self._model.recognize(list[Path | str | Samples](chunks[index] for index in audible))
        except Exception as error:  # the library and its runtime raise errors of many kinds
            raise EngineFailed(f"The speech engine stopped: {error}") from error
        for index, result in zip(audible, results, strict=True):
            heard[index] = tuple(words_of(result, duration=len(chunks[index]) / SAMPLE_RATE))
        return heard


def words_of(result: Any, *, duration: Seconds) -> Iterator[Word]:
    """Yield the words that a timestamped result of the library spells, inside ``duration``."""
    if not result.tokens:
        return
    if result.timestamps is None:
        raise EngineFailed("This model gives no token times, without which words cannot be placed.")
    logprobs = result.logprobs if result.logprobs is not None else [math.nan] * len(result.tokens)
    pieces: list[Piece] = []
    for token, start, logprob in zip(result.tokens, result.timestamps, logprobs, strict=True):
        if token.startswith(" ") and pieces and token.strip() not in CLOSING:
            yield from _word(pieces, until=min(start, duration))
            pieces = []
        if token.strip():
            pieces.append((token.strip(), min(float(start), duration), float(logprob)))
    yield from _word(pieces, until=duration)


def _word(pieces: list[Piece], *, until: Seconds) -> Iterator[Word]:
    """Make the word that ends before ``until``, the start of the next."""
    if not pieces:
        return
    start = pieces[0][1]
    end = max(start, min(until, pieces[-1][1] + LONGEST_TOKEN))
    mean = sum(logprob for _, _, logprob in pieces) / len(pieces)
    confidence = None if math.isnan(mean) else min(1.0, math.exp(mean))
    yield Word("".join(text for text, _, _ in pieces), Timespan(start, end), confidence)
