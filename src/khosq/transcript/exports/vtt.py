"""WebVTT."""

from __future__ import annotations

from html import escape

from khosq.transcript.cues import build_cues
from khosq.transcript.exports.clock import clock
from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.transcript import Transcript


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a WebVTT file, with a voice tag (``<v Speaker 1>``) where the speaker is known."""
    cues = build_cues(transcript, options=options.cues)
    blocks = (
        f"{clock(cue.time.start)} --> {clock(cue.time.end)}\n"
        f"{_voice(options.label(cue.speaker))}{escape(cue.text, quote=False)}\n\n"
        for cue in cues
    )
    return "".join(["WEBVTT\n\n", *blocks]).encode()


def _voice(label: str | None) -> str:
    return f"<v {escape(label, quote=False)}>" if label else ""
