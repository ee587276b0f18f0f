"""A stretch of time inside one recording."""

from __future__ import annotations

from dataclasses import dataclass

Seconds = float
"""Seconds from the start of the recording, unless said otherwise."""


@dataclass(frozen=True, slots=True, order=True)
class Timespan:
    """From ``start`` to ``end``, in seconds since the recording began, to the millisecond."""

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        """Round once, here, so that equal times are equal everywhere."""
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a timespan runs forwards: {self.start} to {self.end}")
        object.__setattr__(self, "start", round(float(self.start), 3))
        object.__setattr__(self, "end", round(float(self.end), 3))

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return round(self.end - self.start, 3)

    @property
    def middle(self) -> Seconds:
        """The moment halfway."""
        return (self.start + self.end) / 2

    def shifted(self, offset: Seconds) -> Timespan:
        """Return the same stretch, ``offset`` seconds later."""
        return Timespan(self.start + offset, self.end + offset)

    def overlap(self, other: Timespan) -> Seconds:
        """Return how many seconds both have in common, 0 if none."""
        return max(0.0, round(min(self.end, other.end) - max(self.start, other.start), 3))
