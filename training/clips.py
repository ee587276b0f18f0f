"""Synthetic clips on disk: one file of samples and an index of what is said where."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SAMPLE_RATE = 16_000


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

    def audio(self, clip: Clip) -> np.ndarray:
        """Samples of one clip, its loudest at 0.5."""
        samples = self.samples[clip.start : clip.start + clip.length].astype(np.float32)
        return samples * (0.5 / max(float(np.abs(samples).max()), 1.0))


def write_clips(folder: Path, spoken: Iterable[tuple[np.ndarray, str]]) -> list[Clip]:
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
