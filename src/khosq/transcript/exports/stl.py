"""EBU-STL, the binary subtitle file of broadcasters (EBU Tech 3264), as open subtitles at 25 frames a second."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from khosq.errors import Invalid
from khosq.transcript.cues import Cue, CueOptions, build_cues
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.scripts import primary
from khosq.transcript.exports.stl_characters import CodeTable, choose_table
from khosq.transcript.timespan import Seconds
from khosq.transcript.transcript import Transcript

_FRAMES = 25
_ROWS = 23
_LONGEST_ROW = 99
_MOST_SUBTITLES, _MOST_BLOCKS = 65_536, 99_999
_LONGEST_TEXT = 5_000
_FIELD = 112
"""Bytes of text in one block."""
_NEW_LINE, _UNUSED = b"\x8a", b"\x8f"
_LAST_BLOCK = 0xFF
_CENTRED = 2

_FROM_01 = "sq br ca hr cy cs da de en es eo et eu fo fr fy ga gd gl is it"
_FROM_17 = "la lv lb lt hu mt nl no oc pl pt ro rm sr sk sl fi sv tr"
_OTHERS = "vi uz ur uk ru fa mk kk id he el bg be az ar nb nn"
_LANGUAGES = {
    **{language: number for number, language in enumerate(_FROM_01.split(), start=0x01)},
    **{language: number for number, language in enumerate(_FROM_17.split(), start=0x17)},
    **dict(zip(_OTHERS.split(), bytes.fromhex("46474849565A63676A6C7077797B7E1E1E"), strict=True)),
}
"""The standard's number of a language; 0 for others."""


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return an EBU-STL file.

    Raises:
        Invalid: the format has no letters for this text, or no room for this length.

    """
    cues = build_cues(transcript, options=_within_rows(options.cues), label=options.prefix)
    if transcript.duration >= 24 * 3600 or len(cues) > _MOST_SUBTITLES:
        raise Invalid("EBU-STL holds less than 24 hours and at most 65,536 subtitles.", field="format")
    if any(len(cue.text) > _LONGEST_TEXT for cue in cues):
        raise Invalid("A word of this text is longer than EBU-STL can hold.", field="format")
    table = choose_table("\n".join(cue.text for cue in cues))
    blocks = [
        block
        for number, (cue, (start, end)) in enumerate(zip(cues, _frames(cues), strict=True))
        for block in _text_blocks(number, start, end, cue, table)
    ]
    if len(blocks) > _MOST_BLOCKS:
        raise Invalid("This text is longer than EBU-STL can hold.", field="format")
    header = _header(transcript, options, table, subtitles=len(cues), blocks=len(blocks))
    return b"".join([header, *blocks])


def _within_rows(cues: CueOptions) -> CueOptions:
    return replace(cues, max_line_length=min(cues.max_line_length, _LONGEST_ROW), max_lines=min(cues.max_lines, _ROWS))


def _header(transcript: Transcript, options: ExportOptions, table: CodeTable, *, subtitles: int, blocks: int) -> bytes:
    """Return the General Subtitle Information block."""
    title = (options.printable_title or "").encode("cp850", "replace")[:32].ljust(32)
    created = options.created.strftime("%y%m%d") if options.created else ""
    language = _LANGUAGES.get(primary(transcript.language), 0)
    row = min(options.cues.max_line_length, _LONGEST_ROW)
    fields = (
        f"850STL{_FRAMES}.010{table.number}{language:02X}".encode(),
        title,
        b" " * (5 * 32 + 16),  # episode, translations, translator, list reference
        f"{created:6}{created:6}00{blocks:05}{subtitles:05}001{row:02}{_ROWS:02}1".encode(),
        b"0" * 16,  # the programme and its first cue begin at zero
        b"11",  # one disk, this one
    )
    return b"".join(fields).ljust(1024)


def _text_blocks(number: int, start: int, end: int, cue: Cue, table: CodeTable) -> Iterator[bytes]:
    """Yield the Text and Timing Information blocks of one cue."""
    first, *others = map(table.encode, cue.lines)
    fields = _fields([*first, *(code for line in others for code in [_NEW_LINE, *line]), _UNUSED])
    row = _ROWS + 1 - len(cue.lines)
    times = (*_time_code(start), *_time_code(end))
    for index, text in enumerate(fields, start=1):
        extension = _LAST_BLOCK if index == len(fields) else index - 1
        yield struct.pack("<BHBB8BBBB", 0, number, extension, 0, *times, row, _CENTRED, 0) + text.ljust(_FIELD, _UNUSED)


def _fields(codes: Iterable[bytes]) -> list[bytes]:
    """Return ``codes`` joined to the texts of blocks; an accent and its letter stay together."""
    fields = [b""]
    for code in codes:
        if len(fields[-1]) + len(code) > _FIELD:
            fields.append(b"")
        fields[-1] += code
    return fields


def _frames(cues: Sequence[Cue]) -> list[tuple[int, int]]:
    """Return first and last frame of each cue, apart from one another and never nothing where there is room."""
    starts = [_frame(cue.time.start) for cue in cues]
    following = [*(later for _, later in pairwise(starts)), 24 * 3600 * _FRAMES - 1]
    return [
        (start, min(max(_frame(cue.time.end), start + 1), max(later, start)))
        for cue, start, later in zip(cues, starts, following, strict=False)
    ]


def _frame(moment: Seconds) -> int:
    return round(moment * _FRAMES)


def _time_code(frame: int) -> tuple[int, int, int, int]:
    seconds, rest = divmod(frame, _FRAMES)
    return seconds // 3600, seconds // 60 % 60, seconds % 60, rest
