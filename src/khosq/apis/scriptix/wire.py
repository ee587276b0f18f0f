"""Scriptix' JSON, in Scriptix' spelling."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

DocumentType = Literal["caption", "document"]
Method = Literal["POST", "PUT"]
Status = Literal["new", "uploading", "uploaded", "processing", "done", "failed"]

_LONGEST_DAY = 86_400_000


class Told(BaseModel):
    """Where somebody wants to be told."""

    model_config = ConfigDict(extra="ignore", strict=True)

    webhook_url: str | None = Field(default=None, description="Called when it is done; https, by name.")
    webhook_method: Method | None = Field(default=None, description="Default: POST. Needs `webhook_url`.")
    webhook_headers: list[str] | None = Field(
        default=None, description='Lines such as "X-Token: t1". Need `webhook_url`.'
    )


class DocumentSettings(BaseModel):
    """How a document is laid out; the numbers are for captions."""

    model_config = ConfigDict(extra="ignore", strict=True)

    filename: str | None = Field(default=None, max_length=200)
    max_line_length: int | None = Field(default=None, ge=1, le=200, description="Characters.")
    max_line_words: int | None = Field(default=None, ge=1, le=100)
    max_segment_duration: int | None = Field(default=None, ge=1, le=200_000, description="Milliseconds.")
    max_segment_lines: int | None = Field(default=None, ge=1, le=100)
    max_segment_words: int | None = Field(default=None, ge=1, le=10_000)
    max_silence_between_words: int | None = Field(default=None, ge=1, le=_LONGEST_DAY, description="Milliseconds.")
    min_segment_gap: int | None = Field(default=None, ge=0, le=_LONGEST_DAY, description="Milliseconds.")


class CreateDocument(DocumentSettings, Told):
    """A document to be made."""

    document_type: DocumentType


class ChangeDocument(DocumentSettings):
    """What is to change in a document: what is absent stays."""

    document_type: DocumentType | None = None
    document: None = Field(default=None, description="The text itself cannot be edited here.")


class CreateSession(Told):
    """Body of ``POST /speech-to-text/session``."""

    language: str = Field(description="BCP 47 tag; `en-us` falls back to `en`.")
    keep_source: bool = Field(default=False, description="Keep the recording, encoded anew small.")
    media_source: str | None = Field(default=None, description="Where to fetch the recording; the session starts.")
    punctuation: bool = False
    multichannel: bool = Field(default=False, description="Write each channel down on its own.")
    diarization: bool = Field(default=False, description="Tell two voices apart.")
    document: CreateDocument | None = Field(default=None, description="Made when the session is done.")
    meta_data: dict[str, str] = Field(default_factory=dict, description="Kept with the session.")


class DocumentName(BaseModel):
    """A document as its session shows it."""

    id: str
    name: str
    type: DocumentType


class Session(BaseModel):
    """A session."""

    session_id: str
    status: Status
    filename: str
    duration: int = Field(description="Whole seconds; 0 until known.")
    media_type: Literal["audio", "video"]
    media_url: str | None
    error: str | None
    language: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    meta_data: dict[str, Any]
    document: DocumentName | None


class Segment(BaseModel):
    """What somebody says without a long pause."""

    result: list[list[Any]] = Field(description="`[word, start, end, confidence]`, in seconds.")
    speaker: str = Field(description='"unk" when not told apart.')
    text: str
    sconf: float | None
    channel: int


class SessionResult(Session):
    """A session with its transcript."""

    results: list[Segment]


class Envelope(BaseModel):
    """Around every answer but a file's."""

    count: int
    total_results: int


class OneSession(Envelope):
    """One session."""

    result: Session


class OneResult(Envelope):
    """One session with its transcript."""

    result: SessionResult


class Sessions(Envelope):
    """A page of sessions."""

    result: list[Session]


class Problem(BaseModel):
    """Every refusal."""

    error: str
    message: str
    detail: str | None = None
