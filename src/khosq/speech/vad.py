"""The role "voice activity detector": where somebody speaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from khosq.media.waveform import Samples
from khosq.transcript.timespan import Timespan


class VoiceActivityDetector(Protocol):
    """Finds speech in one channel, streaming."""

    def detect(self, blocks: Iterable[Samples]) -> list[Timespan]:
        """Return the speech regions of the sound that ``blocks`` make up, in order, not touching.

        Memory must not grow with the length beyond one number per frame.
        """
        ...
