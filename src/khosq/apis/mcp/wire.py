"""What the tools take and give."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from khosq.search.query import LONGEST_QUERY


class Taken(BaseModel):
    """Arguments of a tool."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Given(BaseModel):
    """What a tool returns."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class SearchCalls(Taken):
    """What is looked for."""

    query: str = Field(max_length=LONGEST_QUERY)
    """Words that were said, in the call's language: `refund please` (both), `"call me back"` (in a row), `cancel*`,
    `refund OR return`, `-later` (not said)."""
    language: str | None = Field(default=None, max_length=35)
    """BCP 47 tag; `hy` stands for `hy-AM` too."""
    agent: str | None = Field(default=None, max_length=100)
    """Name or number of the agent."""
    speaker: Literal["agent", "customer"] | None = None
    """Whose words; null: anybody's."""
    begun_from: AwareDatetime | None = None
    """Calls sent in then or later, such as 2030-01-31T09:00:00Z."""
    begun_before: AwareDatetime | None = None
    limit: int = Field(default=10, ge=1, le=50)
    cursor: str | None = Field(default=None, max_length=40)
    """`next_cursor` of the page before."""


class Citation(Given):
    """Something that was said, and where to hear it."""

    id: str
    """Of the utterance, in its call."""
    speaker: str | None
    start: float
    """Seconds since the recording began."""
    end: float
    text: str
    link: str
    """The page of the call."""


class FoundCall(Given):
    """A call in which something was found."""

    job_id: str
    created_at: AwareDatetime
    language: str
    agent: str | None
    filename: str | None
    duration: float | None
    link: str
    quotes: list[Citation]
    """What was found, `**between stars**`, with words around it."""


class FoundCalls(Given):
    """Calls, those that fit best first."""

    calls: list[FoundCall]
    next_cursor: str | None


class FetchTranscript(Taken):
    """Which call, and which part of it."""

    job_id: str = Field(max_length=40)
    first: int = Field(default=0, ge=0)
    """Place of the first utterance, from 0."""
    limit: int = Field(default=200, ge=1, le=1000)
    """How many utterances at most."""


class FetchedTranscript(Given):
    """What was said in a call."""

    job_id: str
    created_at: AwareDatetime
    language: str
    duration: float
    filename: str | None
    title: str | None
    summary: str | None
    warnings: list[str]
    """What must be known before this text is trusted."""
    link: str
    utterances: list[Citation]
    next: int | None
    """`first` of the next part; null: this is the last one."""


class ListScorecards(Taken):
    """Which part of the list."""

    limit: int = Field(default=50, ge=1, le=100)


class Scorecard(Given):
    """A scorecard by which calls are scored."""

    id: str
    name: str
    can_score: bool
    """A revision of it is published."""


class Scorecards(Given):
    """Scorecards, newest first."""

    scorecards: list[Scorecard]


class ScoreCall(Taken):
    """Which call, by which scorecard."""

    job_id: str = Field(max_length=40)
    scorecard_id: str = Field(max_length=40)


class OpenedRun(Given):
    """The call is being scored."""

    run_id: str
    job_id: str
    scorecard_id: str
    next: str
    """What to do now."""


class GetScores(Taken):
    """Of which call."""

    job_id: str = Field(max_length=40)


class ScoredAnswer(Given):
    """What came of one question."""

    question: str
    answer: str
    reason: str
    quote: str | None
    start: float | None
    """Seconds since the recording began."""


class Score(Given):
    """What came of a scorecard in a call."""

    scorecard_id: str
    name: str
    score: float | None
    """From 0 to 100; null: nothing was answered."""
    failed_by: list[str]
    """Ids of the questions that fail the whole call."""
    made_at: AwareDatetime
    answers: list[ScoredAnswer]


class Scores(Given):
    """Every score of a call, oldest first."""

    job_id: str
    scores: list[Score]
