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
    """The whole family, with moving pictures or without: recorders of sound write the brands of films too."""
    AAC = "audio/aac"
    AMR = "audio/amr"
    WEBM = "video/webm"
    """Matroska, of which WebM is a part."""
    AVI = "video/x-msvideo"
    MPEG_TS = "video/mp2t"
    MPEG_PS = "video/mpeg"
    ASF = "video/x-ms-asf"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS.get(self, self.name)


_LABELS = {
    MediaType.M4A: "MP4/M4A",
    MediaType.WEBM: "WebM/Matroska",
    MediaType.MPEG_TS: "MPEG-TS",
    MediaType.MPEG_PS: "MPEG-PS",
    MediaType.ASF: "WMA/WMV",
}

AUDIO_TYPES = frozenset({MediaType.MP3, MediaType.WAV, MediaType.FLAC, MediaType.OGG, MediaType.M4A})
"""What recorders of sound write."""
VIDEO_TYPES = frozenset(
    {MediaType.M4A, MediaType.WEBM, MediaType.AVI, MediaType.MPEG_TS, MediaType.MPEG_PS, MediaType.ASF}
)
"""What may hold moving pictures; only decoding tells whether a recording does."""
ALL_TYPES = frozenset(MediaType)


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording in the blob store, as it came."""

    key: str
    media_type: MediaType
    size_bytes: int
    sha256: str
    """In hex."""
