"""What a server answers; made from its OpenAPI by ``scripts/client.py``."""

# ruff: noqa: PYI051 - a word of tomorrow must be readable today; the list shows those of today

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field


class AccountHotwords(BaseModel):
    """Words and names that are expected in all recordings of the account."""

    terms: list[str]


class Agreement(BaseModel):
    """How far machine and people agree; null where that cannot be said."""

    count: int
    """Answers that both gave."""
    agreement: float | None
    """Share of equal answers; on a scale, of those that are equal as whole points."""
    kappa: float | None
    """Cohen's, of answers that are yes, no or n/a; null where both always say the same."""
    mean_difference: float | None
    """Points of a scale."""


class Analysis(BaseModel):
    """A run over old calls, and how far it has come."""

    id: str
    features: list[str]
    scorecard_id: str | None
    jobs: int
    """Calls of the run; one that is deleted leaves it."""
    done: int
    failed: int
    """Of those that are done, calls in which something could not be found; its finding says why."""
    created_at: AwareDatetime
    ended_at: AwareDatetime | None


class AnalysisPage(BaseModel):
    """Runs, newest first."""

    data: list[Analysis]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class ApiKey(BaseModel):
    """An API key as it may be shown after its making."""

    id: str
    name: str
    prefix: str
    """How the secret begins."""
    scope: Literal["read", "write", "admin"] | str
    api: str | None
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class ApiKeyWithSecret(BaseModel):
    """An API key and its secret, which is shown this once."""

    id: str
    name: str
    prefix: str
    """How the secret begins."""
    scope: Literal["read", "write", "admin"] | str
    api: str | None
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    secret: str


class ApiKeys(BaseModel):
    """Every key of the account, oldest first."""

    data: list[ApiKey]


class Attempt(BaseModel):
    """One try at a delivery."""

    number: int
    at: AwareDatetime
    duration: float
    """Seconds."""
    status: int | None
    """The receiver's HTTP status; null where none came."""
    error: str | None
    """Why no answer came."""
    answer: str | None
    """How the receiver's answer began."""


class Calibration(BaseModel):
    """How far machine and people agree about a scorecard."""

    evaluations: int
    """That a person answered or confirmed; the newest 1000 count."""
    overall: Agreement
    questions: dict[str, Agreement]
    """By question."""
    score_difference: float | None
    """By which people change a score on average, in points of 100."""


class CallsOfDay(BaseModel):
    """The calls whose jobs were made on one day."""

    calls: int
    seconds: float
    """Of the recordings whose jobs succeeded."""
    score: float | None
    """Mean of the calls' scores, 0 to 100."""
    scored_calls: int
    sentiment: float | None
    """Mean, from -1 to 1."""
    silence_share: float | None
    """Part of the time in which nobody speaks, from 0 to 1, in calls that were measured."""
    day: date
    """In UTC."""
    by_state: dict[str, int]
    """How many jobs stand where; states without any are absent."""


class ChannelCoverage(BaseModel):
    """What one channel has."""

    channel: int
    """From 0."""
    speech_seconds: float
    """In which somebody speaks."""
    worded_seconds: float
    """Of these, with words."""


class Deletion(BaseModel):
    """The proof that a job was deleted, with its transcript and the recording that came with it."""

    job_id: str
    api: str
    recording_sha256: str | None
    """Of the recording's bytes, in hex; null where it had none."""
    created_at: AwareDatetime
    """When the job was made."""
    deleted_at: AwareDatetime
    deleted_by: str | None
    """Id of the API key; null: the operator."""


class Delivery(BaseModel):
    """One event on its way to one endpoint."""

    id: str
    message_id: str
    """`webhook-id`: the same on every try and every replay."""
    endpoint_id: str
    api: str
    """The API whose event it is."""
    url: str
    event: str
    job_id: str | None
    state: Literal["pending", "delivered", "failed", "skipped"] | str
    """`skipped`: its endpoint was paused or removed."""
    happened_at: AwareDatetime
    created_at: AwareDatetime
    """Later than the event where it is a replay."""
    ended_at: AwareDatetime | None


