"""The role "recognizer": sound in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.transcript.words import Word

TOO_SHORT = round(0.1 * SAMPLE_RATE)
"""Samples: nobody says a word in less, and several engines fail on it."""


@dataclass(frozen=True, slots=True)
class RecognizerTraits:
    """What an engine can do with the model that it loaded, declared."""

    longest_chunk: float
    """Seconds of sound it hears well at once."""
    gives_confidence: bool = True
    gives_word_times: bool = True
    """Whether it hears when words are said; else they are spread over what it heard."""
    takes_hotwords: bool = False
    identifies_language: bool = False
    """Whether it plays the role ``LanguageIdentifier`` too."""
    punctuates: bool = False
    """Whether it writes marks, and capitals where the language has them."""
    batch: int = 1
    """How many chunks one call digests best."""


class Recognizer(Protocol):
    """Hears short chunks of one channel and writes down their words."""

    @property
    def traits(self) -> RecognizerTraits:
        """What this engine can do with its model."""
        ...

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start.

        Args:
            chunks: float32 samples at 16 kHz, each at most ``traits.longest_chunk`` long.
            language: BCP 47 tag.
            hotwords: words and names to expect; heeded where ``traits.takes_hotwords``.

        Raises:
            EngineFailed: the engine broke; trying again may help.
            ModelMissing: this model does not know the language.

        """
        ...
