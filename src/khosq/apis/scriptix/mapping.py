"""Scriptix' words for a session and ours: the only file that knows both."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from khosq.apis.scriptix.wire import CreateSession, DocumentSettings
from khosq.documents.document import Document, DocumentKind
from khosq.jobs.job import FINAL, Job, JobState, Keep, Wishes
from khosq.transcript.cues import CueOptions, build_cues
from khosq.transcript.paragraphs import paragraphs
from khosq.transcript.transcript import Transcript, Utterance

NEW, UPLOADING = "new", "uploading"
STATE_WORDS: Mapping[JobState, str] = {
    JobState.AWAITING_MEDIA: NEW,
    JobState.QUEUED: "uploaded",
    JobState.RUNNING: "processing",
    JobState.SUCCEEDED: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "failed",
}
KINDS: Mapping[str, DocumentKind] = {"document": DocumentKind.TEXT, "caption": DocumentKind.CAPTIONS}
TYPES: Mapping[DocumentKind, str] = {kind: name for name, kind in KINDS.items()}

UNKNOWN_SPEAKER = "unk"
VOICES = 2
"""Told apart where diarization is wished: how many there are is never said."""

_CANCELLED = "The session was cancelled."
_FAILED = "The session failed."
_ID_BYTES = 13
_FOR_NAMES = str.maketrans(":/", "--")
_MILLI = 1000
_KNOBS: Mapping[str, tuple[str, float]] = {
    "max_line_length": ("max_line_length", 1),
    "max_line_words": ("max_line_words", 1),
    "max_segment_lines": ("max_lines", 1),
    "max_segment_words": ("max_words", 1),
    "max_segment_duration": ("max_duration", _MILLI),
    "max_silence_between_words": ("max_pause", _MILLI),
    "min_segment_gap": ("min_gap", _MILLI),
}
"""The vendor's name → ours, and how many of the vendor's units make one of ours."""

Time = Callable[[float], float]
"""Gives seconds in the unit that a caller sees."""


def seconds(moment: float) -> float:
    """Return seconds as version 3 gives them."""
    return float(moment)


def milliseconds(moment: float) -> int:
    """Return seconds as the older versions give them."""
    return round(moment * _MILLI)


def new_session_id() -> str:
    """Return an id as the vendor shapes them: 26 lower-case hex digits."""
    return secrets.token_hex(_ID_BYTES)


def name_of_source(url: str) -> str:
    """Return the name that a recording has which is fetched from ``url``."""
    return url.translate(_FOR_NAMES)


def to_wishes(creation: CreateSession, language: str) -> Wishes:
    """Return what the caller wants, in our words."""
    return Wishes(
        language=language,
        speakers=VOICES if creation.diarization and not creation.multichannel else None,
        multichannel=creation.multichannel,
        punctuation=creation.punctuation,
        features=("summary",),  # what documents as a template hold
        keep=Keep.SMALL if creation.keep_source else Keep.NOTHING,
    )


def to_cues(settings: DocumentSettings) -> dict[str, Any]:
    """Return those of our options of captions that are given."""
    given = {ours: (getattr(settings, theirs), unit) for theirs, (ours, unit) in _KNOBS.items()}
    return {name: value if unit == 1 else value / unit for name, (value, unit) in given.items() if value is not None}


def status_of(job: Job) -> str:
    """Return the status a caller sees."""
    if job.state is JobState.AWAITING_MEDIA and job.receiving_until is not None:
        return UPLOADING
    return STATE_WORDS[job.state]


def from_job(job: Job, document: Document | None, *, media_link: Callable[[Job], str]) -> dict[str, Any]:
    """Return a session.

    Args:
        job: the job.
        document: the first of its documents.
        media_link: gives the link to a recording that is kept.

    """
    return {
        "session_id": job.id,
        "status": status_of(job),
        "filename": job.filename,
        "duration": round(job.duration or 0),
        "media_type": (job.recording.kind if job.recording else None) or "audio",
        "media_url": _media_url(job, media_link),
        "error": _error(job),
        "language": job.wishes.language,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.ended_at),
        "meta_data": job.metadata,
        "document": None if document is None else _document_name(job, document),
    }


def from_transcript(job: Job, transcript: Transcript, *, time: Time = seconds) -> list[dict[str, Any]]:
    """Return the segments of a transcript."""
    return [_segment(job, one, time) for one in transcript.utterances]


def from_document(job: Job, document: Document, transcript: Transcript | None) -> dict[str, Any]:
    """Return a document; its text comes when there is a transcript."""
    return {
        "id": document.id,
        "session_id": job.id,
        "created": moment(document.created_at),
        "last_modified": moment(document.modified_at),
        "filename": name_of(job, document),
        "type": TYPES[document.kind],
        "language": job.wishes.language,
        "document": [] if transcript is None else _parts(document, transcript),
        **{
            theirs: None if getattr(document.cues, ours) is None else round(getattr(document.cues, ours) * unit)
            for theirs, (ours, unit) in _KNOBS.items()
        },
    }


def name_of(job: Job, document: Document) -> str:
    """Return how a document is called."""
    return document.filename or job.filename or job.id


def moment(at: datetime | None) -> str | None:
    """Return a moment as the vendor writes it."""
    return None if at is None else at.isoformat(timespec="milliseconds")


def _media_url(job: Job, media_link: Callable[[Job], str]) -> str | None:
    if job.state not in FINAL:
        return job.source_url
    return media_link(job) if job.recording is not None and job.recording.erased_at is None else None


def _error(job: Job) -> str | None:
    if job.state is JobState.CANCELLED:
        return job.error or _CANCELLED
    return (job.error or _FAILED) if job.state is JobState.FAILED else None


def _document_name(job: Job, document: Document) -> dict[str, str]:
    return {"id": document.id, "name": name_of(job, document), "type": TYPES[document.kind]}


def _segment(job: Job, utterance: Utterance, time: Time) -> dict[str, Any]:
    known = [word.confidence for word in utterance.words if word.confidence is not None]
    return {
        "result": [
            [word.text, time(word.time.start), time(word.time.end), _rounded(word.confidence)]
            for word in utterance.words
        ],
        "speaker": UNKNOWN_SPEAKER if job.wishes.multichannel else _speaker(utterance.speaker),
        "text": utterance.text,
        "sconf": _rounded(sum(known) / len(known)) if known else None,
        "channel": utterance.channel,
    }


def _speaker(speaker: int | None) -> str:
    return UNKNOWN_SPEAKER if speaker is None else f"Speaker {speaker + 1}"


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 3)


def _parts(document: Document, transcript: Transcript) -> list[dict[str, Any]]:
    parts = (
        build_cues(transcript, options=document.cues)
        if document.kind is DocumentKind.CAPTIONS
        else list(paragraphs(transcript))
    )
    return [
        {
            "start": milliseconds(part.time.start),
            "stop": milliseconds(part.time.end),
            "speaker": _speaker(part.speaker),
            "text": part.text,
        }
        for part in parts
    ]


def cues_of(settings: DocumentSettings) -> CueOptions:
    """Return the options of captions, ours where nothing is said."""
    return CueOptions(**to_cues(settings))
