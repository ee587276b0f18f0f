"""The role "recognizer": sound in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from khosq.media.waveform import Samples
from khosq.transcript.words import Word


@dataclass(frozen=True, slots=True)
class RecognizerTraits:
    """What an engine can do, declared."""

    longest_chunk: float
    """Seconds of sound it hears well at once."""
    gives_confidence: bool = True
    batch: int = 1
    """How many chunks one call digests best."""


class Recognizer(Protocol):
    """Hears short chunks of one channel and writes down their words."""

    traits: ClassVar[RecognizerTraits]

    def recognize(self, chunks: Sequence[Samples], *, language: str) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start.

        Args:
            chunks: float32 samples at 16 kHz, each at most ``traits.longest_chunk`` long.
            language: BCP 47 tag.

        Raises:
            EngineFailed: the engine broke; trying again may help.

        """
        ...
