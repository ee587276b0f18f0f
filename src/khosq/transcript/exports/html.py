"""A web page that stands alone: no script, nothing to fetch."""

from __future__ import annotations

from khosq.transcript.exports.clock import short_clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.templating import fill
from khosq.transcript.paragraphs import paragraphs
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return an HTML file."""
    return fill(
        "page.html",
        language=transcript.language,
        title=options.printable_title,
        warnings=transcript.warnings,
        paragraphs=list(paragraphs(transcript)),
        label=options.label,
        clock=short_clock if options.with_timestamps else None,
    )
