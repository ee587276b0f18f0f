"""What the API's description says of each operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from khosq.apis.native import examples
from khosq.apis.native.errors import KINDS, MEDIA_TYPE
from khosq.apis.native.wire import (
    account,
    analyses,
    analytics,
    jobs,
    recordings,
    scorecards,
    search,
    service,
    transcripts,
    webhooks,
)
from khosq.apis.native.wire.model import Paged
from khosq.apis.native.wire.problem import Problem, ProblemKind, ProblemKinds
from khosq.transcript.exports import FORMATS

_REF = "#/components/schemas/{model}"
_REQUESTS = (
    recordings.CreateUpload,
    jobs.JobOptions,
    jobs.CreateJob,
    jobs.CreateJobs,
    webhooks.CreateEndpoint,
    webhooks.ChangeEndpoint,
    webhooks.RotateSecret,
    account.CreateKey,
    account.Hotwords,
    analyses.CreateAnalysis,
    analyses.WritePreferences,
    scorecards.WriteScorecard,
    scorecards.OverrideAnswer,
    scorecards.Why,
    scorecards.Confirm,
)
_ANSWERS = (
    Problem,
    ProblemKind,
    ProblemKinds,
    recordings.Recording,
    recordings.RecordingPage,
    recordings.UploadOfRecording,
    jobs.Job,
    jobs.JobPage,
    jobs.JobBatch,
    jobs.JobEvent,
    jobs.Deletion,
    transcripts.Transcript,
    webhooks.Endpoint,
    webhooks.Endpoints,
    webhooks.EndpointWithSecret,
    webhooks.Delivery,
    webhooks.DeliveryPage,
    webhooks.DeliveryWithAttempts,
    webhooks.Event,
    account.ApiKeys,
    account.ApiKeyWithSecret,
    account.AccountHotwords,
    account.Usage,
    service.Models,
    service.Languages,
    service.Limits,
    scorecards.ScorecardEntry,
    scorecards.ScorecardPage,
    scorecards.ScorecardRevision,
    scorecards.ScorecardRevisions,
    scorecards.Evaluation,
    scorecards.Evaluations,
    scorecards.EvaluationPage,
    scorecards.Calibration,
    search.SearchResults,
    analyses.Findings,
    analyses.Analysis,
    analyses.AnalysisPage,
    analyses.Preferences,
    analytics.Analytics,
)
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ALWAYS = (400, 401, 403, 429, 503)
"""Statuses of every operation that needs a key."""


def schemas() -> dict[str, Any]:
    """Return every body, by name."""
    requests: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in _REQUESTS]
    answers: list[tuple[type[BaseModel], Literal["serialization"]]] = [(model, "serialization") for model in _ANSWERS]
    _, made = models_json_schema([*requests, *answers], ref_template=_REF)
    found: dict[str, Any] = made["$defs"]
    return found


def ref(model: type[BaseModel]) -> dict[str, str]:
    """Return where a body's schema stands."""
    return {"$ref": _REF.format(model=model.__name__)}


def _shown(model: type[BaseModel], shown: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"application/json": {"schema": ref(model), **({"examples": dict(shown)} if shown else {})}}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": ref(Problem), "examples": examples.PROBLEMS}}
    meanings: dict[int, str] = {}
    for kind in KINDS.values():
        meanings[kind.status] = (
            f"{meanings[kind.status]} Or: {kind.title.lower()}."
            if kind.status in meanings
            else (f"{kind.title}. {kind.description}")
        )
    return {status: {"description": meanings[status], "content": content} for status in sorted(set(statuses))}


def in_path(**names: str) -> list[dict[str, Any]]:
    """Return the parts of a path, each with its meaning."""
    return [
        {"name": name, "in": "path", "required": True, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in names.items()
    ]


def in_query(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters of an address."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    found = []
    for name, facts in schema["properties"].items():
        told = {key: value for key, value in facts.items() if key not in {"title", "description"}}
        if {"type": "null"} in told.get("anyOf", []):  # in an address absence says it
            (kept,) = (one for one in told.pop("anyOf") if one != {"type": "null"})
            told = kept
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": facts.get("description", ""),
                "schema": told,
            }
        )
    return found


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}


