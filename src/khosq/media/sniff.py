"""Tell a recording's format by its first bytes, strictly: whatever is not surely audio is refused.

FFmpeg guesses generously (a playlist behind an ID3 tag makes it read other files), so it is never asked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from khosq.media.recording import MediaType

HEAD_BYTES = 64 * 1024
"""So many bytes, after tags, must show the format."""
_LONGEST_TAGS = 32 * 1024 * 1024
_TAG_HEADER = 10
_FOOTER_FLAG = 0x10
_SEVEN_BITS = 0x7F

_SYNC = 0xFF
_FRAME_HEADER = 4
_RESERVED_RATE = 0b11
_RESERVED_EMPHASIS = 0b10
# Layer III of MPEG 1, 2 or 2.5; a bit rate that is neither free (0) nor reserved (15); a sample rate and an emphasis
# that are not reserved.
_MP3_FRAME = re.compile(
    rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][%s][%s]"
    % (
        b"".join(b"\\x%02x" % byte for byte in range(0x10, 0xF0) if byte >> 2 & 0b11 < _RESERVED_RATE),
        b"".join(b"\\x%02x" % byte for byte in range(0x100) if byte & 0b11 != _RESERVED_EMPHASIS),
    )
)
_MPEG_1 = 0b11
_BITRATES_KBPS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By whether it is MPEG-1."""
_SAMPLE_RATES = {
    _MPEG_1: (44_100, 48_000, 32_000),
    0b10: (22_050, 24_000, 16_000),
    0b00: (11_025, 12_000, 8_000),
}

_OGG_SEGMENTS = 26
"""Where an Ogg page says how long its segment table is."""
_ANY_BYTE = re.compile(rb".", re.DOTALL)
_STREAMINFO = re.compile(rb"[\x00\x80]\x00\x00\x22")
_CHUNK_NAME = re.compile(rb"[A-Za-z0-9 _-]{4}")
_MP4_BRANDS = re.compile(rb"M4[ABV] |mp4[12]|mp71|iso[m2-9]|dash|3g[p2][0-9a-z]|qt  |avc1|MSNV")


class Sniffer:
    """Takes a body piece by piece until its format is known."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._to_skip = 0
        self.tag_bytes = 0
        """How much stands before the audio."""
        self.is_decided = False
        self.media_type: MediaType | None = None
        """Once decided: the format, or None for anything that is not accepted anywhere."""

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; return whether the format is decided."""
        if self.is_decided:
            return True
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._head += memoryview(data)[skipped:]
        self._skip_tags()
        if self.tag_bytes > _LONGEST_TAGS:
            self._decide(None)
        elif not self._to_skip:
            self._look()
        return self.is_decided

    def end(self) -> None:
        """Say that nothing more comes: what is undecided now is no recording."""
        if not self.is_decided:
            self._decide(None)

    def _skip_tags(self) -> None:
        while not self._to_skip and (length := self._leading_tag()):
            self.tag_bytes += length
            self._to_skip = max(0, length - len(self._head))
            del self._head[:length]

    def _leading_tag(self) -> int:
        """Return the length of a tag, or of the zeros that may fill the room after one."""
        padding = len(self._head) - len(self._head.lstrip(b"\0")) if self.tag_bytes else 0
        return padding or tag_length(bytes(self._head[:_TAG_HEADER]))

    def _look(self) -> None:
        head = bytes(self._head[:HEAD_BYTES])
        formats = _TAGGED_FORMATS if self.tag_bytes else _FORMATS
        verdicts = {media_type: is_it(head) for media_type, is_it in formats.items()}
        for media_type, verdict in verdicts.items():
            if verdict:
                self._decide(media_type)
                return
        could_be_a_tag = len(head) < _TAG_HEADER and b"ID3".startswith(head[:3])
        may_become_clear = None in verdicts.values() or could_be_a_tag
        if not may_become_clear or len(head) == HEAD_BYTES:
            self._decide(None)

    def _decide(self, media_type: MediaType | None) -> None:
        self.is_decided = True
        self.media_type = media_type
        self._head.clear()


def sniff(head: bytes) -> MediaType | None:
    """Return the format of a body that begins with ``head``, None where that does not show one."""
    sniffer = Sniffer()
    sniffer.feed(head)
    return sniffer.media_type


def sniff_file(path: Path) -> MediaType | None:
    """Return a file's format, None where its content does not show one."""
    sniffer = Sniffer()
    with path.open("rb") as file:
        while (block := file.read(HEAD_BYTES)) and not sniffer.feed(block):
            pass
    sniffer.end()
    return sniffer.media_type


