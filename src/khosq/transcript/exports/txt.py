"""Plain text: a line for each paragraph."""

from __future__ import annotations

from khosq.transcript.exports.clock import short_clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.paragraphs import Paragraph, paragraphs
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a line for each paragraph, ``[00:01:05] Speaker 1: Good morning.`` at the most."""
    title = options.printable_title
    lines = [f"{title}\n\n"] if title else []
    lines += (_line(paragraph, options) for paragraph in paragraphs(transcript))
    return "".join(lines).encode()


def _line(paragraph: Paragraph, options: ExportOptions) -> str:
    time = f"[{short_clock(paragraph.time.start)}]" if options.with_timestamps else None
    return " ".join(part for part in (time, options.prefix(paragraph.speaker), paragraph.text) if part) + "\n"
