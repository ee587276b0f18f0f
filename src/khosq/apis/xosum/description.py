"""What the API's description says of each operation."""

from __future__ import annotations

from typing import Any

from khosq.apis.xosum import examples
from khosq.apis.xosum.wire import Created, CreateTranscription, Problem, TranscriptionJob

_MEANINGS = {
    400: "A field, the body or `docId` cannot be accepted; the text names it.",
    401: "No valid API key.",
    403: "The key or the link does not allow this.",
    404: "Unknown, or another account's.",
    405: "This address does not answer this method.",
    408: "The body came too slowly.",
    409: "A recording was uploaded already; the first one stands.",
    413: "The body is too large.",
    415: "The bytes are not MP3.",
    429: "More than 60 polls in this clock minute; `Retry-After` says how long to wait.",
    503: "The server cannot take this now; `Retry-After` says when to come back.",
}
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
_WARNING = {
    "X-Khosq-Warning": {
        "description": "What to know before trusting the text, if anything.",
        "schema": {"type": "string"},
    }
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in statuses}


def _json(shown: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"examples": shown}}


CREATE: dict[str, Any] = {
    "summary": "Create a transcription",
    "description": "Opens a job and returns a signed link. `PUT` one MP3 to the link within the hour, then poll.",
    "responses": {
        200: {"model": Created, "description": "The job waits for its MP3.", "content": _json(examples.CREATED)},
        **_refusals(400, 401, 403, 408, 503),
    },
    "openapi_extra": {
        "security": _BEARER,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": CreateTranscription.model_json_schema(),
                    "examples": examples.CREATE,
                }
            },
        },
    },
}

UPLOAD: dict[str, Any] = {
    "summary": "Upload the recording",
    "description": "The link's own query is the authority: no key is needed, `Content-Type` is ignored.\n\n"
    "A cut upload may be repeated until the link expires. What the bytes are is decided by the bytes.",
    "responses": {
        200: {"description": "Stored and queued; the body is empty."},
        **_refusals(400, 403, 404, 408, 409, 413, 415, 503),
    },
    "openapi_extra": {
        "parameters": [
            {"name": "docId", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "exp", "in": "query", "required": True, "schema": {"type": "string"}},
            {"name": "sig", "in": "query", "required": True, "schema": {"type": "string"}},
        ],
        "requestBody": {
            "required": True,
            "content": {"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
}

POLL: dict[str, Any] = {
    "summary": "Get a transcription",
    "description": "`uploading`, `processing` and `converting` are in flight; `transcribed` and `failed` are final.",
    "responses": {
        200: {
            "model": TranscriptionJob,
            "description": "The job.",
            "headers": _WARNING,
            "content": _json(examples.POLLED),
        },
        **_refusals(400, 401, 404, 429),
    },
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [
            {"name": "docId", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
        ],
    },
}