def tag_length(head: bytes) -> int:
    """Return the length of the ID3v2 tag that ``head`` begins with, 0 where there is none."""
    if len(head) < _TAG_HEADER or head[:3] != b"ID3" or max(head[6:10]) > _SEVEN_BITS:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = _TAG_HEADER if head[5] & _FOOTER_FLAG else 0
    return _TAG_HEADER + size + footer


def audio_offset(file: BinaryIO) -> int:
    """Return where the audio of a file begins, after its leading ID3v2 tags; read from its start."""
    sniffer = Sniffer()
    while (block := file.read(HEAD_BYTES)) and not sniffer.feed(block):
        pass
    return sniffer.tag_bytes


def _is_mp3(head: bytes) -> bool | None:
    """Look for two frames in a row, alike in version, layer and sample rate."""
    first = _fits(head, 0, _FRAME_HEADER, _MP3_FRAME)
    if not first:
        return False if head and head[0] != _SYNC else first
    next_frame = _frame_length(head)
    second = _fits(head, next_frame, _FRAME_HEADER, _MP3_FRAME)
    return second and _kind(head) == _kind(head[next_frame:])


def _kind(frame: bytes) -> tuple[int, int]:
    """Return the version and the index of the sample rate: the same in every frame of a file."""
    return frame[1] >> 3 & 0b11, frame[2] >> 2 & 0b11


def _frame_length(frame: bytes) -> int:
    version, rate_index = _kind(frame)
    kbps = _BITRATES_KBPS[version == _MPEG_1][frame[2] >> 4]
    samples_per_bit = 144 if version == _MPEG_1 else 72
    padding = frame[2] >> 1 & 1
    return samples_per_bit * kbps * 1000 // _SAMPLE_RATES[version][rate_index] + padding


def _is_wav(head: bytes) -> bool | None:
    """Look for a RIFF or RF64 form of type WAVE whose first chunk has a name."""
    is_riff = _either(_at(head, 0, b"RIFF"), _at(head, 0, b"RF64"))
    return _all_of(is_riff, _at(head, 8, b"WAVE"), _fits(head, 12, 4, _CHUNK_NAME))


def _is_flac(head: bytes) -> bool | None:
    """Look for the marker and a STREAMINFO block, 34 bytes long, which must come first."""
    return _all_of(_at(head, 0, b"fLaC"), _fits(head, 4, 4, _STREAMINFO))


def _is_ogg(head: bytes) -> bool | None:
    """Look for a first page whose packet opens a Vorbis or Opus stream."""
    begins = _all_of(_at(head, 0, b"OggS\0\x02"), _fits(head, _OGG_SEGMENTS, 1, _ANY_BYTE))
    if not begins:
        return begins
    packet = _OGG_SEGMENTS + 1 + head[_OGG_SEGMENTS]
    return _either(_at(head, packet, b"\x01vorbis"), _at(head, packet, b"OpusHead"))


def _is_m4a(head: bytes) -> bool | None:
    """Look for a file-type box with a brand of audio or film, not of pictures."""
    return _all_of(_at(head, 4, b"ftyp"), _fits(head, 8, 4, _MP4_BRANDS))


def _at(head: bytes, offset: int, wanted: bytes) -> bool | None:
    """Say whether ``wanted`` stands there; None while too little has come to contradict it."""
    there = head[offset : offset + len(wanted)]
    if there == wanted:
        return True
    return None if wanted.startswith(there) else False


def _fits(head: bytes, offset: int, length: int, pattern: re.Pattern[bytes]) -> bool | None:
    there = head[offset : offset + length]
    return pattern.fullmatch(there) is not None if len(there) == length else None


def _either(*verdicts: bool | None) -> bool | None:
    return True if True in verdicts else None if None in verdicts else False


def _all_of(*verdicts: bool | None) -> bool | None:
    return False if False in verdicts else None if None in verdicts else True


_FORMATS = {
    MediaType.MP3: _is_mp3,
    MediaType.WAV: _is_wav,
    MediaType.FLAC: _is_flac,
    MediaType.OGG: _is_ogg,
    MediaType.M4A: _is_m4a,
}
_TAGGED_FORMATS = {MediaType.MP3: _is_mp3, MediaType.FLAC: _is_flac}
"""What an ID3v2 tag may stand before."""
