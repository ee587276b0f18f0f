"""SubViewer, as YouTube reads and writes it."""

from __future__ import annotations

from khosq.transcript.cues import build_cues
from khosq.transcript.exports.clock import clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.timespan import Seconds
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return an SBV file."""
    cues = build_cues(transcript, options=options.cues, label=options.prefix)
    return "".join(f"{_clock(cue.time.start)},{_clock(cue.time.end)}\n{cue.text}\n\n" for cue in cues).encode()


def _clock(moment: Seconds) -> str:
    return clock(moment).removeprefix("0")
