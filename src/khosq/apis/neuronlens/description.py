"""What the API's description says of each operation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from khosq.apis.neuronlens import examples
from khosq.apis.neuronlens.wire import (
    CallAnalytics,
    CreateTranscription,
    CreateWebhook,
    Refusal,
    Submitted,
    TranscriptionJob,
    Webhook,
    WebhookList,
)

_MEANINGS = {
    400: "The body or a field cannot be accepted; `param` names the field.",
    401: "No API key in force.",
    403: "The key is Read-Only, or for another API.",
    404: "Unknown, or another workspace's.",
    408: "The body came too slowly.",
    409: "The `Idempotency-Key` came with another body, or there are too many receivers.",
    413: "The body is too large.",
    429: "More than 1,000 requests of this workspace in this minute; `Retry-After` says how long to wait.",
    503: "The server cannot take this now; `Retry-After` says when to come back.",
}
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
_BOTH = "\n\nThe same address answers without `/v1`."


def _header(text: str, kind: str = "integer") -> dict[str, Any]:
    return {"description": text, "schema": {"type": kind}}


_LIMITS = {
    "X-RateLimit-Limit": _header("Requests a minute."),
    "X-RateLimit-Remaining": _header("Requests left in this minute."),
    "X-RateLimit-Reset": _header("When the next minute begins, in Unix time."),
}
_WARNING = {"X-Khosq-Warning": _header("What to know before trusting the text, if anything.", "string")}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key within 24 hours gives the first answer, and makes nothing new.",
    "schema": {"type": "string"},
}


def _json(shown: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"examples": shown}}


def _answers(status: int, facts: dict[str, Any], *refusals: int) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = {status: {"headers": _LIMITS, **facts}}
    for refused in (401, 403, *refusals, 429):
        answers[refused] = {"model": Refusal, "description": _MEANINGS[refused], "headers": _LIMITS}
    if HTTPStatus.BAD_REQUEST in answers:
        answers[HTTPStatus.BAD_REQUEST]["content"] = _json(examples.REFUSED)
    return answers


def _body(kind: type[BaseModel], shown: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": kind.model_json_schema(), "examples": shown}}
    return {"required": True, "content": content}


def _query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


SUBMIT: dict[str, Any] = {
    "summary": "Submit a recording",
    "description": "The recording is fetched from `audio_url` as soon as a worker is free, and not kept." + _BOTH,
    "status_code": 202,
    "responses": _answers(
        202,
        {"model": Submitted, "description": "Accepted.", "content": _json(examples.SUBMITTED)},
        400, 408, 409, 413, 503,
    ),
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [_IDEMPOTENCY],
        "requestBody": _body(CreateTranscription, examples.SUBMIT),
    },
}  # fmt: skip

READ: dict[str, Any] = {
    "summary": "Get status and results",
    "description": "`pending` and `processing` are in flight; `completed` and `failed` are final." + _BOTH,
    "responses": _answers(
        200,
        {
            "model": TranscriptionJob,
            "description": "The job.",
            "headers": _LIMITS | _WARNING,
            "content": _json(examples.READ),
        },
        404,
    ),
    "openapi_extra": {"security": _BEARER, "parameters": [_path("job_id")]},
}

REGISTER: dict[str, Any] = {
    "summary": "Register a receiver",
    "description": "Each delivery to a receiver with a `secret` carries `X-VInfer-Signature: sha256=<hex>`, the "
    "HMAC-SHA256 of the body's bytes." + _BOTH,
    "status_code": 201,
    "responses": _answers(
        201,
        {"model": Webhook, "description": "Registered.", "content": _json(examples.REGISTERED)},
        400, 408, 409, 413,
    ),
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [_IDEMPOTENCY],
        "requestBody": _body(CreateWebhook, examples.REGISTER),
    },
}  # fmt: skip

LIST: dict[str, Any] = {
    "summary": "List receivers",
    "description": "Oldest first, each with how its newest delivery stands." + _BOTH,
    "responses": _answers(
        200, {"model": WebhookList, "description": "Receivers.", "content": _json(examples.LISTED)}, 400
    ),
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [
            _query("limit", "How many.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
            _query("offset", "How many to leave out.", {"type": "integer", "minimum": 0, "default": 0}),
        ],
    },
}

REMOVE: dict[str, Any] = {
    "summary": "Remove a receiver",
    "description": "For good; deliveries stop at once." + _BOTH,
    "status_code": 204,
    "responses": _answers(204, {"description": "Removed."}, 404),
    "openapi_extra": {"security": _BEARER, "parameters": [_path("webhook_id")]},
}

CALLS: dict[str, Any] = {
    "summary": "Aggregate calls",
    "description": "Over every transcription of the workspace that was submitted in the range." + _BOTH,
    "responses": _answers(
        200, {"model": CallAnalytics, "description": "Aggregates.", "content": _json(examples.CALLS)}, 400
    ),
    "openapi_extra": {
        "security": _BEARER,
        "parameters": [
            _query("from", "A day or a moment, in UTC; default: 30 days before `to`.", {"type": "string"}),
            _query("to", "A moment, or a day that is included whole; default: now.", {"type": "string"}),
        ],
    },
}
