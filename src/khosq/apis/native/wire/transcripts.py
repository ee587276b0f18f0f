"""Transcripts, as our API tells of them, and what may be chosen of an exported file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from khosq.apis.native.wire.model import Answer, Query

DropReason = Literal["silence", "loop", "race", "phrase"]


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


class ChannelCoverage(Answer):
    """What one channel has."""

    channel: int
    """From 0."""
    speech_seconds: float
    """In which somebody speaks."""
    worded_seconds: float
    """Of these, with words."""


class Hole(Answer):
    """A stretch of speech without words: it was heard twice, and nothing was understood."""

    channel: int
    start: float
    end: float


class Dropped(Answer):
    """Words that the model wrote and that were left out, since nobody said them."""

    channel: int
    start: float
    end: float
    words: int
    reason: DropReason
    """Written over silence, over and over, faster than anyone talks, or a stock phrase where nobody talks."""


class Coverage(Answer):
    """How much of the speech that was found has words."""

    speech_seconds: float
    """Of all channels."""
    worded_seconds: float
    share: float | None = None
    """Part of the speech that has words, from 0 to 1; null where nobody speaks."""
    channels: list[ChannelCoverage]
    holes: list[Hole]
    dropped: list[Dropped]


class Hotword(Answer):
    """A term that was to be expected."""

    term: str
    hits: int
    """How often it was written."""


class LanguageShare(Answer):
    """A language that was heard."""

    language: str
    share: float
    """Of the evidence, from 0 to 1."""


class Transcript(Answer):
    """What was said."""

    job_id: str
    language: str
    """In which it was written down."""
    languages: list[LanguageShare]
    """What was heard where the job left the language open, the likeliest first; else empty."""
    duration: float
    """Seconds."""
    text: str
    """Everything said, as one text."""
    utterances: list[Utterance]
    """In order of start time."""
    warnings: list[str]
    """What to know before trusting this text, one sentence each."""
    coverage: Coverage | None = None
    """Null in transcripts of older days."""
    hotwords: list[Hotword]
    """The terms of the job and of the account, and how often each was written."""
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
