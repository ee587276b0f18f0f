"""How much of the speech that was found has words, and what was left out on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from khosq.transcript.timespan import Seconds, Timespan


@dataclass(frozen=True, slots=True)
class ChannelCoverage:
    """What one channel has."""

    channel: int
    speech: Seconds
    """In which somebody speaks."""
    worded: Seconds
    """Of these, with words."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Speech without words."""

    channel: int
    time: Timespan


@dataclass(frozen=True, slots=True)
class Dropped:
    """Words that were left out, since nobody said them."""

    channel: int
    time: Timespan
    words: int
    reason: str
    """``silence``, ``loop``, ``race`` or ``phrase``."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a transcript has of its recording's speech."""

    channels: tuple[ChannelCoverage, ...]
    holes: tuple[Hole, ...] = ()
    """The longer stretches without words, in order of channel and time."""
    dropped: tuple[Dropped, ...] = ()

    @property
    def speech(self) -> Seconds:
        """Seconds in which somebody speaks, of all channels."""
        return round(sum(channel.speech for channel in self.channels), 3)

    @property
    def worded(self) -> Seconds:
        """Of these, seconds with words."""
        return round(sum(channel.worded for channel in self.channels), 3)

    @property
    def share(self) -> float | None:
        """Part of the speech that has words, from 0 to 1; None where nobody speaks."""
        return round(self.worded / self.speech, 4) if self.speech else None

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "channels": [[one.channel, one.speech, one.worded] for one in self.channels],
            "holes": [[one.channel, one.time.start, one.time.end] for one in self.holes],
            "dropped": [[one.channel, one.time.start, one.time.end, one.words, one.reason] for one in self.dropped],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Coverage:
        """Read the stored form."""
        return cls(
            channels=tuple(ChannelCoverage(*one) for one in stored["channels"]),
            holes=tuple(Hole(channel, Timespan(start, end)) for channel, start, end in stored["holes"]),
            dropped=tuple(
                Dropped(channel, Timespan(start, end), words, reason)
                for channel, start, end, words, reason in stored["dropped"]
            ),
        )
