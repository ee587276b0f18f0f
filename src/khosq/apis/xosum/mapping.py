"""Xosum's words and ours: the only file that knows both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import simplejson
from pydantic import ValidationError

from khosq.apis.xosum.rendering import conversation
from khosq.apis.xosum.wire import CreateTranscription
from khosq.errors import Invalid
from khosq.jobs.job import Job, JobState, Stage, Wishes
from khosq.jobs.results import Outcome
from khosq.serving.language_tags import read_language_tag

LARGEST_METADATA = 16 * 1024
"""Bytes of compact JSON in UTF-8."""

STATE_WORDS: Mapping[JobState, str] = {
    JobState.AWAITING_MEDIA: "uploading",
    JobState.QUEUED: "processing",
    JobState.RUNNING: "processing",
    JobState.SUCCEEDED: "transcribed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "failed",
}

STAGE_WORDS: Mapping[Stage, str] = {
    Stage.FETCH: "processing",
    Stage.DECODE: "processing",
    Stage.DETECT: "processing",
    Stage.MODEL: "processing",
    Stage.RECOGNIZE: "converting",
    Stage.DIARIZE: "converting",
    Stage.ANALYSE: "converting",
}
"""What a job that is queued or running is called once it has come to a stage; it keeps that name when taken over."""

SPEAKERS: Mapping[str, int | None] = {"single_voice": None, "phone_call": 2}
_TYPES = {speakers: name for name, speakers in SPEAKERS.items()}

_YES = 0.5
_CANCELLED = "The transcription was cancelled."
_FAILED = "The transcription failed."
_IN_WORK = frozenset({JobState.QUEUED, JobState.RUNNING})

_FIELD_FAULTS: Mapping[str, str] = {
    "type": 'type must be "single_voice" or "phone_call".',
    "metadata": "metadata must be a JSON object.",
    "checklistId": "checklistId must be a string.",
    "languageCode": "languageCode must be a BCP 47 language tag, such as hy-AM.",
}


def read_creation(body: Any) -> CreateTranscription:
    """Return a create body, checked.

    Raises:
        Invalid: names the field that is wrong.

    """
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    try:
        creation = CreateTranscription.model_validate(body)
    except ValidationError as error:
        raise _invalid(str(error.errors(include_input=False, include_context=False)[0]["loc"][0])) from error
    if len(_compact(creation.metadata)) > LARGEST_METADATA:
        raise too_much_metadata()
    if creation.language_code is not None and read_language_tag(creation.language_code) is None:
        raise _invalid("languageCode")
    return creation


def too_much_metadata() -> Invalid:
    """Return the refusal of a body that is too large: nothing else of it may be long."""
    return Invalid(f"metadata is larger than {LARGEST_METADATA} bytes of JSON.", field="metadata")


def to_wishes(creation: CreateTranscription, *, default_language: str) -> Wishes:
    """Return what the caller wants, in our words."""
    language = read_language_tag(creation.language_code or default_language) or default_language
    return Wishes(
        language=language,
        speakers=SPEAKERS[creation.type],
        features=("summary",),
        scorecard_id=creation.checklist_id if "checklist_id" in creation.model_fields_set else None,
    )


def status_of(job: Job) -> str:
    """Return the status a caller sees."""
    if job.state in _IN_WORK and job.stage is not None:
        return STAGE_WORDS[job.stage]
    return STATE_WORDS[job.state]


def from_job(job: Job, outcome: Outcome | None) -> dict[str, Any]:
    """Return the polling answer; a field is absent unless the status allows it.

    Args:
        job: the job.
        outcome: what it made; needed when it has succeeded.

    """
    answer: dict[str, Any] = {
        "docId": job.id,
        "status": status_of(job),
        "createdAt": _moment(job.created_at),
        "type": _TYPES.get(job.wishes.speakers),
        "duration": None if job.duration is None else round(job.duration, 2),
        "metadata": job.metadata,
    }
    if job.state is JobState.SUCCEEDED and outcome is not None:
        answer |= from_outcome(job, outcome) | {"languageCode": job.wishes.language}
    elif job.state is JobState.CANCELLED:
        answer["error"] = job.error or _CANCELLED
    elif job.state is JobState.FAILED:
        answer["error"] = job.error or _FAILED
    return answer


def from_outcome(job: Job, outcome: Outcome) -> dict[str, Any]:
    """Return the text and what was made of it, as polling and webhooks carry it."""
    transcript = outcome.transcript
    return {
        "transcription": transcript.text
        if job.wishes.speakers is None
        else conversation(transcript, language=job.wishes.language),
        "title": outcome.title,
        "resolution": outcome.summary,
    }


def from_checklist(job: Job, checklist_id: str, outcome: Outcome) -> dict[str, Any]:
    """Return what came of a checklist, as its webhook carries it; ``error`` is there only where that failed."""
    found = outcome.scores(checklist_id)
    value = (found and found.value) or {}
    answers = [answer for section in value.get("sections", ()) for answer in section["answers"]]
    told: dict[str, Any] = {
        "analysisId": value.get("evaluation_id") or f"{checklist_id}.{job.id}",
        "checklistId": checklist_id,
        "checklistName": value.get("name"),
        "results": {answer["id"]: _result(answer) for answer in answers},
    }
    return told if found is None or found.error is None else told | {"error": found.error}


def _result(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return one question's entry; on a scale, half of the points is a yes."""
    worth = answer["worth"]
    word = "n/a" if worth is None else "yes" if worth >= _YES else "no"
    return {
        "question": answer["text"],
        "answer": word,
        "score": answer["points"],
        "explanation": answer["reason"],
    }


def _invalid(field: str) -> Invalid:
    return Invalid(_FIELD_FAULTS.get(field, f"{field} is not valid."), field=field)


def _compact(value: Any) -> bytes:
    text = simplejson.dumps(value, ensure_ascii=False, use_decimal=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
