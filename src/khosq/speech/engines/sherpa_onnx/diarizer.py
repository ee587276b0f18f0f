"""Segmentation by pyannote, voices by their embeddings, clustered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from khosq.media.waveform import PcmFile
from khosq.speech.devices import CPU
from khosq.speech.engines.sherpa_onnx.isolated import Isolated
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.turns import Turn

SHORTEST: Seconds = 0.5
"""The segmentation cannot tell voices apart in less."""
Segment = tuple[Seconds, Seconds, int]


class SherpaDiarizer:
    """Tells voices apart; the whole recording is in the memory of its process meanwhile (230 MB for an hour)."""

    def __init__(self, model_dir: Path, *, threads: int = 1, device: str = CPU) -> None:
        self._voices = Isolated("voices", model_dir, threads=threads, device=device)

    def diarize(self, sound: PcmFile, regions: Sequence[Timespan], *, speakers: int) -> list[Turn]:
        """Return turns in order that cover ``regions``, by exactly ``speakers`` voices where they can be told."""
        if not regions:
            return []
        segments = self._voices(sound, speakers) if speakers > 1 and sound.duration >= SHORTEST else []
        return cover(regions, segments or [(0.0, sound.duration, 0)])


def cover(regions: Sequence[Timespan], segments: Sequence[Segment]) -> list[Turn]:
    """Return turns that cover ``regions``: each moment is said by the segment that is nearest, and numbered by voice.

    Args:
        regions: where somebody speaks, in order, not touching.
        segments: start, end and voice, by their starts; at least one.

    """
    cuts = accumulate(
        ((before[1] + after[0]) / 2 for before, after in pairwise(segments)), max
    )  # one may lie in another
    edges = [0.0, *cuts, float("inf")]
    numbers: dict[int, int] = {}
    turns: list[Turn] = []
    for region in regions:
        for (start, end), (_, _, voice) in zip(pairwise(edges), segments, strict=True):
            first, last = max(start, region.start), min(end, region.end)
            if first >= last:
                continue
            speaker = numbers.setdefault(voice, len(numbers))
            if turns and turns[-1].speaker == speaker and turns[-1].time.end == round(first, 3) > region.start:
                first = turns.pop().time.start
            turns.append(Turn(Timespan(first, last), speaker))
    return turns
