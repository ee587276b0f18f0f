"""Transcripts, as our API tells of them, and what may be chosen of an exported file."""

from __future__ import annotations

from pydantic import Field

from khosq.apis.native.wire.model import Answer, Query


class Word(Answer):
    """One spoken word."""

    text: str
    start: float
    """Seconds since the recording began."""
    end: float
    confidence: float | None = None
    """Probability from 0 to 1, of three digits; null where the model gives none."""


class Utterance(Answer):
    """What one speaker says without a long pause."""

    start: float
    end: float
    speaker: int | None = None
    """Number of the voice, from 1 in order of first appearance; null where voices were not told apart."""
    channel: int
    """From 0."""
    text: str
    words: list[Word]


class Transcript(Answer):
    """What was said."""

    job_id: str
    language: str
    duration: float
    """Seconds."""
    text: str
    """Everything said, as one text."""
    utterances: list[Utterance]
    """In order of start time."""
    warnings: list[str]
    """What to know before trusting this text, one sentence each."""
    title: str | None = None
    """Null unless the feature `summary` was asked for."""
    summary: str | None = None
    """Null unless the feature `summary` was asked for."""


class ExportQuery(Query):
    """How an exported file is to look."""

    max_line_length: int = Field(default=42, ge=1, le=1000)
    """Captions: characters of a line, as seen."""
    max_line_words: int | None = Field(default=None, ge=1, le=1000)
    """Captions: words of a line."""
    max_lines: int = Field(default=2, ge=1, le=20)
    """Captions: lines shown at once."""
    max_words: int | None = Field(default=None, ge=1, le=1000)
    """Captions: words shown at once."""
    max_duration: float = Field(default=7.0, gt=0, le=600, allow_inf_nan=False)
    """Captions: seconds for which one is shown at most."""
    min_duration: float = Field(default=1.0, gt=0, le=600, allow_inf_nan=False)
    """Captions: seconds for which one is shown at least, where there is room."""
    min_gap: float = Field(default=0.08, ge=0, le=60, allow_inf_nan=False)
    """Captions: seconds between two, where there is room."""
    max_pause: float = Field(default=1.5, gt=0, le=600, allow_inf_nan=False)
    """Captions: a longer silence always begins a new one."""
    speakers: bool = True
    """Name the speakers, where they were told apart."""
    timestamps: bool = True
    """TXT, DOCX, PDF and HTML: show times."""