ONCE = _header("Idempotency-Key", "Sent again with the same key within 24 h, the same request makes nothing new.")
IF_NONE_MATCH = _header("If-None-Match", "An `ETag` seen before: the answer is 304 where it still holds.")


def operation(  # noqa: PLR0913 - an operation's parts
    name: str,
    summary: str,
    tag: str,
    *,
    description: str = "",
    status: int = 200,
    answer: type[BaseModel] | None = None,
    shown: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
    meaning: str = "",
    others: Mapping[int, str] | None = None,
    refusals: tuple[int, ...] = (),
    parameters: list[dict[str, Any]] | None = None,
    body: Mapping[str, Any] | None = None,
    body_required: bool = True,
    open_to_all: bool = False,
) -> dict[str, Any]:
    """Return the arguments of ``add_api_route``."""
    fitting = dict(content) if content else _shown(answer, shown) if answer else None
    extra: dict[str, Any] = {"parameters": parameters or [], "security": [] if open_to_all else [{"bearer": []}]}
    if body is not None:
        extra["requestBody"] = {"required": body_required, "content": dict(body)}
    expected = refusals if open_to_all else (*_ALWAYS, *refusals)
    return {
        "operation_id": name,
        "summary": summary,
        "description": description,
        "tags": [tag],
        "status_code": status,
        "response_class": Response,
        "responses": {
            status: {"description": meaning or "Done.", **({"content": fitting} if fitting else {})},
            **{code: {"description": text} for code, text in (others or {}).items()},
            **_refusals(*expected, *((408, 413) if body is not None else ())),
        },
        "openapi_extra": extra,
    }


_JOB = in_path(job_id="The job's id, of whichever API made it.")
_FORM = {"multipart/form-data": {"schema": {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The recording."},
        "options": {"type": "string", "description": "`JobOptions` as JSON text."},
    },
}}}  # fmt: skip
_FILE_FORM = {"multipart/form-data": {"schema": {
    "type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}
}}}  # fmt: skip
_RAW = {"application/octet-stream": _BYTES}

CREATE_RECORDING = operation(
    "create_recording", "Upload a recording", "recordings",
    description="The body is the recording's bytes, or a form with a `file`. It stays until it is deleted, and any "
    "number of jobs may be made of it.",
    status=201, answer=recordings.Recording, shown=examples.RECORDING, meaning="It is here.",
    refusals=(415,), parameters=in_query(recordings.FileQuery), body={**_RAW, **_FILE_FORM},
)  # fmt: skip
LIST_RECORDINGS = operation(
    "list_recordings", "List recordings", "recordings", answer=recordings.RecordingPage,
    meaning="One page, newest first.", parameters=in_query(Paged),
)  # fmt: skip
CREATE_UPLOAD = operation(
    "create_upload", "Get a link to which a recording may be sent", "recordings",
    description="For browsers and machines that have no key: `PUT` one recording to the link before it expires.",
    status=201, answer=recordings.UploadOfRecording, shown=examples.UPLOAD, meaning="The link.",
    body={"application/json": {"schema": ref(recordings.CreateUpload)}}, body_required=False,
)  # fmt: skip
UPLOAD_RECORDING = operation(
    "upload_recording", "Send a recording to its link", "recordings",
    description="The link is the authority: no key is needed. A broken upload may be repeated; the first whole one "
    "stands.",
    status=201, answer=recordings.Recording, meaning="It is here.",
    refusals=(400, 403, 404, 409, 415, 503),
    parameters=in_path(ticket="Part of the link.") + in_query(recordings.LinkQuery),
    body=_RAW, open_to_all=True,
)  # fmt: skip
_RECORDING = in_path(recording_id="The recording's id.")
GET_RECORDING = operation(
    "get_recording", "Look at a recording", "recordings", answer=recordings.Recording, shown=examples.RECORDING,
    meaning="What is known of it.", refusals=(404,), parameters=_RECORDING,
)  # fmt: skip
_AUDIO: dict[str, Any] = {
    "description": "`Range` asks for a part of it; `ETag` is made of the bytes' SHA-256.",
    "content": {"*/*": _BYTES},
    "meaning": "The bytes as they came, or as they were encoded to be kept.",
    "others": {206: "The part that was asked for.", 304: "The caller has it.", 416: "There is no such part."},
    "refusals": (404,),
    "parameters": [
        *_RECORDING,
        _header("Range", "`bytes=first-last`: one part."),
        _header("If-Range", "An `ETag`: where it holds no more, the whole is sent."),
        IF_NONE_MATCH,
    ],
}
GET_AUDIO = operation("get_audio", "Listen to a recording", "recordings", **_AUDIO)
HEAD_AUDIO = operation(
    "head_audio", "See how large a recording is", "recordings", **(_AUDIO | {"content": None})
)  # fmt: skip
DELETE_RECORDING = operation(
    "delete_recording", "Remove a recording's bytes", "recordings",
    description="What was made of it stays.",
    status=204, meaning="It is gone.", refusals=(404, 409), parameters=_RECORDING,
)  # fmt: skip

