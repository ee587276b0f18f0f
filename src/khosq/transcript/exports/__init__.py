"""Every file format a transcript is exported to. To add one: write its module, add its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from khosq.errors import Invalid
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.printable import printable_transcript
from khosq.transcript.transcript import Transcript

__all__ = ["FORMATS", "ExportOptions", "Format", "render"]


@dataclass(frozen=True, slots=True)
class Format:
    """One file format."""

    name: str
    """Of its module here, too."""
    extension: str
    media_type: str
    is_caption: bool
    """It is made of cues; else of paragraphs or of the whole transcript."""


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("srt", "srt", "application/x-subrip", is_caption=True),
        Format("vtt", "vtt", "text/vtt; charset=utf-8", is_caption=True),
        Format("sbv", "sbv", "text/plain; charset=utf-8", is_caption=True),
        Format("ttml", "ttml", "application/ttml+xml", is_caption=True),
        Format("stl", "stl", "application/octet-stream", is_caption=True),
        Format("txt", "txt", "text/plain; charset=utf-8", is_caption=False),
        Format(
            "docx",
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            is_caption=False,
        ),
        Format("pdf", "pdf", "application/pdf", is_caption=False),
        Format("html", "html", "text/html; charset=utf-8", is_caption=False),
        Format("json", "json", "application/json", is_caption=False),
    )
}


def render(transcript: Transcript, format_name: str, *, options: ExportOptions | None = None) -> bytes:
    """Return the file; the same transcript and options always give the same bytes.

    Raises:
        Invalid: there is no such format, or it cannot hold this text.

    """
    if format_name not in FORMATS:
        raise Invalid(f"There is no format {format_name!r}; there are {', '.join(FORMATS)}.", field="format")
    write: Callable[[Transcript, ExportOptions], bytes] = import_module(f"{__name__}.{format_name}").write
    return write(printable_transcript(transcript), options or ExportOptions())
