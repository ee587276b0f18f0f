"""NeuronLens' words for a transcription and ours: a name that proves wrong is corrected here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from khosq.apis.neuronlens.gate import read_fields
from khosq.apis.neuronlens.speakers import speaker_labels
from khosq.apis.neuronlens.wire import CreateTranscription
from khosq.errors import Invalid
from khosq.identifiers import new_id
from khosq.jobs.job import Job, JobState, Keep, Wishes
from khosq.jobs.results import Outcome
from khosq.serving.language_tags import read_language_tag
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

STATE_WORDS: Mapping[JobState, str] = {
    JobState.AWAITING_MEDIA: "pending",
    JobState.QUEUED: "pending",
    JobState.RUNNING: "processing",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "failed",
}

FAILURES: Mapping[str, str] = {
    "source_unreachable": "audio_unreachable",
    "unsupported_media": "audio_unsupported",
    "media_unreadable": "audio_unreadable",
    "too_large": "audio_too_large",
    "too_long": "audio_too_long",
    "upload_expired": "audio_missing",
    "quota_exceeded": "quota_exceeded",
    "model_missing": "language_unavailable",
    "unavailable": "server_unavailable",
}
"""Our code of why a job failed → the vendor's; whatever is not here is ``processing_failed``."""

UNKNOWN_FAILURE = "processing_failed"
CANCELLED = "cancelled"

ALWAYS, SUMMARY, SENTIMENT, INTENT, QA = "transcription", "summary", "sentiment", "intent", "qa_scoring"
_NOUNS: Mapping[str, str] = {SUMMARY: SUMMARY, SENTIMENT: SENTIMENT, INTENT: INTENT, "measures": "analytics"}
"""Our finding → the vendor's name of it; the rest are scorecards."""

_FIELD_FAULTS: Mapping[str, str] = {
    "audio_url": "audio_url must be a string.",
    "language": "language must be a BCP 47 language tag, such as hi-IN.",
    "speakers": "speakers must be an integer from 1 to 10.",
    "features": "features must be an array of transcription, summary, sentiment, intent and qa_scoring.",
    "qa_scorecard_id": "qa_scorecard_id must be a string.",
    "metadata": "metadata must be a JSON object.",
}
_ID_LENGTH = 12
_PLACES = 3
"""Digits of a confidence."""


def read_submission(body: Mapping[Any, Any]) -> CreateTranscription:
    """Return a submission, checked as far as nobody need be asked; its language is in its one spelling.

    Raises:
        Invalid: names the field that is wrong.

    """
    submission = read_fields(CreateTranscription, body, _FIELD_FAULTS)
    language = read_language_tag(submission.language)
    if language is None:
        raise Invalid(_FIELD_FAULTS["language"], field="language")
    if QA in submission.features and not submission.qa_scorecard_id:
        raise Invalid("qa_scorecard_id is required when features include qa_scoring.", field="qa_scorecard_id")
    return submission.model_copy(update={"language": language})


def to_wishes(submission: CreateTranscription) -> Wishes:
    """Return what the caller wants, in our words."""
    return Wishes(
        language=submission.language,
        speakers=submission.speakers,
        features=tuple(sorted(set(submission.features) - {ALWAYS, QA})),
        scorecard_id=submission.qa_scorecard_id if QA in submission.features else None,
        keep=Keep.NOTHING,
    )


def new_job_id() -> str:
    """Return an id as the vendor shapes them."""
    return f"trx_{new_id(_ID_LENGTH)}"


def from_submitted(job: Job) -> dict[str, Any]:
    """Return the answer to a submission: the first one, however far the job has come meanwhile."""
    return {
        "job_id": job.id,
        "status": "pending",
        "metadata": job.metadata,
        "created_at": moment(job.created_at),
    }