CREATE_JOB = operation(
    "create_job", "Ask for a transcript", "jobs",
    description="Of a recording that is here (`recording_id`), one at a URL (`source_url`), the `file` of a form, or, "
    "with none of these, one that is then `PUT` to the link in `upload`.",
    status=202, answer=jobs.Job, shown=examples.JOBS, meaning="Accepted; `Location` is where to look.",
    refusals=(409, 415), parameters=[ONCE],
    body={"application/json": {"schema": ref(jobs.CreateJob), "examples": examples.CREATE_JOB}, **_FORM},
)  # fmt: skip
CREATE_JOBS = operation(
    "create_jobs", "Ask for many transcripts at once", "jobs",
    description=f"Up to {jobs.MOST_IN_BATCH} jobs in one transaction: if one is refused none is made, and `errors` "
    "names every fault of every job (`/jobs/17/language`).",
    status=202, answer=jobs.JobBatch, meaning="All accepted, in the order of the request.",
    refusals=(409,), parameters=[ONCE],
    body={"application/json": {"schema": ref(jobs.CreateJobs), "examples": examples.CREATE_JOBS}},
)  # fmt: skip
LIST_JOBS = operation(
    "list_jobs", "List jobs", "jobs", description="Of every API.", answer=jobs.JobPage,
    meaning="One page, newest first.", parameters=in_query(jobs.JobsQuery),
)  # fmt: skip
GET_JOB = operation(
    "get_job", "Look at a job, or wait for it", "jobs",
    description="With `wait` the answer is held back until the job has ended or the time is over; with `wait` and "
    "`If-None-Match`, until it has changed.",
    answer=jobs.Job, shown=examples.JOBS, meaning="The job as it is.", others={304: "It has not changed."},
    refusals=(404,), parameters=_JOB + in_query(jobs.JobQuery) + [IF_NONE_MATCH],
)  # fmt: skip
DELETE_JOB = operation(
    "delete_job", "Delete a job and all that was made of it", "jobs",
    description="At work or not. Its transcript and a recording that came with it go too. The answer is the proof, "
    "which can be read again later.",
    answer=jobs.Deletion, shown=examples.DELETION, meaning="It is gone.", refusals=(404,), parameters=_JOB,
)  # fmt: skip
UPLOAD_TO_JOB = operation(
    "upload_to_job", "Send a job's recording to its link", "jobs",
    description="The link is the authority: no key is needed. A broken upload may be repeated until the link expires.",
    status=204, meaning="Stored and queued.", refusals=(400, 403, 404, 409, 415, 503),
    parameters=_JOB + in_query(recordings.LinkQuery), body=_RAW, open_to_all=True,
)  # fmt: skip
CANCEL_JOB = operation(
    "cancel_job", "Stop a job", "jobs", description="In whatever state it is; what it had reserved is given back.",
    answer=jobs.Job, meaning="It is cancelled.", refusals=(404, 409), parameters=_JOB,
)  # fmt: skip
STREAM_JOB = operation(
    "stream_job", "Follow a job", "jobs",
    description="Server-sent events: `update` whenever the job has come further, `end` once it has ended, `deleted` if "
    "it was deleted; their data is a `JobEvent`. Comments keep the connection alive. With `Last-Event-ID` what was "
    "seen is not told again.",
    content={"text/event-stream": {"schema": {"type": "string"}, "examples": examples.EVENTS}},
    meaning="The stream; it ends with the job, or after an hour.", others={204: "It has ended, and the caller knows."},
    refusals=(404,), parameters=[*_JOB, _header("Last-Event-ID", "Id of the last event that was seen.")],
)  # fmt: skip
GET_DELETION = operation(
    "get_deletion", "Read the proof that a job was deleted", "jobs", answer=jobs.Deletion, shown=examples.DELETION,
    meaning="The proof.", refusals=(404,), parameters=_JOB,
)  # fmt: skip

