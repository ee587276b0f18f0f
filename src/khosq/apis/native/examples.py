"""Requests and answers shown in the API's description."""

from __future__ import annotations

from typing import Any

_CREATED = "2030-01-01T09:00:00Z"
_ID = "job_h4RkT0yVqLz2NwCe8SbJ"
_JOB: dict[str, Any] = {
    "id": _ID,
    "api": "native",
    "state": "running",
    "stage": "recognize",
    "percent": 42.5,
    "eta_seconds": 12.3,
    "language": "hy-AM",
    "languages": [],
    "hotwords": ["Anahit Sargsyan"],
    "speakers": 2,
    "multichannel": False,
    "punctuation": True,
    "features": ["summary"],
    "scorecard_id": None,
    "agent_channel": None,
    "keep": "original",
    "priority": 0,
    "filename": "call.mp3",
    "source_url": None,
    "recording_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx",
    "duration": 31.4,
    "error": None,
    "warnings": [],
    "upload": None,
    "metadata": {"ticket": "A-17"},
    "created_at": _CREATED,
    "started_at": "2030-01-01T09:00:01Z",
    "ended_at": None,
}


def _named(summary: str, value: Any) -> dict[str, Any]:
    return {"summary": summary, "value": value}


CREATE_JOB: dict[str, Any] = {
    "url": _named(
        "A recording at a URL",
        {
            "source_url": "https://recordings.example.org/call.mp3",
            "language": "hy-AM",
            "hotwords": ["Anahit Sargsyan"],
            "speakers": 2,
            "features": ["summary"],
            "metadata": {"ticket": "A-17"},
        },
    ),
    "here": _named("A recording that is here", {"recording_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx", "language": "en"}),
    "upload": _named(
        "One that is still to be uploaded, in a language that is to be found out",
        {"language": "auto", "languages": ["en", "nl"], "filename": "call.mp3"},
    ),
}
CREATE_JOBS: dict[str, Any] = {
    "two": _named("Two recordings", {"jobs": [CREATE_JOB["url"]["value"], CREATE_JOB["here"]["value"]]})
}
JOBS: dict[str, Any] = {
    "running": _named("Running", _JOB),
    "awaiting": _named(
        "Waiting for its recording",
        _JOB
        | {
            "state": "awaiting_media",
            "stage": None,
            "percent": 0.0,
            "eta_seconds": None,
            "recording_id": None,
            "duration": None,
            "started_at": None,
            "upload": {
                "url": f"https://asr.example.org/khosq/v1/jobs/{_ID}/upload?exp=1893459600&sig=9c41f0",
                "method": "PUT",
                "expires_at": "2030-01-01T10:00:00Z",
            },
        },
    ),
}
DELETION: dict[str, Any] = {
    "deleted": _named(
        "Deleted",
        {
            "job_id": _ID,
            "api": "native",
            "recording_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "created_at": _CREATED,
            "deleted_at": "2030-02-01T09:00:00Z",
            "deleted_by": "Ks2Vb8DxQm7Tz1Wc9Lp4",
        },
    )
}
RECORDING: dict[str, Any] = {
    "recording": _named(
        "A call",
        {
            "id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx",
            "filename": "call.mp3",
            "media_type": "audio/mpeg",
            "size_bytes": 125_952,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "kind": None,
            "duration": None,
            "belongs_to_job": False,
            "created_at": _CREATED,
        },
    )
}
UPLOAD: dict[str, Any] = {
    "link": _named(
        "A link",
        {
            "recording_id": "Qm7Tz1Wc9Lp4Ks2Vb8Dx",
            "upload": {
                "url": "https://asr.example.org/khosq/v1/uploads/Ab3…Dx?exp=1893459600&sig=9c41f0",
                "method": "PUT",
                "expires_at": "2030-01-01T10:00:00Z",
            },
        },
    )
}
TRANSCRIPT: dict[str, Any] = {
    "call": _named(
        "A call",
        {
            "job_id": _ID,
            "language": "en",
            "languages": [{"language": "en", "share": 0.97}, {"language": "nl", "share": 0.03}],
            "duration": 2.4,
            "text": "Good morning.",
            "utterances": [
                {
                    "start": 0.4,
                    "end": 1.3,
                    "speaker": 1,
                    "channel": 0,
                    "text": "Good morning.",
                    "words": [
                        {"text": "Good", "start": 0.4, "end": 0.7, "confidence": 0.98},
                        {"text": "morning.", "start": 0.7, "end": 1.3, "confidence": 0.95},
                    ],
                }
            ],
            "warnings": [],
            "coverage": {
                "speech_seconds": 1.1,
                "worded_seconds": 1.1,
                "share": 1.0,
                "channels": [{"channel": 0, "speech_seconds": 1.1, "worded_seconds": 1.1}],
                "holes": [],
                "dropped": [],
            },
            "hotwords": [{"term": "Anahit Sargsyan", "hits": 0}],
            "title": None,
            "summary": None,
        },
    )
}
EVENTS: dict[str, Any] = {
    "stream": _named(
        "A job that runs and ends",
        'event: update\nid: 1c9e40\ndata: {"job_id":"job_h4RkT0yVqLz2NwCe8SbJ","state":"running","stage":"recognize",'
        '"percent":42.5,"eta_seconds":12.3,"duration":31.4,"error":null}\n\n: still here\n\n'
        'event: end\nid: 77ab02\ndata: {"job_id":"job_h4RkT0yVqLz2NwCe8SbJ","state":"succeeded","stage":null,'
        '"percent":100.0,"eta_seconds":null,"duration":31.4,"error":null}\n\n',
    )
}
CREATE_ENDPOINT: dict[str, Any] = {
    "all": _named("Every event", {"url": "https://hooks.example.org/khosq"}),
    "some": _named("Only failures", {"url": "https://hooks.example.org/khosq", "events": ["job.failed"]}),
}
ENDPOINT: dict[str, Any] = {
    "created": _named(
        "Created",
        {
            "id": "Vb8DxQm7Tz1Wc9Lp4Ks2",
            "url": "https://hooks.example.org/khosq",
            "events": ["*"],
            "description": "",
            "headers": {},
            "paused_at": None,
            "pause_reason": None,
            "failing_since": None,
            "previous_secret_until": None,
            "created_at": _CREATED,
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
        },
    )
}
KEY: dict[str, Any] = {
    "created": _named(
        "Created",
        {
            "id": "Ks2Vb8DxQm7Tz1Wc9Lp4",
            "name": "the importer",
            "prefix": "kq_Zb4mTe",
            "scope": "write",
            "api": None,
            "created_at": _CREATED,
            "expires_at": None,
            "last_used_at": None,
            "revoked_at": None,
            "secret": "kq_Zb4mTe…",
        },
    )
}
HOTWORDS: dict[str, Any] = {"two": _named("Two names", {"terms": ["Khosq", "Anahit Sargsyan"]})}
USAGE: dict[str, Any] = {
    "usage": _named(
        "One day",
        {
            "data": [{"day": "2030-01-01", "api": "native", "jobs": 3, "seconds": 94.2}],
            "jobs": 3,
            "seconds": 94.2,
            "seconds_left": 3505.8,
        },
    )
}
PROBLEMS: dict[str, Any] = {
    "problem": _named(
        "A problem",
        {
            "type": "/khosq/v1/problems/invalid",
            "title": "The request is not valid",
            "status": 400,
            "detail": "/priority: must be 9 or less",
            "request_id": "0a1b2c3d4e5f",
            "errors": [{"pointer": "/priority", "detail": "must be 9 or less"}],
        },
    )
}
