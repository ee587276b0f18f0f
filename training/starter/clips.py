"""Synthetic clips on disk: one file of samples and an index of what is said where."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SAMPLE_RATE: Final = 16_000

Waveform = npt.NDArray[np.float32]
"""Samples from -1 to 1."""

Pcm = npt.NDArray[np.int16]
"""Samples as they are stored."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Where a clip's samples lie, and its text."""

    start: int
    length: int
    text: str


class Clips:
    """A read-only set of clips."""

    def __init__(self, folder: Path) -> None:
        """Open the clips which ``write_clips`` left in a folder."""
        self.samples = np.memmap(folder / "clips.pcm", dtype=np.int16, mode="r")
        index = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
        self.index = [Clip(**entry) for entry in index]

    def audio(self, clip: Clip) -> Waveform:
        """Return the samples of one clip, its loudest at 0.5."""
        samples = self.samples[clip.start : clip.start + clip.length].astype(np.float32)
        return samples * np.float32(0.5 / max(float(np.abs(samples).max()), 1.0))


def write_clips(folder: Path, spoken: Iterable[tuple[Pcm, str]]) -> list[Clip]:
    """Store clips in a folder; the index comes last, so its presence means success."""
    folder.mkdir(parents=True, exist_ok=True)
    index: list[Clip] = []
    start = 0
    with (folder / "clips.pcm").open("wb") as file:
        for samples, text in spoken:
            file.write(samples.tobytes())
            index.append(Clip(start, len(samples), text))
            start += len(samples)
    entries = [asdict(clip) for clip in index]
    (folder / "clips.json").write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return index
