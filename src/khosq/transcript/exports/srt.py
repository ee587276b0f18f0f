"""SubRip."""

from __future__ import annotations

from khosq.transcript.cues import build_cues
from khosq.transcript.exports.clock import clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a SubRip file."""
    cues = build_cues(transcript, options=options.cues, label=options.prefix)
    return "".join(
        # The format has no escape for the arrow of its time line.
        f"{number}\n{clock(cue.time.start, ',')} --> {clock(cue.time.end, ',')}\n{cue.text.replace('-->', '→')}\n\n"
        for number, cue in enumerate(cues, start=1)
    ).encode()
