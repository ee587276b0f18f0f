"""Tell a recording's format by its first bytes, strictly: whatever is not surely sound or film is refused.

FFmpeg guesses generously (a playlist behind an ID3 tag makes it read other files), so it is never asked. Only MP3 may
begin late, for many recorders cut it anywhere: at frames that lie where each says that the next one is, behind nothing
that looks like another kind of file.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import BinaryIO

from khosq.media.magic import FORMATS, FRAME_HEADER, LONGEST_FRAME, MP3_FRAME, TAGGED_FORMATS, are_mp3_frames
from khosq.media.recording import MediaType

HEAD_BYTES = 64 * 1024
"""Within so many bytes, after tags, the audio must begin."""
_START_BYTES = 4096
"""So many show every format that begins at once."""
_LONGEST_TAGS = 32 * 1024 * 1024
_TAG_HEADER = 10
_APE_HEADER = 32
_APE = b"APETAGEX"
_BLANKS = b"\0\r\n\t "
_LONGEST_BLANKS = 4096
_BLANKS_BEFORE_A_TAG = re.compile(rb"[\0\r\n\t ]++(?=ID3[\x02-\x04]|APETAGEX)")
_FOOTER_FLAG = 0x10
_SEVEN_BITS = 0x7F
_FRAMES_LATER = 3
"""So many in a row show an MP3 that begins later."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_KINDS = re.compile(
    rb"#EXTM3U|#!|\[playlist|\[Reference|ffconcat|HTTP/1|<[!?A-Za-z][ -~\s]{4}|%PDF|%!PS|\{\\rtf|BEGIN:|"
    rb"\xff\xfe(?:.[\0\4\5]){4}|\xfe\xff(?:[\0\4\5].){4}|"  # UTF-16: Latin, Cyrillic, Armenian
    rb"RIFF|RIFX|RF64|FORM|OggS|fLaC|wvpk|MAC |MPCK|MP\+|TTA1|DSD |FRM8|caff|\.snd|MThd|\.RMF|FLV\x01|"
    rb".{0,4}(?:ftyp|moov|mdat|wide|free|skip|pnot|uuid)|\x1a\x45\xdf\xa3|\x30\x26\xb2\x75|\0\0\x01[\xb3\xba]|"
    rb".{100}(?:[0-7 ]{5,6}[0-7][\0 ]{1,2}){3}|"  # a tape archive
    rb"\x47.{187}\x47.{187}\x47|"  # an MPEG transport stream
    rb"PK[\x01-\x08][\x02-\x08]|Rar!|7z\xbc\xaf|\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ|\x28\xb5\x2f\xfd|MSCF|!<arch>|"
    rb"\x89PNG|GIF8|\xff\xd8\xff|II\*\0|MM\0\*|8BPS|\x7fELF|MZ|\xca\xfe\xba\xbe|\xd0\xcf\x11\xe0|SQLite format",
    re.DOTALL,
)
_ARCHIVE_INSIDE = re.compile(rb"PK\x03\x04|PK\x05\x06|ustar[\0 ]")
_TEXT_BYTES = 1024
_SHORTEST_TEXT = 48
_FEWEST_WORDS = 2
_FEWEST_LETTERS = 12
_MOSTLY = 0.9
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"


