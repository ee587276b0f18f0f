"""The role "language identifier": which language is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from khosq.media.waveform import Samples


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A language that may be spoken."""

    language: str
    """BCP 47 tag, as it was asked about."""
    probability: float | None
    """From 0 to 1 among the languages asked about; None where the engine only names the one it hears."""


class LanguageIdentifier(Protocol):
    """Tells languages apart by their sound."""

    def identify(self, sound: Samples, *, among: Sequence[str]) -> list[LanguageGuess]:
        """Return which of the languages ``among`` may be spoken, the likeliest first; none where none fits.

        Args:
            sound: float32 samples at 16 kHz; what comes after its first 30 s is not heard.
            among: BCP 47 tags; those that the model does not know are left out.

        Raises:
            EngineFailed: the engine broke; trying again may help.

        """
        ...