GET_TRANSCRIPT = operation(
    "get_transcript", "Read a transcript", "transcripts", answer=transcripts.Transcript, shown=examples.TRANSCRIPT,
    meaning="What was said, word by word.", others={304: "The caller has it."}, refusals=(404, 409),
    parameters=[*_JOB, IF_NONE_MATCH],
)  # fmt: skip
EXPORT = operation(
    "export_transcript", "Get a transcript as a file", "transcripts",
    content={one.media_type.partition(";")[0]: _BYTES for one in FORMATS.values()}, meaning="The file.",
    refusals=(404, 409),
    parameters=[
        *_JOB,
        {"name": "format", "in": "path", "required": True, "schema": {"type": "string", "enum": list(FORMATS)}},
        *in_query(transcripts.ExportQuery),
    ],
)  # fmt: skip

_ENDPOINT = in_path(endpoint_id="The endpoint's id.")
CREATE_ENDPOINT = operation(
    "create_endpoint", "Be told of events", "webhooks",
    description="Endpoints hear of the jobs of every API. Calls are signed as https://www.standardwebhooks.com has it.",
    status=201, answer=webhooks.EndpointWithSecret, shown=examples.ENDPOINT, meaning="The secret is shown this once.",
    refusals=(409,), parameters=[ONCE],
    body={"application/json": {"schema": ref(webhooks.CreateEndpoint), "examples": examples.CREATE_ENDPOINT}},
)  # fmt: skip
LIST_ENDPOINTS = operation(
    "list_endpoints", "List endpoints", "webhooks", answer=webhooks.Endpoints, meaning="All of them, oldest first."
)
GET_ENDPOINT = operation(
    "get_endpoint", "Look at an endpoint", "webhooks", answer=webhooks.Endpoint, meaning="Without its secret.",
    refusals=(404,), parameters=_ENDPOINT,
)  # fmt: skip
CHANGE_ENDPOINT = operation(
    "change_endpoint", "Change an endpoint", "webhooks", answer=webhooks.Endpoint, meaning="As it is now.",
    refusals=(404,), parameters=_ENDPOINT, body={"application/json": {"schema": ref(webhooks.ChangeEndpoint)}},
    body_required=False,
)  # fmt: skip
DELETE_ENDPOINT = operation(
    "delete_endpoint", "Be told no more", "webhooks", description="What it was told stays in the log.",
    status=204, meaning="It is gone.", refusals=(404,), parameters=_ENDPOINT,
)  # fmt: skip
ROTATE_SECRET = operation(
    "rotate_secret", "Change an endpoint's secret", "webhooks",
    description="Until the overlap is over every call is signed with both secrets.",
    answer=webhooks.EndpointWithSecret, meaning="The new secret is shown this once.", refusals=(404,),
    parameters=_ENDPOINT, body={"application/json": {"schema": ref(webhooks.RotateSecret)}}, body_required=False,
)  # fmt: skip
PAUSE_ENDPOINT = operation(
    "pause_endpoint", "Send nothing for a while", "webhooks",
    description="What happens meanwhile is in the log as `skipped` and can be replayed.",
    answer=webhooks.Endpoint, meaning="It is paused.", refusals=(404,), parameters=_ENDPOINT,
)  # fmt: skip
RESUME_ENDPOINT = operation(
    "resume_endpoint", "Send again", "webhooks", answer=webhooks.Endpoint, meaning="It is told again.",
    refusals=(404,), parameters=_ENDPOINT,
)  # fmt: skip
LIST_DELIVERIES = operation(
    "list_deliveries", "List deliveries", "webhooks", description="To the endpoints of every API.",
    answer=webhooks.DeliveryPage, meaning="One page, newest first.", parameters=in_query(webhooks.DeliveriesQuery),
)  # fmt: skip
_DELIVERY = in_path(delivery_id="The delivery's id.")
GET_DELIVERY = operation(
    "get_delivery", "Look at a delivery and every try", "webhooks", answer=webhooks.DeliveryWithAttempts,
    meaning="The delivery.", refusals=(404,), parameters=_DELIVERY,
)  # fmt: skip
REPLAY_DELIVERY = operation(
    "replay_delivery", "Deliver once more", "webhooks",
    description="A new delivery of the same message: `webhook-id` and body are those of the first.",
    status=202, answer=webhooks.Delivery, meaning="It is queued.", refusals=(404, 409), parameters=_DELIVERY,
)  # fmt: skip

