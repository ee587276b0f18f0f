"""Measure an exported model on the held-out clips, through onnx-asr."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import onnx_asr
import soxr

from .accuracy import measure
from .augment import TELEPHONE_RATE
from .clips import SAMPLE_RATE, Clips, Waveform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnx_asr.adapters import TextResultsAsrAdapter as Recognizer

BATCH = 8
PAUSE_S = 0.3
LONG = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """Audio at some rate, and what is said in it."""

    audio: Waveform
    rate: Literal[8000, 16000]
    text: str


def wide(clips: Clips) -> Iterator[Sample]:
    """Take the clips as they are."""
    for clip in clips.index:
        yield Sample(clips.audio(clip), SAMPLE_RATE, clip.text)


def narrow(clips: Clips) -> Iterator[Sample]:
    """Take the clips at telephone rate."""
    for sample in wide(clips):
        audio = soxr.resample(sample.audio, SAMPLE_RATE, TELEPHONE_RATE)
        yield Sample(audio, TELEPHONE_RATE, sample.text)


def long(clips: Clips) -> Iterator[Sample]:
    """Join several clips in a row, with pauses."""
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE), np.float32)
    for start in range(0, len(clips.index), LONG):
        group = clips.index[start : start + LONG]
        audio = np.concatenate([part for clip in group for part in (clips.audio(clip), pause)])
        yield Sample(audio, SAMPLE_RATE, " ".join(clip.text for clip in group))


SETS = {"wide band": wide, "telephone band": narrow, f"{LONG} clips in a row": long}


def recognised(model: Recognizer, samples: list[Sample]) -> list[str]:
    """Read samples in small batches."""
    texts: list[str] = []
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        texts += model.recognize([sample.audio for sample in batch], sample_rate=batch[0].rate)
    return texts


def evaluate(folder: Path, clips: Clips) -> None:
    """Print the error rates and the speed of an exported model."""
    model = onnx_asr.load_model("nemo-conformer-ctc", folder, quantization="int8")
    for name, samples_of in SETS.items():
        samples = list(samples_of(clips))
        began = time.monotonic()
        texts = recognised(model, samples)
        elapsed = time.monotonic() - began
        spoken = sum(len(sample.audio) / sample.rate for sample in samples)
        said = [sample.text for sample in samples]
        accuracy = measure(zip(said, texts, strict=True))
        print(f"{name}: {accuracy}; {spoken:.0f} s of speech, {spoken / elapsed:.0f}x real time")
    for expected, heard in list(zip(said, texts, strict=True))[:3]:
        print(f"  said:  {expected}\n  heard: {heard}")


def main() -> None:
    """Read the command line and evaluate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", type=Path, required=True, help="where the clips are")
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    arguments = parser.parse_args()
    evaluate(arguments.model, Clips(arguments.workdir / "dev"))


if __name__ == "__main__":
    main()
