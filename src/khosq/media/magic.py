"""What the first bytes of each format look like: True, False, or None while too few are there to say."""

from __future__ import annotations

import re
from collections.abc import Callable

from khosq.media.recording import MediaType

Test = Callable[[bytes], bool | None]

_ANY_BYTE = re.compile(rb".", re.DOTALL)


def _class_of(*bytes_: int) -> bytes:
    return b"[%s]" % b"".join(b"\\x%02x" % byte for byte in bytes_)


def _with_bits(mask: int, value: int) -> bytes:
    """Return the class of bytes in which the bits of ``mask`` are those of ``value``."""
    return _class_of(*(byte for byte in range(0x100) if byte & mask == value))


# MP3 and AAC: rows of frames, each of which says how long it is.

_SYNC = 0xFF
FRAME_HEADER = 4
LONGEST_FRAME = 1441
_RESERVED_RATE = 0b11
_RESERVED_EMPHASIS = 0b10
# Layer III of MPEG 1, 2 or 2.5; a bit rate that is neither free (0) nor reserved (15); a sample rate and an emphasis
# that are not reserved.
MP3_FRAME = re.compile(
    rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]%s%s"
    % (
        _class_of(*(byte for byte in range(0x10, 0xF0) if byte >> 2 & 0b11 < _RESERVED_RATE)),
        _class_of(*(byte for byte in range(0x100) if byte & 0b11 != _RESERVED_EMPHASIS)),
    )
)
_FRAMES_AT_ONCE = 2
"""So many in a row show an MP3 that begins with the first of them."""
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

_ADTS_HEADER = 7
_ADTS_SAME = 3
"""So many bytes of a header are alike in all frames of a file, but for the last two bits of them."""
_ADTS_SAMPLE_RATES = 13
# Layer 0, and one of the sample rates that there are.
_ADTS_FRAME = re.compile(
    rb"\xff%s%s.{4}"
    % (_with_bits(0xF6, 0xF0), _class_of(*(byte for byte in range(0x100) if byte >> 2 & 0xF < _ADTS_SAMPLE_RATES))),
    re.DOTALL,
)
_ADTS_FRAMES_AT_ONCE = 3


def are_mp3_frames(head: bytes | bytearray, start: int, count: int) -> bool | None:
    """Look for that many frames of one kind in a row."""
    kind = None
    for _ in range(count):
        verdict = _fits(head, start, FRAME_HEADER, MP3_FRAME)
        if not verdict:
            return verdict
        frame = head[start : start + FRAME_HEADER]
        if kind not in {None, _kind(frame)}:
            return False
        kind, start = _kind(frame), start + _frame_length(frame)
    return True


def _is_mp3(head: bytes) -> bool | None:
    """Look for two frames in a row, alike in version, layer and sample rate."""
    if head and head[0] != _SYNC:
        return False
    return are_mp3_frames(head, 0, _FRAMES_AT_ONCE)


def _kind(frame: bytes | bytearray) -> tuple[int, int]:
    """Return the version and the index of the sample rate: the same in every frame of a file."""
    return frame[1] >> 3 & 0b11, frame[2] >> 2 & 0b11


def _frame_length(frame: bytes | bytearray) -> int:
    version, rate_index = _kind(frame)
    kbps = _BITRATES_KBPS[version == _MPEG_1][frame[2] >> 4]
    samples_per_bit = 144 if version == _MPEG_1 else 72
    padding = frame[2] >> 1 & 1
    return samples_per_bit * kbps * 1000 // _SAMPLE_RATES[version][rate_index] + padding


def _is_aac(head: bytes) -> bool | None:
    """Look for three ADTS frames in a row whose headers are alike."""
    if head and head[0] != _SYNC:
        return False
    start = 0
    for _ in range(_ADTS_FRAMES_AT_ONCE):
        verdict = _fits(head, start, _ADTS_HEADER, _ADTS_FRAME)
        if not verdict:
            return verdict
        frame = head[start : start + _ADTS_HEADER]
        if frame[:_ADTS_SAME] != head[:_ADTS_SAME]:
            return False
        start += (frame[3] & 0b11) << 11 | frame[4] << 3 | frame[5] >> 5
    return True


# Containers: a header that says what it is.

_STREAMINFO = re.compile(rb"[\x00\x80]\x00\x00\x22")
_CHUNK_NAME = re.compile(rb"[A-Za-z0-9 _-]{4}")
_OGG_SEGMENTS = 26
"""Where an Ogg page says how long its segment table is."""
_OGG_STREAMS = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC", b"\x80theora", b"fishead\0")
_MP4_BRANDS = re.compile(
    rb"M4[ABV] |mp4[12]|mp71|iso[m2-9]|dash|cmf[cfs2]|3g[p2][0-9a-z]|qt  |avc1|MSNV|[fF]4[vVaAbB] |XAVC"
)
_OLD_QUICKTIME = re.compile(rb"\0\0\0\x08wide.{4}mdat|.{4}moov.{4}(?:mvhd|cmov)", re.DOTALL)
_EBML = b"\x1a\x45\xdf\xa3"
_MATROSKA = re.compile(rb".*?\x42\x82[^a-z]{1,8}(?:webm|matroska).*", re.DOTALL)
_AVI = re.compile(rb"AVI LIST.{4}hdrl", re.DOTALL)
_AMR = re.compile(rb"\n.{3}|-WB\n", re.DOTALL)
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c"

