"""Timed Text Markup Language, in the text profile of IMSC 1.1."""

from __future__ import annotations

from khosq.transcript.cues import build_cues
from khosq.transcript.exports.clock import clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.exports.scripts import is_right_to_left
from khosq.transcript.exports.templating import fill
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a TTML file, with an agent for each known speaker."""
    cues = build_cues(transcript, options=options.cues)
    labels = {cue.speaker: options.label(cue.speaker) for cue in cues}
    return fill(
        "captions.ttml",
        language=transcript.language,
        title=options.printable_title,
        direction="rtl" if is_right_to_left(transcript.language) else "ltr",
        agents={speaker: label for speaker, label in labels.items() if label},
        cues=cues,
        clock=clock,
    )
