"""The role "diarizer": who speaks when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from khosq.media.waveform import PcmFile
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn


class Diarizer(Protocol):
    """Tells voices apart on one channel."""

    def diarize(self, sound: PcmFile, regions: Sequence[Timespan], *, speakers: int) -> list[Turn]:
        """Return turns in order that cover ``regions``, by exactly ``speakers`` voices where they can be told.

        The first voice heard is speaker 0. One region may hold several turns. Empty ``regions`` give no turns.
        """
        ...
