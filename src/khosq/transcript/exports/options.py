"""What a caller may choose about an exported file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from khosq.transcript.cues import DEFAULT_OPTIONS, CueOptions
from khosq.transcript.exports.printable import printable


def numbered_speaker(speaker: int) -> str:
    """Return ``Speaker 1`` for the first voice."""
    return f"Speaker {speaker + 1}"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The same for every format; each takes what it can show."""

    cues: CueOptions = DEFAULT_OPTIONS
    title: str | None = None
    with_timestamps: bool = True
    """In TXT, DOCX, PDF and HTML; captions and JSON always have them."""
    with_speakers: bool = True
    speaker_label: Callable[[int], str] = numbered_speaker
    """The name of a voice, given its index from 0."""
    created: date | None = None
    """Written where a format has a place for it."""

    @property
    def printable_title(self) -> str | None:
        """The title, if there is anything to see in it."""
        return printable(self.title or "") or None

    def label(self, speaker: int | None) -> str | None:
        """Return how a voice is called, None where it is unknown or not wanted."""
        if speaker is None or not self.with_speakers:
            return None
        return printable(self.speaker_label(speaker)) or None

    def prefix(self, speaker: int | None) -> str | None:
        """Return what stands before a voice's words in plain text."""
        label = self.label(speaker)
        return f"{label}:" if label else None
