"""Who speaks when."""

from __future__ import annotations

from dataclasses import dataclass

from khosq.transcript.timespan import Timespan


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch in which one voice speaks."""

    time: Timespan
    speaker: int
    """Index of the voice, from 0, in order of first appearance."""