_PACK = b"\0\0\x01\xba"
# A pack header of MPEG-2 or of MPEG-1 with every marker bit, and behind it the start of something.
_PACK_HEADER = re.compile(
    rb"(?:%s.%s.%s%s..%s.\xff{0,7}|%s.%s.%s%s.%s)\0\0\x01[\xb9-\xff].*"
    % (
        *(_with_bits(0xC4, 0x44), _with_bits(4, 4), _with_bits(4, 4), _with_bits(1, 1), _with_bits(3, 3)),
        *(_with_bits(0xF1, 0x21), _with_bits(1, 1), _with_bits(1, 1), _with_bits(0x80, 0x80), _with_bits(1, 1)),
    ),
    re.DOTALL,
)
_TS_PACKET = 188
_TS_PACKETS_AT_ONCE = 5
_TS_STAMPS = (0, 4)
"""Discs and cameras put a clock of four bytes before each packet."""
# No error, not scrambled, and not empty.
_TS_HEADER = re.compile(rb"\x47[\0-\x7f].[\x10-\x3f]", re.DOTALL)


def _is_wav(head: bytes) -> bool | None:
    """Look for a RIFF or RF64 form of type WAVE whose first chunk has a name."""
    is_riff = _either(_at(head, 0, b"RIFF"), _at(head, 0, b"RF64"))
    return _all_of(is_riff, _at(head, 8, b"WAVE"), _fits(head, 12, 4, _CHUNK_NAME))


def _is_flac(head: bytes) -> bool | None:
    """Look for the marker and a STREAMINFO block, 34 bytes long, which must come first."""
    return _all_of(_at(head, 0, b"fLaC"), _fits(head, 4, 4, _STREAMINFO))


def _is_ogg(head: bytes) -> bool | None:
    """Look for a first page whose packet opens a stream that we know."""
    begins = _all_of(_at(head, 0, b"OggS\0\x02"), _fits(head, _OGG_SEGMENTS, 1, _ANY_BYTE))
    if not begins:
        return begins
    packet = _OGG_SEGMENTS + 1 + head[_OGG_SEGMENTS]
    return _either(*(_at(head, packet, stream) for stream in _OGG_STREAMS))


def _is_m4a(head: bytes) -> bool | None:
    """Look for a file-type box with a brand of audio or film, not of pictures; old QuickTime has no such box."""
    is_old = _either(_at(head, 4, b"wide"), _at(head, 4, b"moov"))
    return _either(
        _all_of(_at(head, 4, b"ftyp"), _fits(head, 8, 4, _MP4_BRANDS)),
        _all_of(is_old, _fits(head, 0, 16, _OLD_QUICKTIME)),
    )


def _is_amr(head: bytes) -> bool | None:
    return _all_of(_at(head, 0, b"#!AMR"), _fits(head, 5, 4, _AMR))


def _is_webm(head: bytes) -> bool | None:
    return _all_of(_at(head, 0, _EBML), _fits(head, 4, 60, _MATROSKA))


def _is_avi(head: bytes) -> bool | None:
    return _all_of(_at(head, 0, b"RIFF"), _fits(head, 8, 16, _AVI))


def _is_mpeg_ts(head: bytes) -> bool | None:
    """Look for packets in a row."""
    return _either(
        *(
            _all_of(
                *(
                    _fits(head, stamp + number * (stamp + _TS_PACKET), 4, _TS_HEADER)
                    for number in range(_TS_PACKETS_AT_ONCE)
                )
            )
            for stamp in _TS_STAMPS
        )
    )


def _is_mpeg_ps(head: bytes) -> bool | None:
    return _all_of(_at(head, 0, _PACK), _fits(head, 4, 21, _PACK_HEADER))


def _is_asf(head: bytes) -> bool | None:
    return _at(head, 0, _ASF)


def _at(head: bytes, offset: int, wanted: bytes) -> bool | None:
    """Say whether ``wanted`` stands there; None while too little has come to contradict it."""
    there = head[offset : offset + len(wanted)]
    if there == wanted:
        return True
    return None if wanted.startswith(there) else False


def _fits(head: bytes | bytearray, offset: int, length: int, pattern: re.Pattern[bytes]) -> bool | None:
    there = head[offset : offset + length]
    return pattern.fullmatch(there) is not None if len(there) == length else None


def _either(*verdicts: bool | None) -> bool | None:
    return True if True in verdicts else None if None in verdicts else False


def _all_of(*verdicts: bool | None) -> bool | None:
    return False if False in verdicts else None if None in verdicts else True


FORMATS: dict[MediaType, Test] = {
    MediaType.MP3: _is_mp3,
    MediaType.WAV: _is_wav,
    MediaType.FLAC: _is_flac,
    MediaType.OGG: _is_ogg,
    MediaType.M4A: _is_m4a,
    MediaType.AAC: _is_aac,
    MediaType.AMR: _is_amr,
    MediaType.WEBM: _is_webm,
    MediaType.AVI: _is_avi,
    MediaType.MPEG_TS: _is_mpeg_ts,
    MediaType.MPEG_PS: _is_mpeg_ps,
    MediaType.ASF: _is_asf,
}
TAGGED_FORMATS: dict[MediaType, Test] = {MediaType.MP3: _is_mp3, MediaType.FLAC: _is_flac, MediaType.AAC: _is_aac}
"""What an ID3v2 tag may stand before."""
