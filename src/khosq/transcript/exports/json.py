"""The open shape of a transcript, described in docs/exports.md."""

from __future__ import annotations

import json
from typing import Any

from khosq.transcript.exports.options import ExportOptions
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def write(transcript: Transcript, options: ExportOptions) -> bytes:
    """Return a JSON file."""
    return (json.dumps(_to_plain(transcript, options), ensure_ascii=False, indent=2) + "\n").encode()


def _to_plain(transcript: Transcript, options: ExportOptions) -> dict[str, Any]:
    speakers = sorted({one.speaker for one in transcript.utterances if one.speaker is not None})
    return {
        "title": options.printable_title,
        "language": transcript.language,
        "duration": transcript.duration,
        "warnings": list(transcript.warnings),
        "speakers": [{"id": one + 1, "label": options.label(one)} for one in speakers if options.with_speakers],
        "utterances": [plain_utterance(one, with_speaker=options.with_speakers) for one in transcript.utterances],
    }


def plain_utterance(utterance: Utterance, *, with_speaker: bool = True) -> dict[str, Any]:
    """Return an utterance in the open shape; speakers are counted from 1."""
    speaker = utterance.speaker if with_speaker else None
    return {
        "start": utterance.time.start,
        "end": utterance.time.end,
        "speaker": None if speaker is None else speaker + 1,
        "channel": utterance.channel,
        "text": utterance.text,
        "words": [_plain_word(word) for word in utterance.words],
    }


def _plain_word(word: Word) -> dict[str, Any]:
    confidence = None if word.confidence is None else round(word.confidence, 3)
    return {"text": word.text, "start": word.time.start, "end": word.time.end, "confidence": confidence}