CREATE_KEY = operation(
    "create_key", "Make an API key", "account", description="Needs a key with the scope `admin`.",
    status=201, answer=account.ApiKeyWithSecret, shown=examples.KEY, meaning="The secret is shown this once.",
    body={"application/json": {"schema": ref(account.CreateKey)}}, body_required=False,
)  # fmt: skip
LIST_KEYS = operation(
    "list_keys", "List API keys", "account", description="Needs a key with the scope `admin`.",
    answer=account.ApiKeys, meaning="All of them, revoked ones too.",
)  # fmt: skip
REVOKE_KEY = operation(
    "revoke_key", "Revoke an API key", "account", description="Needs a key with the scope `admin`.",
    status=204, meaning="It is worth nothing from now on.", refusals=(404,),
    parameters=in_path(key_id="The key's id."),
)  # fmt: skip
GET_HOTWORDS = operation(
    "get_hotwords", "See which words are expected", "account", answer=account.AccountHotwords,
    shown=examples.HOTWORDS, meaning="Words and names that are expected in all recordings.",
)  # fmt: skip
SET_HOTWORDS = operation(
    "set_hotwords", "Say which words to expect", "account",
    description="In all recordings from now on; they replace those there are. Needs a key with the scope `admin`.",
    answer=account.AccountHotwords, shown=examples.HOTWORDS, meaning="As they are kept.",
    body={"application/json": {"schema": ref(account.Hotwords)}},
)  # fmt: skip
GET_USAGE = operation(
    "get_usage", "See what was transcribed", "account", answer=account.Usage, shown=examples.USAGE,
    meaning="By day and API.", parameters=in_query(account.UsageQuery),
)  # fmt: skip

LIST_MODELS = operation(
    "list_models", "List models", "service", answer=service.Models, meaning="Every model that is known here."
)
LIST_LANGUAGES = operation(
    "list_languages", "List languages", "service", answer=service.Languages,
    meaning="Every language, and the model that would hear it now.",
)  # fmt: skip
GET_LIMITS = operation("get_limits", "See what is accepted", "service", answer=service.Limits, meaning="The limits.")
LIST_PROBLEMS = operation(
    "list_problems",
    "List the kinds of problems",
    "service",
    answer=ProblemKinds,
    meaning="All of them.",
    open_to_all=True,
)
GET_PROBLEM = operation(
    "get_problem", "Read about a kind of problem", "service", answer=ProblemKind, meaning="What its `type` stands for.",
    refusals=(404,), parameters=in_path(code="The last part of `type`."), open_to_all=True,
)  # fmt: skip