class DeliveryPage(BaseModel):
    """Deliveries, newest first."""

    data: list[Delivery]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class DeliveryWithAttempts(BaseModel):
    """A delivery and every try at it."""

    id: str
    message_id: str
    """`webhook-id`: the same on every try and every replay."""
    endpoint_id: str
    api: str
    """The API whose event it is."""
    url: str
    event: str
    job_id: str | None
    state: Literal["pending", "delivered", "failed", "skipped"] | str
    """`skipped`: its endpoint was paused or removed."""
    happened_at: AwareDatetime
    created_at: AwareDatetime
    """Later than the event where it is a replay."""
    ended_at: AwareDatetime | None
    attempts: list[Attempt]


class Dropped(BaseModel):
    """Words that the model wrote and that were left out, since nobody said them."""

    channel: int
    start: float
    end: float
    words: int
    reason: Literal["silence", "loop", "race", "phrase"] | str
    """Written over silence, over and over, faster than anyone talks, or a stock phrase where nobody talks."""


class Endpoint(BaseModel):
    """A receiver of events."""

    id: str
    url: str
    events: list[str]
    description: str
    headers: dict[str, str]
    paused_at: AwareDatetime | None
    pause_reason: str | None
    """`asked`; `gone`: it answered 410; `failing`: nothing was accepted for days."""
    failing_since: AwareDatetime | None
    """When a delivery first failed for good after which none was accepted."""
    previous_secret_until: AwareDatetime | None
    """Until then the secret before signs too."""
    created_at: AwareDatetime


class EndpointWithSecret(BaseModel):
    """A receiver of events, and the secret, which is shown this once."""

    id: str
    url: str
    events: list[str]
    description: str
    headers: dict[str, str]
    paused_at: AwareDatetime | None
    pause_reason: str | None
    """`asked`; `gone`: it answered 410; `failing`: nothing was accepted for days."""
    failing_since: AwareDatetime | None
    """When a delivery first failed for good after which none was accepted."""
    previous_secret_until: AwareDatetime | None
    """Until then the secret before signs too."""
    created_at: AwareDatetime
    secret: str
    """Verifies what is received (https://www.standardwebhooks.com)."""


class Endpoints(BaseModel):
    """Every endpoint, oldest first."""

    data: list[Endpoint]


class Event(BaseModel):
    """What an endpoint is sent (Standard Webhooks)."""

    type: (
        Literal[
            "job.succeeded",
            "job.failed",
            "job.cancelled",
            "job.analysed",
            "endpoint.paused",
        ]
        | str
    )
    timestamp: AwareDatetime
    """When it happened."""
    data: dict[str, Any]
    """`job`: the job as `GET` shows it; or `endpoint`."""


class Evidence(BaseModel):
    """What was said, and when."""

    text: str
    start: float
    """Seconds since the recording began."""
    end: float
    speaker: int | None
    """Number of the voice, as in the transcript."""
    likeness: float
    """1: the phrase was said just so; less: nearly so."""


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str
    """JSON pointer to it in the body (RFC 6901), or `/` and the name of a parameter."""
    detail: str


class Figures(BaseModel):
    """Sums and means over some calls; a mean is null where no call has that figure."""

    calls: int
    seconds: float
    """Of the recordings whose jobs succeeded."""
    score: float | None
    """Mean of the calls' scores, 0 to 100."""
    scored_calls: int
    sentiment: float | None
    """Mean, from -1 to 1."""
    silence_share: float | None
    """Part of the time in which nobody speaks, from 0 to 1, in calls that were measured."""


class Finding(BaseModel):
    """What one analysis found in a job, or why it found nothing."""

    name: str
    """A feature's, or `scorecard:ID`."""
    value: dict[str, Any] | None
    """Its shape is the feature's; null where the analysis failed."""
    made_by: str
    """`embedded`, or the language model that answered."""
    made_at: AwareDatetime
    note: str | None
    """Why `embedded` answered though a language model was to."""
    error: str | None
    """Why it failed."""


class Findings(BaseModel):
    """Everything that was found in a job."""

    data: list[Finding]


class Hole(BaseModel):
    """A stretch of speech without words: it was heard twice, and nothing was understood."""

    channel: int
    start: float
    end: float


class Hotword(BaseModel):
    """A term that was to be expected."""

    term: str
    hits: int
    """How often it was written."""


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    """Stable, for programs: `media_unreadable`, `source_unreachable`, `upload_expired`, `quota_exceeded` …"""
    message: str
    """One sentence, for people."""


