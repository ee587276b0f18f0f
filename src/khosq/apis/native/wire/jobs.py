"""Jobs, as our API tells of them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from khosq.apis.native.wire.analyses import MOST_FEATURES, Channel, FeatureName
from khosq.apis.native.wire.model import Answer, Moment, Name, Page, Paged, Query, Request
from khosq.apis.native.wire.recordings import UploadLink
from khosq.errors import Invalid
from khosq.jobs.job import AUTO
from khosq.tenants.hotwords import LONGEST_TERM, MOST_TERMS, checked_hotwords

State = Literal["awaiting_media", "queued", "running", "succeeded", "failed", "cancelled"]
StageName = Literal["fetch", "decode", "detect", "model", "recognize", "diarize", "analyse"]
Kept = Literal["original", "small", "nothing"]

MOST_IN_BATCH = 1000
LONGEST_WAIT = 60
MOST_SPEAKERS = 10
LEAST_URGENT = 9

MOST_LANGUAGES = 50

_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
_TAG_OR_AUTO = rf"^{AUTO}$|{_TAG}"


def _require_tag(language: str) -> str:
    if re.fullmatch(_TAG, language) is None:
        raise ValueError("must be a language tag such as en or hy-AM")
    return language


def _require_tag_or_auto(language: str) -> str:
    if re.fullmatch(_TAG_OR_AUTO, language) is None:
        raise ValueError(f"must be a language tag such as en or hy-AM, or {AUTO}")
    return language


def _require_terms(terms: list[str]) -> list[str]:
    try:
        return list(checked_hotwords(terms))
    except Invalid as error:
        raise ValueError(error.message) from error


Tag = Annotated[str, Field(max_length=35, json_schema_extra={"pattern": _TAG}), AfterValidator(_require_tag)]
Terms = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_TERM)]], Field(max_length=MOST_TERMS), AfterValidator(_require_terms)
]
"""Words and names to expect."""


class JobOptions(Request):
    """What is to be made of a recording."""

    language: (
        Annotated[
            str, Field(max_length=35, json_schema_extra={"pattern": _TAG_OR_AUTO}), AfterValidator(_require_tag_or_auto)
        ]
        | None
    ) = None
    """BCP 47 tag of the language spoken, or `auto` to have it found out; default: the server's."""
    languages: list[Tag] = Field(default_factory=list, max_length=MOST_LANGUAGES)
    """With `auto`: which languages may be spoken; default: all that can be written down here."""
    hotwords: Terms = Field(default_factory=list)
    """Words and names to expect, beside those of the account; models that cannot use them say so in `warnings`."""
    speakers: Annotated[int, Field(ge=1, le=MOST_SPEAKERS)] | None = None
    """How many voices to tell apart; default: they are not told apart."""
    multichannel: bool = False
    """Write each channel down on its own."""
    punctuation: bool = True
    features: list[FeatureName] = Field(default_factory=list, max_length=MOST_FEATURES)
    """What to find beside the transcript: `measures`, `summary`, `sentiment`, `intent`, `key_phrases`, `action_items`,
    `redaction`; what is found is among the job's findings."""
    scorecard_id: str | None = None
    """Score the call by this scorecard."""
    agent_channel: Channel | None = None
    """Where the agent speaks, counted from 0; default: the account's, else the first channel or who talks first."""
    keep: Kept = "original"
    """What becomes of a recording that came with the job: it stays as it came, is encoded small, or goes."""
    priority: int = Field(default=0, ge=0, le=LEAST_URGENT)
    """0 is served first, 9 last, among your own jobs that wait: give bulk work a higher number."""
    filename: str = Field(default="", max_length=255)
    """What the recording is called; names exported files."""
    metadata: dict[Any, Any] = Field(default_factory=dict)
    """Your own data, given back as it is; at most 16 KiB of JSON."""

    @model_validator(mode="after")
    def _chooses_languages_only_where_they_count(self) -> Self:
        if self.languages and self.language != AUTO:
            raise ValueError(f"languages needs language: {AUTO}")
        return self


class CreateJob(JobOptions):
    """Asks for a transcript of a recording: one that is here, one at a URL, or one that is still to be uploaded."""

    recording_id: str | None = None
    """A recording that is here."""
    source_url: str | None = None
    """Where the recording is fetched from: `https` or `http`, at a public address."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if self.recording_id is not None and self.source_url is not None:
            raise ValueError("give recording_id or source_url, not both")
        return self


class CreateJobs(Request):
    """Asks for many transcripts at once: all are accepted or none."""

    jobs: list[CreateJob] = Field(min_length=1, max_length=MOST_IN_BATCH)


class JobError(Answer):
    """Why a job failed."""

    code: str
    """Stable, for programs: `media_unreadable`, `source_unreachable`, `upload_expired`, `quota_exceeded` …"""
    message: str
    """One sentence, for people."""


class Job(Answer):
    """One recording on its way to a transcript."""

    id: str
    api: str
    """The API that made it; `native` is this one."""
    state: State
    """`succeeded`, `failed` and `cancelled` are final."""
    stage: StageName | None = None
    """What is being done; null unless `running`."""
    percent: float
    """Part of the work done, from 0 to 100; it never steps back."""
    eta_seconds: float | None = None
    """Seconds until it ends at the pace it has kept so far; null until there is a pace."""
    language: str
    """`auto` until it has been found out."""
    languages: list[str]
    hotwords: list[str]
    speakers: int | None = None
    multichannel: bool
    punctuation: bool
    features: list[str]
    scorecard_id: str | None = None
    agent_channel: int | None = None
    keep: Kept
    priority: int
    filename: str | None = None
    source_url: str | None = None
    recording_id: str | None = None
    """Null until the recording is here, and after it has gone."""
    duration: float | None = None
    """Seconds of the recording; null until decoded."""
    error: JobError | None = None
    """Null unless `failed`."""
    warnings: list[str]
    """What to know before trusting the transcript, one sentence each."""
    upload: UploadLink | None = None
    """Where to send the recording; null unless `awaiting_media` and the key may write."""
    metadata: dict[Any, Any]
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


class JobPage(Page[Job]):
    """Jobs, newest first."""


class JobBatch(Answer):
    """The jobs of a batch, in the order in which they were asked for."""

    data: list[Job]


class Deletion(Answer):
    """The proof that a job was deleted, with its transcript and the recording that came with it."""

    job_id: str
    api: str
    recording_sha256: str | None = None
    """Of the recording's bytes, in hex; null where it had none."""
    created_at: AwareDatetime
    """When the job was made."""
    deleted_at: AwareDatetime
    deleted_by: str | None = None
    """Id of the API key; null: the operator."""


class JobQuery(Query):
    """How to look at a job."""

    wait: float = Field(default=0, ge=0, le=LONGEST_WAIT, allow_inf_nan=False)
    """Seconds to hold the answer back until the job has ended, or, with `If-None-Match`, until it has changed."""


class JobsQuery(Paged):
    """Which jobs."""

    state: list[State] = Field(default_factory=list)
    """Only jobs in this state; may be repeated."""
    api: Name | None = None
    """Only jobs that this API made."""
    begun_from: Moment | None = Field(default=None, alias="from")
    """Only jobs made at this moment or later."""
    begun_before: Moment | None = Field(default=None, alias="to")
    """Only jobs made before this moment."""


class JobEvent(Answer):
    """How far a job has come, as its stream tells it."""

    job_id: str
    state: State
    stage: StageName | None = None
    percent: float
    eta_seconds: float | None = None
    duration: float | None = None
    error: JobError | None = None
