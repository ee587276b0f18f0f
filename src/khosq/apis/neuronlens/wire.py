"""NeuronLens' JSON, in NeuronLens' spelling."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

Feature = Literal["transcription", "summary", "sentiment", "intent", "qa_scoring"]
Status = Literal["pending", "processing", "completed", "failed"]
Event = Literal["*", "transcription.completed", "transcription.failed"]

_METADATA = "Echoed unchanged in every answer and webhook."


class CreateTranscription(BaseModel):
    """Body of ``POST /transcription``."""

    model_config = ConfigDict(extra="ignore")

    audio_url: StrictStr = Field(description="Public or pre-signed `http` or `https` link; fetched when work begins.")
    language: StrictStr = Field(description="BCP 47 tag, such as `hi-IN`.")
    speakers: StrictInt = Field(default=2, ge=1, le=10, description="Expected number of speakers.")
    features: list[Feature] = Field(default=["transcription"], description="`transcription` is always included.")
    qa_scorecard_id: StrictStr | None = Field(default=None, description="Required when `features` has `qa_scoring`.")
    metadata: dict[Any, Any] = Field(default_factory=dict, description=_METADATA)


class Submitted(BaseModel):
    """Answer of ``POST /transcription``."""

    job_id: str
    status: Literal["pending"]
    metadata: dict[str, Any] = Field(description=_METADATA)
    created_at: str = Field(description="ISO 8601, UTC.")


class SpokenWord(BaseModel):
    """One word of a segment."""

    word: str
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")
    confidence: float | None = Field(description="0 to 1; null where the engine gives none.")


class Segment(BaseModel):
    """What one speaker says without a long pause."""

    speaker: str | None = Field(
        description="`agent` and `customer` where there are two, else `speaker_1` …; null where nobody told them apart."
    )
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")
    text: str
    confidence: float | None = Field(description="0 to 1, the mean of its words'.")
    words: list[SpokenWord]


class Sentiment(BaseModel):
    """How the call felt."""

    overall: float = Field(ge=-1, le=1)
    label: Literal["positive", "neutral", "negative"]
    by_speaker: dict[str, float]


class Evidence(BaseModel):
    """What was said that shows it."""

    text: str
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")


class QaParameter(BaseModel):
    """The answer to one question of the scorecard."""

    name: str
    method: Literal["binary", "scale", "keyword", "metric"]
    weight: int = Field(ge=1, le=10)
    score: float | None = Field(description="From 0 to `max_score`; null where the question does not apply.")
    max_score: int = Field(description="10 on a scale, else 1.")
    explanation: str
    evidence: Evidence | None


class QaResult(BaseModel):
    """What came of the scorecard."""

    scorecard_id: str
    score: float | None = Field(description="0 to 100; null where no question applies.")
    parameters: list[QaParameter]


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str


class TranscriptionJob(BaseModel):
    """Answer of ``GET /transcription/{job_id}``."""

    job_id: str
    status: Status
    language: str = Field(description="BCP 47 tag of what was asked for.")
    duration_seconds: float | None = Field(description="Null until decoded.")
    transcript: list[Segment] | None = Field(default=None, description="Only when `completed`.")
    summary: str | None = Field(description="Null unless asked for and `completed`.")
    sentiment: Sentiment | None = Field(default=None, description="Only when asked for; null until computed.")
    intent: str | None = Field(description="Null unless asked for and computed.")
    qa_result: QaResult | None = Field(
        default=None, description="Only when `qa_scoring` was asked for; null until computed."
    )
    metadata: dict[str, Any] = Field(description=_METADATA)
    error: JobError | None = Field(description="Null unless `failed`.")
    created_at: str = Field(description="ISO 8601, UTC.")
    completed_at: str | None = Field(description="ISO 8601, UTC; null while in progress.")


class CreateWebhook(BaseModel):
    """Body of ``POST /webhooks``."""

    model_config = ConfigDict(extra="ignore")

    url: StrictStr = Field(description="HTTPS address of the receiver.")
    events: list[Event] = Field(min_length=1, description='`["*"]` is all.')
    secret: StrictStr = Field(default="", max_length=256, description="Signs each delivery.")


class LastDelivery(BaseModel):
    """How the newest delivery to a receiver stands."""

    event: str
    status: Literal["pending", "delivered", "failed", "skipped"]
    status_code: int | None = Field(description="What the receiver answered to the last try.")
    error: str | None = Field(description="Why it did not answer.")
    attempted_at: str | None


class Webhook(BaseModel):
    """A receiver; its secret is never shown."""

    id: str
    url: str
    events: list[str]
    active: bool = Field(description="False: nothing is sent.")
    created_at: str
    last_delivery: LastDelivery | None


class WebhookList(BaseModel):
    """Answer of ``GET /webhooks``."""

    data: list[Webhook]
    total: int
    limit: int
    offset: int


class StatusCounts(BaseModel):
    """How many calls stand where."""

    pending: int
    processing: int
    completed: int
    failed: int


class CallsOfDay(BaseModel):
    """The calls submitted on one day."""

    date: date
    """In UTC."""
    total_calls: int
    total_duration_seconds: float
    by_status: StatusCounts


_SCORE = "Mean of the scorecards' totals, 0 to 100; null where no call was scored."
_SENTIMENT = "Mean, −1 to 1; null where none was asked for."


class CallsOfAgent(BaseModel):
    """The ended calls of one agent."""

    agent: str = Field(description="As `metadata` names them: `agent`, `agent_id` or `agent_name`.")
    total_calls: int
    total_duration_seconds: float
    average_score: float | None
    average_sentiment: float | None


class CallsOfIntent(BaseModel):
    """The ended calls with one intent."""

    intent: str
    total_calls: int
    total_duration_seconds: float
    average_score: float | None
    average_sentiment: float | None


class CallAnalytics(BaseModel):
    """Answer of ``GET /analytics/calls``."""

    from_: str = Field(alias="from")
    to: str = Field(description="Not included.")
    total_calls: int
    total_duration_seconds: float = Field(description="Of the completed calls.")
    by_status: StatusCounts
    average_score: float | None = Field(description=_SCORE)
    average_sentiment: float | None = Field(description=_SENTIMENT)
    by_day: list[CallsOfDay] = Field(description="Days without calls are left out.")
    by_agent: list[CallsOfAgent] = Field(description="The 1,000 with the most calls, these first.")
    by_intent: list[CallsOfIntent] = Field(description="The 1,000 with the most calls, these first.")


class Fault(BaseModel):
    """What is wrong."""

    code: str
    message: str
    param: str | None = Field(default=None, description="The field that is wrong, where it is one.")


class Refusal(BaseModel):
    """Every answer that is not 2xx."""

    error: Fault