class JobEvent(BaseModel):
    """How far a job has come, as its stream tells it."""

    job_id: str
    state: Literal["awaiting_media", "queued", "running", "succeeded", "failed", "cancelled"] | str
    stage: Literal["fetch", "decode", "detect", "model", "recognize", "diarize", "analyse"] | str | None
    percent: float
    eta_seconds: float | None
    duration: float | None
    error: JobError | None


class Language(BaseModel):
    """A language and the model that would hear it now."""

    tag: str
    """BCP 47."""
    state: Literal["ready", "on_demand", "absent"] | str
    model: str
    kind: Literal["production", "fallback", "starter"] | str
    install: str | None
    """Command that brings a production model here, where none is."""


class LanguageShare(BaseModel):
    """A language that was heard."""

    language: str
    share: float
    """Of the evidence, from 0 to 1."""


class Languages(BaseModel):
    """Every language that is known here."""

    data: list[Language]
    default: str
    """Of a job that names none."""


class Limits(BaseModel):
    """What is accepted here."""

    max_upload_bytes: int | None
    max_duration_seconds: float | None
    max_metadata_bytes: int
    max_batch: int
    max_wait_seconds: int
    requests_per_minute: int
    """For each key."""
    idempotency_seconds: int
    """For so long an `Idempotency-Key` is remembered."""
    upload_link_seconds: int
    media_types: list[str]
    """By every common name; what a recording is, its bytes decide."""
    export_formats: list[str]


class Model(BaseModel):
    """A model that writes speech down."""

    name: str
    kind: Literal["production", "fallback", "starter"] | str
    """Only `production` is to be relied on."""
    state: Literal["ready", "on_demand", "absent"] | str
    """`on_demand`: it is fetched when first needed."""
    languages: list[str]
    """BCP 47 tags; a base language serves all its regions."""
    licence: str
    address: str
    """Where to read about it."""
    size_bytes: int | None
    caution: str | None
    """What a reader of its text must know."""


class Models(BaseModel):
    """Every model that is known here, the better ones of a language first."""

    data: list[Model]


class OwnIntent(BaseModel):
    """What a customer may want, and how people word it."""

    name: str
    phrases: list[str]
    language: str | None


class OwnRedactionRule(BaseModel):
    """A kind of personal data."""

    name: str
    pattern: str


class PartOfCalls(BaseModel):
    """The calls that have something in common."""

    calls: int
    seconds: float
    """Of the recordings whose jobs succeeded."""
    score: float | None
    """Mean of the calls' scores, 0 to 100."""
    scored_calls: int
    sentiment: float | None
    """Mean, from -1 to 1."""
    silence_share: float | None
    """Part of the time in which nobody speaks, from 0 to 1, in calls that were measured."""
    name: str


class PersonsAnswer(BaseModel):
    """What a person answered in the machine's place."""

    answer: str
    points: float | None
    reason: str
    reviewer: str
    key_id: str
    at: AwareDatetime


class Preferences(BaseModel):
    """What the account chose for its analyses."""

    intents: list[OwnIntent]
    redact: list[str]
    redaction_rules: list[OwnRedactionRule]
    agent_channel: int | None


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    """A reference that names the kind of problem; `GET` it to read about it."""
    title: str
    """The kind of problem, in words."""
    status: int
    detail: str
    """What is wrong with this request."""
    request_id: str | None = None
    """Also in `X-Request-Id`; the server's log has it."""
    errors: list[Fault] | None = None
    """Every field that is wrong."""
    violated_policies: list[str] | None = Field(None, alias="violated-policies")
    """The rate limits that were reached."""


class ProblemKind(BaseModel):
    """One kind of problem."""

    type: str
    title: str
    status: int
    description: str


class ProblemKinds(BaseModel):
    """Every kind of problem."""

    data: list[ProblemKind]


class QuestionAnswer(BaseModel):
    """The machine's answer to one question, and the person's."""

    question_id: str
    question: str
    method: Literal["binary", "scale", "keyword", "metric"] | str
    weight: int
    automatic_fail: bool
    answer: str
    """`yes`, `no` or `n/a`; on a scale the points."""
    points: float | None
    """Null: not applicable."""
    most_points: int
    """10 on a scale, else 1."""
    reason: str
    """A short sentence in English."""
    evidence: Evidence | None
    """Where a phrase is missing: how the part begins in which it should have been said."""
    measured: float | None
    """The measure, of a metric question."""
    made_by: str
    """`embedded`, or the name of the language model that answered."""
    note: str | None
    """Why the embedded answer stands though a language model was asked."""
    override: PersonsAnswer | None
    """Counts instead."""


