"""English by PocketSphinx: the one recogniser whose model comes with its wheel. Weak, and labelled so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pocketsphinx

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT, RecognizerTraits
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

FRAME_RATE = 100
SHORTEST = round(0.25 * SAMPLE_RATE)
"""Samples: the decoder's search fails on less than 21 frames, so shorter chunks are filled up with silence."""

_FULL_SCALE = 32_767
_NOT_A_WORD = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_PRONUNCIATION = re.compile(r"\(\d+\)$")


class Pocketsphinx:
    """Hears English."""

    traits: ClassVar[RecognizerTraits] = RecognizerTraits(longest_chunk=20.0)

    def __init__(self, model_dir: Path) -> None:
        files = {"hmm": model_dir / "en-us", "lm": model_dir / "en-us.lm.bin", "dict": model_dir / "cmudict-en-us.dict"}
        missing = [str(path) for path in files.values() if not path.exists()]
        if missing:
            raise EngineFailed(f"The PocketSphinx model lacks {', '.join(missing)}.")
        try:
            self._decoder = pocketsphinx.Decoder(
                hmm=str(files["hmm"]), lm=str(files["lm"]), dict=str(files["dict"]), loglevel="FATAL"
            )
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"The PocketSphinx model in {model_dir} cannot be loaded: {error}") from error

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        return [tuple(self._hear(chunk)) if len(chunk) >= TOO_SHORT else () for chunk in chunks]

    def _hear(self, chunk: Samples) -> Iterator[Word]:
        duration = len(chunk) / SAMPLE_RATE
        pcm = (np.clip(np.pad(chunk, (0, max(0, SHORTEST - len(chunk)))), -1, 1) * _FULL_SCALE).astype("<i2")
        try:
            # Otherwise the running mean of the features, and with it the text, depends on what was heard before.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            try:
                self._decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
            finally:
                self._decoder.end_utt()
            segments = [(seg.word, seg.start_frame, seg.end_frame, seg.prob) for seg in self._decoder.seg() or ()]
        except RuntimeError as error:
            raise EngineFailed(f"PocketSphinx stopped: {error}") from error
        for text, first, last, probability in segments:
            start = first / FRAME_RATE
            if _NOT_A_WORD.fullmatch(text) or start >= duration:
                continue
            time = Timespan(start, min((last + 1) / FRAME_RATE, duration))
            yield Word(_PRONUNCIATION.sub("", text), time, min(1.0, max(0.0, float(probability))))
