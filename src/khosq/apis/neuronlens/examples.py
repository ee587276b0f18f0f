"""Requests and answers shown in the API's description."""

from __future__ import annotations

from typing import Any

_METADATA = {"lead": "L-9"}
_JOB: dict[str, Any] = {
    "job_id": "trx_8Kd2mQ5vBx1Z",
    "status": "pending",
    "language": "hi-IN",
    "duration_seconds": None,
    "summary": None,
    "intent": None,
    "metadata": _METADATA,
    "error": None,
    "created_at": "2030-01-01T09:00:00Z",
    "completed_at": None,
}
_WEBHOOK: dict[str, Any] = {
    "id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx",
    "url": "https://crm.example.org/hooks/neuronlens",
    "events": ["transcription.completed"],
    "active": True,
    "created_at": "2030-01-01T08:00:00Z",
    "last_delivery": None,
}
_AVERAGES = {"average_score": 82.5, "average_sentiment": 0.21}
_COUNTS = {"pending": 0, "processing": 1, "completed": 2, "failed": 0}
_SCORECARD = "Qm7Tz1Wc9Lp4Ks2Vb8Dx"


def _shown(**values: Any) -> dict[str, Any]:
    return {name: {"summary": name.replace("_", " ").capitalize(), "value": value} for name, value in values.items()}


SUBMIT = _shown(
    with_analyses={
        "audio_url": "https://media.example.org/c/42.mp3",
        "language": "hi-IN",
        "speakers": 2,
        "features": ["transcription", "summary", "sentiment", "intent", "qa_scoring"],
        "qa_scorecard_id": _SCORECARD,
        "metadata": _METADATA,
    },
    as_little_as_possible={"audio_url": "https://media.example.org/c/43.wav", "language": "en-IN"},
)
SUBMITTED = _shown(accepted={name: _JOB[name] for name in ("job_id", "status", "metadata", "created_at")})
READ = _shown(
    pending=_JOB,
    completed={
        **_JOB,
        "status": "completed",
        "duration_seconds": 12.48,
        "transcript": [
            {
                "speaker": "agent",
                "start": 0.0,
                "end": 0.92,
                "text": "नमस्ते रीना",
                "confidence": 0.94,
                "words": [
                    {"word": "नमस्ते", "start": 0.0, "end": 0.5, "confidence": 0.97},
                    {"word": "रीना", "start": 0.55, "end": 0.92, "confidence": 0.91},
                ],
            },
            {
                "speaker": "customer",
                "start": 2.9,
                "end": 3.2,
                "text": "हाँ",
                "confidence": 0.91,
                "words": [{"word": "हाँ", "start": 2.9, "end": 3.2, "confidence": 0.91}],
            },
        ],
        "summary": "नमस्ते रीना",
        "sentiment": {"overall": 0.2, "label": "positive", "by_speaker": {"agent": 0.4, "customer": 0.0}},
        "intent": "loan_renewal_interest",
        "qa_result": {
            "scorecard_id": _SCORECARD,
            "score": 100.0,
            "parameters": [
                {
                    "name": "Did the agent greet the customer?",
                    "method": "keyword",
                    "weight": 3,
                    "score": 1.0,
                    "max_score": 1,
                    "explanation": "The agent said “नमस्ते”.",
                    "evidence": {"text": "नमस्ते", "start": 0.0, "end": 0.5},
                }
            ],
        },
        "completed_at": "2030-01-01T09:00:21Z",
    },
    failed={
        **_JOB,
        "status": "failed",
        "error": {"code": "audio_unreachable", "message": "The server media.example.org:443 answered 404."},
        "completed_at": "2030-01-01T09:00:04Z",
    },
)
REGISTER = _shown(
    signed={
        "url": _WEBHOOK["url"],
        "events": _WEBHOOK["events"],
        "secret": "a-long-random-word",
    }
)
REGISTERED = _shown(registered=_WEBHOOK)
LISTED = _shown(
    one_receiver={
        "data": [
            {
                **_WEBHOOK,
                "last_delivery": {
                    "event": "transcription.completed",
                    "status": "delivered",
                    "status_code": 200,
                    "error": None,
                    "attempted_at": "2030-01-01T09:00:21Z",
                },
            }
        ],
        "total": 1,
        "limit": 20,
        "offset": 0,
    }
)
CALLS = _shown(
    january={
        "from": "2030-01-01T00:00:00Z",
        "to": "2030-02-01T00:00:00Z",
        "total_calls": 3,
        "total_duration_seconds": 94.2,
        "by_status": _COUNTS,
        **_AVERAGES,
        "by_day": [
            {"date": "2030-01-01", "total_calls": 3, "total_duration_seconds": 94.2, "by_status": _COUNTS},
        ],
        "by_agent": [{"agent": "Priya", "total_calls": 2, "total_duration_seconds": 62.8, **_AVERAGES}],
        "by_intent": [{"intent": "callback_requested", "total_calls": 1, "total_duration_seconds": 31.4, **_AVERAGES}],
    }
)
REFUSED = _shown(
    a_wrong_field={
        "error": {
            "code": "invalid_request",
            "message": "qa_scorecard_id is required when features include qa_scoring.",
            "param": "qa_scorecard_id",
        }
    }
)
