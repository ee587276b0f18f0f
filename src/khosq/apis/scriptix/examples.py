"""Requests and answers shown in the API's description."""

from __future__ import annotations

from typing import Any

_ID = "5a01c7e2000001000004d19b3e"
_SESSION: dict[str, Any] = {
    "session_id": _ID,
    "status": "uploaded",
    "filename": "https---media.example.org-m-7.mp3",
    "duration": 0,
    "media_type": "audio",
    "media_url": "https://media.example.org/m/7.mp3",
    "error": None,
    "language": "en",
    "created_at": "2030-01-01T09:00:00.250+00:00",
    "started_at": None,
    "finished_at": None,
    "meta_data": {"case": "C-3"},
    "document": None,
}
_DONE = _SESSION | {
    "status": "done",
    "duration": 14,
    "media_url": None,
    "started_at": "2030-01-01T09:00:01.100+00:00",
    "finished_at": "2030-01-01T09:00:09.040+00:00",
}
_SEGMENT: dict[str, Any] = {
    "result": [["Good", 0.12, 0.38, 0.97], ["morning.", 0.4, 0.93, 0.95]],
    "speaker": "unk",
    "text": "Good morning.",
    "sconf": 0.96,
    "channel": 0,
}
_DOCUMENT_ID = "12780b54-5575-44e4-bbca-0a410b432183"


def _shown(name: str, summary: str, result: Any) -> dict[str, Any]:
    return {name: {"summary": summary, "value": {"count": 1, "total_results": 1, "result": result}}}


CREATE: dict[str, Any] = {
    "by_url": {
        "summary": "A recording to be fetched",
        "value": {
            "language": "en",
            "media_source": "https://media.example.org/m/7.mp3",
            "punctuation": True,
            "webhook_url": "https://hooks.example.org/s",
            "webhook_method": "PUT",
            "webhook_headers": ["X-Token: t1"],
            "meta_data": {"case": "C-3"},
        },
    },
    "to_upload": {"summary": "A recording to be uploaded", "value": {"language": "en-US", "keep_source": True}},
}
SESSION = _shown("session", "A session", _SESSION)
SESSIONS = _shown("page", "A page", [_SESSION])
RESULT = _shown("done", "Done", _DONE | {"results": [_SEGMENT]})
UPLOAD_URL = _shown(
    "link",
    "A link",
    {
        "upload_url": f"https://asr.example.org/api/v3/uploads/{_ID}?exp=1893488400&sig=9c41f0",
        "expires_at": "2030-01-02T09:00:00.250+00:00",
        "session_id": _ID,
        "max_file_size": 2147483648,
    },
)
CREATE_DOCUMENT: dict[str, Any] = {
    "captions": {
        "summary": "Captions",
        "value": {"document_type": "caption", "filename": "Morning call", "max_line_length": 37},
    }
}
DOCUMENT = _shown(
    "captions",
    "Captions",
    {
        "id": _DOCUMENT_ID,
        "session_id": _ID,
        "created": "2030-01-01T09:05:00.000+00:00",
        "last_modified": "2030-01-01T09:05:00.000+00:00",
        "filename": "Morning call",
        "type": "caption",
        "language": "en",
        "document": [{"start": 120, "stop": 1120, "speaker": "unk", "text": "Good morning."}],
    },
)