class Recording(BaseModel):
    """A recording whose bytes are here."""

    id: str
    filename: str | None
    """As its sender named it."""
    media_type: str
    """Decided by the bytes."""
    size_bytes: int
    sha256: str
    """Of the bytes, in hex."""
    kind: Literal["audio", "video"] | str | None
    """Known once a job has decoded it."""
    duration: float | None
    """Seconds; known once a job has decoded it."""
    belongs_to_job: bool
    """It came with a job and goes with it; else it stays until it is deleted."""
    created_at: AwareDatetime


class RecordingPage(BaseModel):
    """Recordings, newest first."""

    data: list[Recording]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class Review(BaseModel):
    """One thing that a person did; it never changes."""

    number: int
    kind: Literal["override", "withdraw", "confirm", "dispute", "resolve"] | str
    at: AwareDatetime
    reviewer: str
    key_id: str
    text: str
    question_id: str | None
    worth: float | None
    """Of an override, from 0 to 1; null: not applicable."""


class ScorecardEntry(BaseModel):
    """A scorecard, without what it asks."""

    id: str
    """Other APIs take it as `checklistId` and as `qa_scorecard_id`."""
    name: str
    newest_revision: int
    published_revision: int | None
    """Scores new calls; null: none does yet."""
    created_at: AwareDatetime
    archived_at: AwareDatetime | None
    """From then on it scores nothing."""


class ScorecardPage(BaseModel):
    """Scorecards, newest first."""

    data: list[ScorecardEntry]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class ScorecardRevision(BaseModel):
    """One wording of a scorecard."""

    scorecard_id: str
    number: int
    """From 1."""
    state: Literal["draft", "published", "archived"] | str
    """A draft may be changed; what was published never changes."""
    definition: dict[str, Any]
    """What it asks, as it is written, without what is by default."""
    created_at: AwareDatetime
    created_by: str | None
    """Id of the key; null: it came from the command line."""
    published_at: AwareDatetime | None
    used_at: AwareDatetime | None
    """When it was first asked for."""


class ScorecardRevisions(BaseModel):
    """Every revision, oldest first."""

    data: list[ScorecardRevision]


class SectionResult(BaseModel):
    """The answers of one section."""

    name: str
    weight: int
    score: float | None
    """From 0 to 100, over what was answered."""
    answers: list[QuestionAnswer]


class SnippetPart(BaseModel):
    """Some words of a snippet."""

    text: str
    match: bool
    """They are what was looked for."""


class UploadLink(BaseModel):
    """Where the bytes of a recording go."""

    url: str
    """`PUT` the bytes here; no key is needed, so that a browser may do it."""
    method: Literal["PUT"]
    expires_at: AwareDatetime
    """An upload must have begun by then."""


class UploadOfRecording(BaseModel):
    """A recording that is to come."""

    recording_id: str
    """The recording's id once it is there."""
    upload: UploadLink


class UsageOfDay(BaseModel):
    """What was transcribed through one API on one day."""

    day: date
    """In UTC; the day on which a job ended."""
    api: str
    jobs: int
    seconds: float


class Word(BaseModel):
    """One spoken word."""

    text: str
    start: float
    """Seconds since the recording began."""
    end: float
    confidence: float | None
    """Probability from 0 to 1, of three digits; null where the model gives none."""


class Analytics(BaseModel):
    """What the calls of a range say together."""

    from_: date = Field(..., alias="from")
    to: date
    """Included."""
    totals: Figures
    by_day: list[CallsOfDay]
    """Days without calls are absent."""
    by_state: list[PartOfCalls]
    by_api: list[PartOfCalls]
    """Of the calls that have ended, like the two that follow; at most 1,000 each, those with the most calls first."""
    by_agent: list[PartOfCalls]
    """Who is named in a job's metadata, as `agent`, `agent_id` or `agent_name`."""
    by_intent: list[PartOfCalls]


class Coverage(BaseModel):
    """How much of the speech that was found has words."""

    speech_seconds: float
    """Of all channels."""
    worded_seconds: float
    share: float | None
    """Part of the speech that has words, from 0 to 1; null where nobody speaks."""
    channels: list[ChannelCoverage]
    holes: list[Hole]
    dropped: list[Dropped]


