"""One spoken word."""

from __future__ import annotations

from dataclasses import dataclass

from khosq.transcript.timespan import Timespan


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word, as heard."""

    text: str
    time: Timespan
    confidence: float | None = None
    """Probability from 0 to 1; None where the engine gives none."""
