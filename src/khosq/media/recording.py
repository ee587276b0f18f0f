"""What a recording is once it is here: its format, and where its bytes lie."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MediaType(StrEnum):
    """A format that can be taken in; the value is its MIME type."""

    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    FLAC = "audio/flac"
    OGG = "audio/ogg"
    M4A = "audio/mp4"

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording in the blob store, as it came."""

    key: str
    media_type: MediaType
    size_bytes: int
    sha256: str
    """In hex."""