class Sniffer:
    """Takes a body piece by piece until its format is known."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._to_skip = 0
        self._searched = 0
        self._is_late = False
        self.tag_bytes = 0
        """How much stands before the audio: tags, padding, and the rest of a frame that was cut."""
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
        elif self._is_late:
            self._look_further(is_all=False)
        elif not self._to_skip:
            self._look()
        return self.is_decided

    def end(self) -> None:
        """Say that nothing more comes: what is undecided now is no recording."""
        if not self.is_decided and not self._to_skip:
            self._look(is_all=True)
        if not self.is_decided:
            self._decide(None)

    def _skip_tags(self) -> None:
        while not self._to_skip and (length := self._leading_tag()):
            self.tag_bytes += length
            self._to_skip = max(0, length - len(self._head))
            self._searched, self._is_late = 0, False
            del self._head[:length]

    def _leading_tag(self) -> int:
        """Return the length of a tag, of the zeros that may fill the room after one, or of blanks before one."""
        padding = len(self._head) - len(self._head.lstrip(b"\0")) if self.tag_bytes else 0
        blanks = _BLANKS_BEFORE_A_TAG.match(self._head, 0, _LONGEST_BLANKS)
        return padding or (blanks.end() if blanks else tag_length(bytes(self._head[:_APE_HEADER])))

    def _look(self, *, is_all: bool = False) -> None:
        start = bytes(self._head[:_START_BYTES])
        formats = TAGGED_FORMATS if self.tag_bytes else FORMATS
        verdicts = {media_type: is_it(start) for media_type, is_it in formats.items()}
        for media_type, verdict in verdicts.items():
            if verdict:
                self._decide(media_type)
                return
        is_unclear = None in verdicts.values() or _could_be_a_tag(start)
        if is_unclear and not is_all:
            return
        if _begins_like_another(start):
            self._decide(None)
            return
        self._is_late = len(start) == _START_BYTES
        self._look_further(is_all=is_all)

    def _look_further(self, *, is_all: bool) -> None:
        """Look for an MP3 that begins later."""
        offset = self._find_frames(is_all=is_all)
        if offset is not None:
            is_other = _is_another_kind(bytes(self._head[:offset]))
            self.tag_bytes += 0 if is_other else offset
            self._decide(None if is_other else MediaType.MP3)
        elif len(self._head) >= HEAD_BYTES + _FRAMES_LATER * LONGEST_FRAME:
            self._decide(None)

    def _find_frames(self, *, is_all: bool) -> int | None:
        """Return where frames in a row begin; come back to the first place that more bytes must make clear."""
        while frame := MP3_FRAME.search(self._head, self._searched, HEAD_BYTES):
            verdict = are_mp3_frames(self._head, frame.start(), _FRAMES_LATER)
            if verdict:
                return frame.start()
            if verdict is None and not is_all:
                self._searched = frame.start()
                return None
            self._searched = frame.start() + 1
        self._searched = max(self._searched, min(len(self._head), HEAD_BYTES) - FRAME_HEADER + 1)
        return None

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


def _begins_like_another(head: bytes) -> bool:
    marked = head.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANKS)
    return _OTHER_KINDS.match(head) is not None or _OTHER_KINDS.match(marked) is not None


def _is_another_kind(head: bytes) -> bool:
    """Say whether what stands before an MP3 shows that it only lies inside a file of another kind."""
    return (
        _begins_like_another(head)
        or _ARCHIVE_INSIDE.search(head) is not None
        or _is_text(head.replace(b"\0", b"").strip())
    )


def _is_text(head: bytes) -> bool:
    """Say whether it reads like lines of text; what encoders fill frames with has no blanks and few letters."""
    sample = head[:_TEXT_BYTES]
    if len(sample) < _SHORTEST_TEXT or len(sample.split()) < _FEWEST_WORDS or len(set(sample)) < _FEWEST_LETTERS:
        return False
    printable = len(sample) - len(sample.translate(None, _PRINTABLE))
    return printable >= _MOSTLY * len(sample) or _is_utf8_text(sample)


def _is_utf8_text(sample: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)


def _could_be_a_tag(head: bytes) -> bool:
    there = head.lstrip(_BLANKS)
    if len(there) >= _APE_HEADER:
        return False
    return b"ID3".startswith(there[:3]) or _APE.startswith(there[: len(_APE)])


def tag_length(head: bytes) -> int:
    """Return the length of the ID3v2 or APE tag that ``head`` begins with, 0 where there is none."""
    if head[: len(_APE)] == _APE:
        return _APE_HEADER + int.from_bytes(head[12:16], "little") if len(head) >= _APE_HEADER else 0
    if len(head) < _TAG_HEADER or head[:3] != b"ID3" or max(head[6:10]) > _SEVEN_BITS:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = _TAG_HEADER if head[5] & _FOOTER_FLAG else 0
    return _TAG_HEADER + size + footer


def audio_offset(file: BinaryIO) -> int:
    """Return where the audio of a file begins, after its leading tags; read from its start."""
    sniffer = Sniffer()
    while (block := file.read(HEAD_BYTES)) and not sniffer.feed(block):
        pass
    sniffer.end()
    return sniffer.tag_bytes
