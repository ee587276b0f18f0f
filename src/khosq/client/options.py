"""What may be asked for, by name; everything may be left out."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class JobOptions(TypedDict, total=False):
    """What is to be made of a recording."""

    language: str
    """BCP 47 tag of the language spoken, or ``auto`` to have it found out; default: the server's."""
    languages: list[str]
    """With ``auto``: which languages may be spoken; default: all that can be written down there."""
    hotwords: list[str]
    """Words and names to expect, beside those of the account."""
    speakers: int
    """How many voices to tell apart, 1 to 10; default: they are not told apart."""
    multichannel: bool
    """Write each channel down on its own."""
    punctuation: bool
    features: list[str]
    """What to find beside the transcript: ``summary``, ``sentiment``, ``intent`` and the like."""
    scorecard_id: str
    """Score the call by this scorecard."""
    agent_channel: int
    """Where the agent speaks, counted from 0."""
    keep: Literal["original", "small", "nothing"]
    """What becomes of a recording that came with the job."""
    priority: int
    """0 is served first, 9 last, among your own jobs that wait."""
    filename: str
    metadata: dict[str, Any]
    """Your own data, given back as it is."""


class CreateJob(JobOptions, total=False):
    """A job, with where its recording is; with neither, it is still to be uploaded."""

    recording_id: str
    source_url: str


class Captions(TypedDict, total=False):
    """How an exported file is to look."""

    max_line_length: int
    max_line_words: int
    max_lines: int
    max_words: int
    max_duration: float
    min_duration: float
    min_gap: float
    max_pause: float
    speakers: bool
    timestamps: bool
