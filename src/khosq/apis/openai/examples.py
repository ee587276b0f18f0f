"""Answers shown in the API's description: all of one call."""

from __future__ import annotations

from typing import Any

TEXT = "Hello? Good morning, this is Diane."
_USAGE = {"type": "duration", "seconds": 6.4}

JSON: dict[str, Any] = {"text": TEXT, "usage": _USAGE}
VERBOSE: dict[str, Any] = {
    "task": "transcribe",
    "language": "english",
    "duration": 6.4,
    "text": TEXT,
    "segments": [
        {
            "id": 0,
            "seek": 50,
            "start": 0.5,
            "end": 1.0,
            "text": "Hello?",
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": -0.2231,
            "compression_ratio": 0.4286,
            "no_speech_prob": 0.0,
        },
        {
            "id": 1,
            "seek": 200,
            "start": 2.0,
            "end": 4.5,
            "text": "Good morning, this is Diane.",
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": 0.0,
            "compression_ratio": 0.8235,
            "no_speech_prob": 0.0,
        },
    ],
    "words": [
        {"word": "Hello?", "start": 0.5, "end": 1.0},
        {"word": "Good", "start": 2.0, "end": 2.5},
        {"word": "morning,", "start": 2.5, "end": 3.0},
        {"word": "this", "start": 3.0, "end": 3.5},
        {"word": "is", "start": 3.5, "end": 4.0},
        {"word": "Diane.", "start": 4.0, "end": 4.5},
    ],
    "usage": _USAGE,
}
DIARIZED: dict[str, Any] = {
    "task": "transcribe",
    "duration": 6.4,
    "text": TEXT,
    "segments": [
        {
            "type": "transcript.text.segment",
            "id": "seg_000",
            "start": 0.5,
            "end": 1.0,
            "text": "Hello?",
            "speaker": "A",
        },
        {
            "type": "transcript.text.segment",
            "id": "seg_001",
            "start": 2.0,
            "end": 4.5,
            "text": "Good morning, this is Diane.",
            "speaker": "B",
        },
    ],
    "usage": _USAGE,
}
SRT = "1\n00:00:00,500 --> 00:00:01,500\nHello?\n\n2\n00:00:02,000 --> 00:00:04,500\nGood morning, this is Diane.\n\n"
STREAM = (
    'data: {"type":"transcript.text.delta","delta":"Hello?"}\n\n'
    'data: {"type":"transcript.text.delta","delta":" Good morning, this is Diane."}\n\n'
    'data: {"type":"transcript.text.done","text":"Hello? Good morning, this is Diane."}\n\n'
)
REFUSED: dict[str, Any] = {
    "error": {
        "message": "response_format must be json, text, srt, verbose_json, vtt or diarized_json.",
        "type": "invalid_request_error",
        "param": "response_format",
        "code": "invalid_value",
    }
}
MODEL: dict[str, Any] = {"id": "whisper-1", "object": "model", "created": 0, "owned_by": "khosq"}


def shown(**values: Any) -> dict[str, Any]:
    """Return examples as OpenAPI has them, each called by its name."""
    return {"examples": {name: {"summary": name, "value": value} for name, value in values.items()}}
