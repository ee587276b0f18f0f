"""What the API's description says of each operation."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from khosq.apis.scriptix import examples
from khosq.apis.scriptix.files import ALL_FORMATS
from khosq.apis.scriptix.links import MEDIA
from khosq.apis.scriptix.wire import (
    ChangeDocument,
    CreateDocument,
    CreateSession,
    Envelope,
    OneResult,
    OneSession,
    Problem,
    Sessions,
)

_MEANINGS = {
    400: "The language is not available, the session was removed already, or a query or a form is not valid.",
    401: "No valid API key.",
    403: "The key or the link does not allow this.",
    404: "Unknown, or another account's.",
    408: "The body came too slowly.",
    409: "A recording was sent already, the session has ended, or there is no transcript yet.",
    413: "The body is too large.",
    415: "The body is not declared as JSON, or the bytes are no recording.",
    422: "The body or a field cannot be accepted; `detail` names the field.",
    429: "More than 60 things begun in this clock minute; `Retry-After` says how long to wait.",
    503: "The server cannot take this now; `Retry-After` says when to come back.",
}
_SECURITY: list[dict[str, list[str]]] = [{"key": []}, {"bearer": []}]
_WARNING = {
    "X-Khosq-Warning": {
        "description": "What to know before trusting the text, if anything.",
        "schema": {"type": "string"},
    }
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}


def _path(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _told(  # noqa: PLR0913 - an operation's parts
    summary: str,
    description: str,
    *refusals: int,
    shows: type[BaseModel] | None = Envelope,
    status: int = 200,
    example: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
    is_open: bool = False,
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if shows is not None:
        answer |= {"model": shows, "headers": _WARNING}
        if example is not None:
            answer["content"] = {"application/json": {"examples": example}}
    extra: dict[str, Any] = {"parameters": parameters or []}
    if not is_open:
        extra["security"] = _SECURITY
    if body is not None:
        extra["requestBody"] = {"required": True, "content": body}
    own = refusals if is_open else (401, 403, *refusals)
    refused = {code: {"model": Problem, "description": _MEANINGS[code]} for code in own}
    return {
        "summary": summary,
        "description": description,
        "status_code": status,
        "responses": {status: answer, **refused},
        "openapi_extra": extra,
    }


_BODIES: tuple[type[BaseModel], ...] = (CreateSession, CreateDocument, ChangeDocument)


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in _BODIES:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {}) | {model.__name__: schema}
    return found


def _json(model: type[BaseModel], shown: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"application/json": {"schema": schema, "examples": shown or {}}}


SCHEMAS = _schemas()

CREATE = _told(
    "Create a session",
    "With `media_source` the recording is fetched and the session starts; else it waits a day for an upload.\n\n"
    "Resumable uploads (tus 1.0, `/api/v3/files/`) make their sessions themselves, by what `Upload-Metadata` says.",
    *(400, 408, 413, 415, 422, 429, 503),
    shows=OneSession,
    example=examples.SESSION,
    body=_json(CreateSession, examples.CREATE),
)
LIST = _told(
    "List sessions",
    "Newest first, whichever API made them.",
    422,
    shows=Sessions,
    example=examples.SESSIONS,
    parameters=[
        _query("offset", {"type": "integer", "minimum": 0, "maximum": 999_999_999, "default": 0}),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    ],
)
LOOK = _told(
    "Look at a session",
    "`new`, `uploading`, `uploaded` and `processing` are in flight; `done` and `failed` are final.",
    404,
    shows=OneSession,
    example=examples.SESSION,
    parameters=_path("sessionId"),
)
RESULT = _told(
    "Get the transcript",
    "Times are in seconds. Until the session is done, and after it failed, `results` is empty.",
    404,
    shows=OneResult,
    example=examples.RESULT,
    parameters=_path("sessionId"),
)
DELETE = _told(
    "Remove a session",
    "At work or not, with its recording, transcript, documents and webhooks.",
    *(400, 404),
    parameters=_path("sessionId"),
)
SEND = _told(
    "Send the recording",
    "As the body, or as the file `upload` in a form. What the bytes are is decided by the bytes.",
    *(400, 404, 408, 409, 413, 415, 429, 503),
    shows=OneSession,
    parameters=_path("sessionId"),
    body={
        "application/octet-stream": _BYTES,
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["upload"], "properties": {"upload": _BYTES["schema"]}}
        },
    },
)
UPLOAD_URL = _told(
    "Get a link for a direct upload",
    "`PUT` the recording to it within 24 hours; no key is needed, and nothing need be confirmed.",
    *(404, 409, 429),
    example=examples.UPLOAD_URL,
    parameters=_path("sessionId"),
)
PUT_BY_LINK = _told(
    "Upload by link",
    "The link's own query is the authority; `Content-Type` and `x-ms-blob-type` are ignored.",
    *(403, 404, 408, 409, 413, 415, 503),
    shows=None,
    status=201,
    parameters=[*_path("sessionId"), _query("exp", {"type": "string"}), _query("sig", {"type": "string"})],
    body={"application/octet-stream": _BYTES},
    is_open=True,
)
CREATE_DOCUMENT = _told(
    "Make a document",
    "Of a session that is done; `document` at creation makes one as soon as it is.",
    *(404, 408, 409, 413, 415, 422, 429),
    status=201,
    example=examples.DOCUMENT,
    parameters=_path("sessionId"),
    body=_json(CreateDocument, examples.CREATE_DOCUMENT),
)
LIST_DOCUMENTS = _told("List a session's documents", "Oldest first.", 404, parameters=_path("sessionId"))
LOOK_AT_DOCUMENT = _told(
    "Get or export a document",
    "As JSON, or as a file; with `direct_download` a link to the file, good for an hour. `template` is the title and "
    "the summary as text, `media` the recording, if it is kept.",
    *(400, 404, 409),
    shows=None,
    example=examples.DOCUMENT,
    parameters=[
        *_path("sessionId", "documentId"),
        _query("format", {"type": "string", "enum": [*ALL_FORMATS, MEDIA], "default": "json"}),
        *(
            _query(name, {"type": "boolean", "default": False})
            for name in ("without_timestamps", "without_speakers", "direct_download")
        ),
    ],
)
CHANGE_DOCUMENT = _told(
    "Change a document",
    "Its name, its type and how captions are cut; what is absent stays.",
    *(404, 408, 413, 415, 422),
    parameters=_path("sessionId", "documentId"),
    body=_json(ChangeDocument),
)
DELETE_DOCUMENT = _told(
    "Remove a document",
    "The transcript stays.",
    404,
    shows=None,
    status=204,
    parameters=_path("sessionId", "documentId"),
)
DOWNLOAD = _told(
    "Download by link",
    "What `media_url` and `download_url` lead to.",
    *(400, 403, 404, 409),
    shows=None,
    parameters=_path("owner", "sessionId", "what"),
    is_open=True,
)
