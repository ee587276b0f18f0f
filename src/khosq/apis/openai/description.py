"""What the API's description says of each operation."""

from __future__ import annotations

from typing import Any

from khosq.apis.openai import examples
from khosq.apis.openai.models import DIARIZE
from khosq.apis.openai.reading import MOST_VOICES, VOICES
from khosq.apis.openai.wire import (
    DiarizedTranscription,
    Model,
    ModelList,
    Refusal,
    Transcription,
    VerboseTranscription,
)

_MEANINGS = {
    400: "A field, the form or the recording cannot be accepted; `param` names the field.",
    401: "No API key in force.",
    403: "The key does not allow this.",
    404: "Unknown, or another account's; for a model: not here.",
    408: "The form came too slowly.",
    409: "The transcript is not ready yet, or the job was cancelled; `code` tells which.",
    413: "The recording is larger than this server accepts.",
    422: "The recording was accepted, but could not be written down.",
    429: "Too many requests in this minute, or no seconds left on the account; `code` tells which.",
    503: "The server cannot take this now; `Retry-After` says when to come back.",
}
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
_STRING = {"type": "string"}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": _STRING}


_LIMITS = {
    "x-ratelimit-limit-requests": _header("Requests a minute."),
    "x-ratelimit-remaining-requests": _header("Requests left in this minute."),
    "x-ratelimit-reset-requests": _header("When the next minute begins, as `12s`."),
}
_ABOUT_JOB = {
    "X-Khosq-Job": _header("Id of the job, which every API of this server knows."),
    "X-Khosq-Warning": _header("What to know before trusting the text, if anything."),
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": Refusal, "description": _MEANINGS[status], "headers": _LIMITS}
        | ({"content": {"application/json": examples.shown(refused=examples.REFUSED)}} if status == 400 else {})  # noqa: PLR2004 - the status itself
        for status in statuses
    }


def _made(*, diarized: bool) -> dict[int | str, dict[str, Any]]:
    shown = {"json": examples.JSON, "verbose_json": examples.VERBOSE}
    return {
        200: {
            "model": Transcription | VerboseTranscription | (DiarizedTranscription if diarized else Transcription),
            "description": "The transcript, in the form that was asked for.",
            "headers": _LIMITS | _ABOUT_JOB,
            "content": {
                "application/json": examples.shown(
                    **shown, **({"diarized_json": examples.DIARIZED} if diarized else {})
                ),
                "text/plain": {"schema": _STRING, **examples.shown(text=examples.TEXT, srt=examples.SRT)},
                "text/event-stream": {"schema": _STRING, **examples.shown(stream=examples.STREAM)},
            },
        }
    }


def _strings(text: str, *names: str) -> dict[str, Any]:
    items = {"type": "string", "enum": list(names)} if names else _STRING
    return {"type": "array", "items": items, "description": text}


_FORMAT = {"type": "string", "enum": ["json", "text", "srt", "verbose_json", "vtt"], "default": "json"}
_WITHOUT_EFFECT = "Accepted, without effect."
_COMMON: dict[str, Any] = {
    "file": {"type": "string", "format": "binary", "description": "What it is is decided by its bytes."},
    "model": {"type": "string", "description": "OpenAI's names mean the best model here; `GET /v1/models` lists all."},
    "language": {
        "type": "string",
        "description": "ISO-639-1, as `en`; default: it is found out where a model here can, else the server's.",
    },
    "response_format": _FORMAT,
    "prompt": {"type": "string", "description": _WITHOUT_EFFECT},
    "temperature": {"type": "number", "minimum": 0, "maximum": 1, "description": _WITHOUT_EFFECT},
    "timestamp_granularities[]": _strings("With `verbose_json`; default: segment.", "word", "segment"),
    "stream": {"type": "boolean", "default": False, "description": "Server-sent events."},
}
_TRANSCRIPTION: dict[str, Any] = _COMMON | {
    "response_format": _FORMAT | {"enum": [*_FORMAT["enum"], "diarized_json"]},
    "include[]": _strings("With `json`: how sure the model was of each word.", "logprobs"),
    "speakers": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_VOICES,
        "default": VOICES,
        "description": f"Extension: how many voices there are, with `diarized_json` or `{DIARIZE}`.",
    },
    "languages[]": _strings("Which ones may be spoken, where `language` is not given."),
    "chunking_strategy": {"type": "string", "description": _WITHOUT_EFFECT},
    "keywords[]": _strings(_WITHOUT_EFFECT),
}


def _form(properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": ["file", "model"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _STRING}


TRANSCRIBE: dict[str, Any] = {
    "summary": "Transcribe a recording",
    "description": "The answer comes when the transcript is ready. A client that leaves before cancels the job.\n\n"
    "After the server's longest wait the answer is a 409 that names the job; the job goes on.",
    "responses": _made(diarized=True) | _refusals(400, 401, 403, 404, 408, 409, 413, 422, 429, 503),
    "openapi_extra": {"security": _BEARER, "requestBody": _form(_TRANSCRIPTION)},
}

TRANSLATE: dict[str, Any] = {
    "summary": "Translate a recording into English",
    "description": "An English recording is transcribed. No model here translates other languages yet: they get a 400.",
    "responses": _made(diarized=False) | _refusals(400, 401, 403, 404, 408, 409, 413, 422, 429, 503),
    "openapi_extra": {"security": _BEARER, "requestBody": _form(_COMMON)},
}

READ: dict[str, Any] = {
    "summary": "Get a transcript that took longer",
    "description": "Extension: waits for any job of the account, whichever API made it, as the request itself would.",
    "responses": _made(diarized=True) | _refusals(400, 401, 403, 404, 409, 422, 429, 503),
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [
            _path("job_id"),
            *(
                _query(name, _TRANSCRIPTION[name])
                for name in ("response_format", "timestamp_granularities[]", "include[]")
            ),
        ],
    },
}

LIST_MODELS: dict[str, Any] = {
    "summary": "List models",
    "description": "OpenAI's names, each meaning the best model that is here for the language, and those models.",
    "responses": {
        200: {
            "model": ModelList,
            "description": "Models.",
            "headers": _LIMITS,
            "content": {"application/json": examples.shown(models={"object": "list", "data": [examples.MODEL]})},
        },
        **_refusals(401, 403, 429, 503),
    },
    "openapi_extra": {"security": _BEARER},
}

FIND_MODEL: dict[str, Any] = {
    "summary": "Get a model",
    "description": "Whether a name may be asked for.",
    "responses": {
        200: {
            "model": Model,
            "description": "It may.",
            "headers": _LIMITS,
            "content": {"application/json": examples.shown(model=examples.MODEL)},
        },
        **_refusals(401, 403, 404, 429, 503),
    },
    "openapi_extra": {"security": _BEARER, "parameters": [_path("model")]},
}
