"""The role "punctuator": marks for words that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Punctuator(Protocol):
    """Sets marks after words."""

    def punctuate(self, words: Sequence[str], *, language: str) -> list[str]:
        """Return the same words, as many and in order, some with a mark behind.

        Raises:
            EngineFailed: the engine broke; trying again may help.

        """
        ...
