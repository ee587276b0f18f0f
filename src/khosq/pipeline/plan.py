"""What the stages hand on: the sound, the plan, and what was written down of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from khosq.media.waveform import PcmFile
from khosq.speech.identification import Identified
from khosq.speech.resolution import ModelChoice
from khosq.transcript.coverage import Dropped
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded recording: its channels lie in a folder of its own."""

    duration: Seconds
    channels: int
    has_video: bool = False
    """Moving pictures came with it."""

    def files(self, folder: Path) -> list[PcmFile]:
        """Return the channels, which lie in ``folder``."""
        return [PcmFile(folder / f"channel-{number}.pcm") for number in range(self.channels)]

    def lies_in(self, folder: Path) -> bool:
        """Tell whether ``folder`` holds every channel in full; a killed decoder leaves them cut short."""
        files = self.files(folder)
        return all(file.path.exists() and abs(file.duration - self.duration) < _ROUNDING for file in files)


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit of recognition: some chunks of one channel."""

    channel: int
    chunks: tuple[Timespan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who recognises what."""

    model: ModelChoice
    regions: tuple[tuple[Timespan, ...], ...]
    """Where somebody speaks, per channel."""
    pieces: tuple[Piece, ...]
    hotwords: tuple[str, ...] = ()
    """Words and names to expect."""
    identified: Identified | None = None
    """How the language was found out; None where it was given."""

    @property
    def spoken_channels(self) -> list[int]:
        """Channels on which anybody speaks: one of a call recorded on one side only."""
        return [number for number, regions in enumerate(self.regions) if regions]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written down of one piece."""

    channel: int
    words: tuple[Word, ...]
    """In order, timed from the recording's start."""
    dropped: tuple[Dropped, ...] = ()
    """What the engine wrote and nobody said."""
    heeds_hotwords: bool = True
    punctuates: bool = False
    """Whether the engine writes marks and capitals."""