class Evaluation(BaseModel):
    """What came of a scorecard in one job."""

    id: str
    job_id: str
    scorecard_id: str
    revision: int
    name: str
    """The scorecard's, at that time."""
    score: float | None
    """From 0 to 100, people's answers in it; null: nothing was answered."""
    machine_score: float | None
    """As the machine alone has it."""
    failed_by: list[str]
    """Ids of the questions that fail the whole call."""
    is_disputed: bool
    made_at: AwareDatetime
    made_by: str
    """`embedded`, or the name of the language model that answered."""
    sections: list[SectionResult]
    reviews: list[Review]
    """In order."""


class EvaluationPage(BaseModel):
    """Evaluations, newest first."""

    data: list[Evaluation]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class Evaluations(BaseModel):
    """Every evaluation of a job, oldest first."""

    data: list[Evaluation]


class Job(BaseModel):
    """One recording on its way to a transcript."""

    id: str
    api: str
    """The API that made it; `native` is this one."""
    state: Literal["awaiting_media", "queued", "running", "succeeded", "failed", "cancelled"] | str
    """`succeeded`, `failed` and `cancelled` are final."""
    stage: Literal["fetch", "decode", "detect", "model", "recognize", "diarize", "analyse"] | str | None
    """What is being done; null unless `running`."""
    percent: float
    """Part of the work done, from 0 to 100; it never steps back."""
    eta_seconds: float | None
    """Seconds until it ends at the pace it has kept so far; null until there is a pace."""
    language: str
    """`auto` until it has been found out."""
    languages: list[str]
    hotwords: list[str]
    speakers: int | None
    multichannel: bool
    punctuation: bool
    features: list[str]
    scorecard_id: str | None
    agent_channel: int | None
    keep: Literal["original", "small", "nothing"] | str
    priority: int
    filename: str | None
    source_url: str | None
    recording_id: str | None
    """Null until the recording is here, and after it has gone."""
    duration: float | None
    """Seconds of the recording; null until decoded."""
    error: JobError | None
    """Null unless `failed`."""
    warnings: list[str]
    """What to know before trusting the transcript, one sentence each."""
    upload: UploadLink | None
    """Where to send the recording; null unless `awaiting_media` and the key may write."""
    metadata: dict[str, Any]
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None


class JobBatch(BaseModel):
    """The jobs of a batch, in the order in which they were asked for."""

    data: list[Job]


class JobPage(BaseModel):
    """Jobs, newest first."""

    data: list[Job]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class Snippet(BaseModel):
    """A stretch of one utterance in which something was found."""

    utterance: int
    """Place of the utterance in the transcript, from 0."""
    speaker: int | None
    """Number of the voice, as in the transcript."""
    start: float
    """Seconds since the recording began."""
    end: float
    parts: list[SnippetPart]
    """To be read one after another, with spaces between."""


class Usage(BaseModel):
    """What was transcribed."""

    data: list[UsageOfDay]
    """By day and API; days without any are absent."""
    jobs: int
    seconds: float
    seconds_left: float | None
    """Seconds that may still be transcribed; null: without limit."""


class Utterance(BaseModel):
    """What one speaker says without a long pause."""

    start: float
    end: float
    speaker: int | None
    """Number of the voice, from 1 in order of first appearance; null where voices were not told apart."""
    channel: int
    """From 0."""
    text: str
    words: list[Word]


class SearchHit(BaseModel):
    """A call in which something was found."""

    job_id: str
    created_at: AwareDatetime
    language: str
    agent: str | None
    filename: str | None
    duration: float | None
    score: float
    """How well it fits, in comparison with others of the same search."""
    snippets: list[Snippet]
    """Three at most, in the transcript's order."""


class SearchResults(BaseModel):
    """Calls, those that fit best first, of equals the newest."""

    data: list[SearchHit]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


class Transcript(BaseModel):
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
    coverage: Coverage | None
    """Null in transcripts of older days."""
    hotwords: list[Hotword]
    """The terms of the job and of the account, and how often each was written."""
    title: str | None
    """Null unless the feature `summary` was asked for."""
    summary: str | None
    """Null unless the feature `summary` was asked for."""
