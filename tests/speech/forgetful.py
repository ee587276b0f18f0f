"""Engines that do what real ones do when memory is short, on top of one that hears tones; found by their names."""

from __future__ import annotations

import os
import signal
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech import hearing
from khosq.speech.engines import RECOGNIZERS
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.transcript.words import Word

COMPLAINTS: dict[str, type[Exception]] = {
    "CUDA failed with error out of memory": RuntimeError,
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) "
    "Failed to allocate memory for requested buffer of size 285081600": RuntimeError,
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED": RuntimeError,
    "std::bad_alloc": RuntimeError,
    "Unable to allocate 2.10 GiB for an array with shape (2, 80, 3000)": MemoryError,
    "": MemoryError,
}
KILLING, BREAKING, HANGING = 0.9, 0.8, 0.7
"""Loudness that no tone of the tests has: above each, something happens."""


class Forgetful(OnnxAsr):
    """Has memory for so many chunks; notes in a file how many it was given each time."""

    def __init__(self, model_dir: Path, *, room: int, complaint: str = "std::bad_alloc", wraps: bool = True) -> None:
        super().__init__(model_dir, model_type="nemo-conformer-ctc")
        self.traits = replace(self.traits, batch=4)
        self._room, self._complaint, self._wraps = room, complaint, wraps
        self.given: list[int] = []

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        self.given.append(len(chunks))
        if len(chunks) > self._room:
            error = COMPLAINTS[self._complaint](self._complaint)
            if self._wraps:
                raise EngineFailed("The speech engine stopped.") from error
            raise error
        return super().recognize(chunks, language=language)


class Fragile(OnnxAsr):
    """Breaks, hangs or ends its process at a chunk that is loud enough.

    It writes down the lengths that it is given, and leaves a file when it is dropped.
    """

    def __init__(self, model_dir: Path, *, diary: str) -> None:
        super().__init__(model_dir, model_type="nemo-conformer-ctc")
        self.traits = replace(self.traits, batch=4)
        self._diary = Path(diary)
        weakref.finalize(self, self._diary.with_suffix(".dropped").touch)

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        with self._diary.open("a") as diary:
            diary.write(" ".join(f"{len(chunk) / SAMPLE_RATE:.1f}" for chunk in chunks) + "\n")
        for chunk in chunks:
            loudness = float(abs(chunk).max(initial=0))
            if loudness > KILLING:
                os.kill(os.getpid(), signal.SIGKILL)
            if loudness > BREAKING:
                raise EngineFailed("The speech engine stopped: it does not like this sound.")
            if loudness > HANGING:
                time.sleep(600)
        return super().recognize(chunks, language=language)


ENGINES = {"forgetful": "tests.speech.forgetful:Forgetful", "fragile": "tests.speech.forgetful:Fragile"}


def register(model_idle: float = 0) -> None:
    """Make them known in a model process, as it begins."""
    RECOGNIZERS.update(ENGINES)
    hearing.drop_unused_models(model_idle)
