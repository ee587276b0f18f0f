"""Requests and answers shown in the API's description."""

from __future__ import annotations

from typing import Any

_JOB: dict[str, Any] = {
    "docId": "h4RkT0yVqLz2NwCe8SbJ",
    "status": "processing",
    "createdAt": "2030-01-01T09:00:00.000Z",
    "type": "phone_call",
    "duration": None,
    "metadata": {"ticket": "A-17", "line": 3},
}

CREATE: dict[str, Any] = {
    "call": {"summary": "A call", "value": {"type": "phone_call", "metadata": {"ticket": "A-17", "line": 3}}},
    "voice": {"summary": "One voice, in English", "value": {"type": "single_voice", "languageCode": "en"}},
}
CREATED: dict[str, Any] = {
    "created": {
        "summary": "Created",
        "value": {
            "docId": _JOB["docId"],
            "uploadUrl": "https://asr.example.org/upload/h4RkT0yVqLz2NwCe8SbJ?exp=1893456000&sig=9c41f0",
        },
    }
}
POLLED: dict[str, Any] = {
    "in_flight": {"summary": "In flight", "value": _JOB},
    "transcribed": {
        "summary": "Transcribed",
        "value": {
            **_JOB,
            "status": "transcribed",
            "duration": 31.4,
            "transcription": "Խոսնակ 1: Բարև ձեզ։\nԽոսնակ 2: Բարև, հաշվի մասին է։",  # noqa: RUF001 - Armenian
            "title": "Հարց հաշվի մասին",
            "resolution": "Հաճախորդը հարցրեց հաշվի մասին, օպերատորը պատասխանեց։",  # noqa: RUF001 - Armenian
            "languageCode": "hy-AM",
        },
    },
    "failed": {
        "summary": "Failed",
        "value": {
            **_JOB,
            "status": "failed",
            "type": "single_voice",
            "metadata": {},
            "error": "The uploaded file is not a readable MP3.",
        },
    },
}