def from_job(job: Job, outcome: Outcome | None) -> dict[str, Any]:
    """Return a job with its results.

    Args:
        job: the job.
        outcome: what it made; needed when it has succeeded.

    """
    answer: dict[str, Any] = {
        "job_id": job.id,
        "status": STATE_WORDS[job.state],
        "language": job.wishes.language,
        "duration_seconds": None if job.duration is None else round(job.duration, 2),
    }
    if outcome is not None:
        answer["transcript"] = from_transcript(outcome.transcript)
    answer["summary"] = _summary(job, outcome)
    if SENTIMENT in job.wishes.features:
        answer["sentiment"] = None if outcome is None else _sentiment(outcome)
    answer["intent"] = None if outcome is None else _intent(job, outcome)
    if job.wishes.scorecard_id is not None:
        answer["qa_result"] = None if outcome is None else _qa_result(job.wishes.scorecard_id, outcome)
    return answer | {
        "metadata": job.metadata,
        "error": failure(job),
        "created_at": moment(job.created_at),
        "completed_at": None if job.ended_at is None else moment(job.ended_at),
    }


def from_transcript(transcript: Transcript) -> list[dict[str, Any]]:
    """Return the segments, each with its speaker and its words."""
    labels = speaker_labels(transcript)
    return [_segment(one, label) for one, label in zip(transcript.utterances, labels, strict=True)]


def failure(job: Job) -> dict[str, str] | None:
    """Return why a job failed; None where it did not."""
    if job.state is JobState.CANCELLED:
        return {"code": CANCELLED, "message": job.error or "The transcription was cancelled."}
    if job.state is JobState.FAILED:
        code = FAILURES.get(job.error_code or "", UNKNOWN_FAILURE)
        return {"code": code, "message": job.error or "The transcription failed."}
    return None


def caveats(job: Job, outcome: Outcome | None) -> list[str]:
    """Return what a reader of a job's results must know, one sentence each."""
    found = {} if outcome is None else outcome.findings
    failed = [f"{_NOUNS.get(name, QA)} failed: {one.error}" for name, one in found.items() if one.error is not None]
    return [*job.warnings, *failed]


def moment(at: datetime) -> str:
    """Return a moment as the vendor writes it."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _summary(job: Job, outcome: Outcome | None) -> str | None:
    return (outcome.summary or "") if outcome is not None and SUMMARY in job.wishes.features else None


def _sentiment(outcome: Outcome) -> dict[str, Any] | None:
    value = outcome.value(SENTIMENT)
    if value is None:
        return None
    labels = speaker_labels(outcome.transcript)
    names = {one.speaker: label for one, label in zip(outcome.transcript.utterances, labels, strict=True)}
    voices = {names[one["voice"]]: one["score"] or 0.0 for one in value["voices"] if names.get(one["voice"])}
    return {"overall": value["overall"] or 0.0, "label": value["label"] or "neutral", "by_speaker": voices}


def _intent(job: Job, outcome: Outcome) -> str | None:
    if INTENT not in job.wishes.features:
        return None
    value = outcome.value(INTENT)
    return None if value is None else value["intent"]


def _qa_result(scorecard_id: str, outcome: Outcome) -> dict[str, Any] | None:
    """Return what came of the scorecard; None where that failed, which a warning says."""
    found = outcome.scores(scorecard_id)
    if found is None or found.value is None:
        return None
    answers = [answer for section in found.value["sections"] for answer in section["answers"]]
    return {
        "scorecard_id": scorecard_id,
        "score": found.value["score"],
        "parameters": [_parameter(answer) for answer in answers],
    }


def _parameter(answer: Mapping[str, Any]) -> dict[str, Any]:
    evidence = answer["evidence"]
    return {
        "name": answer["text"],
        "method": answer["method"],
        "weight": answer["weight"],
        "score": answer["points"],
        "max_score": answer["most_points"],
        "explanation": answer["reason"],
        "evidence": None if evidence is None else {name: evidence[name] for name in ("text", "start", "end")},
    }


def _segment(utterance: Utterance, label: str | None) -> dict[str, Any]:
    return {
        "speaker": label,
        "start": utterance.time.start,
        "end": utterance.time.end,
        "text": utterance.text,
        "confidence": _mean([word.confidence for word in utterance.words if word.confidence is not None]),
        "words": [_word(word) for word in utterance.words],
    }


def _word(word: Word) -> dict[str, Any]:
    confidence = None if word.confidence is None else round(word.confidence, _PLACES)
    return {"word": word.text, "start": word.time.start, "end": word.time.end, "confidence": confidence}


def _mean(numbers: list[float]) -> float | None:
    return round(sum(numbers) / len(numbers), _PLACES) if numbers else None
