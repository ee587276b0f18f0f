"""Character and word error rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Error rates over a set of clips, as shares of 1."""

    characters: float
    words: float

    def __str__(self) -> str:
        """Both in per cent."""
        return f"CER {self.characters:.2%}, WER {self.words:.2%}"


def measure(pairs: Iterable[tuple[str, str]]) -> Accuracy:
    """Compare pairs of what was said and what was recognised."""
    pairs = list(pairs)
    words = [(said.split(), heard.split()) for said, heard in pairs]
    return Accuracy(_error_rate(pairs), _error_rate(words))


def _error_rate(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> float:
    errors = sum(edits(said, heard) for said, heard in pairs)
    return errors / sum(len(said) for said, _ in pairs)


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance."""
    previous = list(range(len(heard) + 1))
    for row, expected in enumerate(said, 1):
        current = [row]
        for column, got in enumerate(heard, 1):
            change = previous[column - 1] + (expected != got)
            current.append(min(change, previous[column] + 1, current[-1] + 1))
        previous = current
    return previous[-1]
