"""Scorecards, evaluations and reviews, as our API tells of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from khosq.apis.native.wire.model import Answer, Page, Paged, Query, Request
from khosq.scorecards.written import Method, Section

_Why = Annotated[str, Field(min_length=1, max_length=2000)]
_Who = Annotated[str, Field(max_length=200)]


class WriteScorecard(Request):
    """What a scorecard asks."""

    name: str = Field(min_length=1, max_length=200)
    sections: tuple[Section, ...] = Field(strict=False)
    """Each with a question at least; ids of questions are unique in the scorecard."""
    description: str = Field(default="", max_length=2000)


class ScorecardEntry(Answer):
    """A scorecard, without what it asks."""

    id: str
    """Other APIs take it as `checklistId` and as `qa_scorecard_id`."""
    name: str
    newest_revision: int
    published_revision: int | None = None
    """Scores new calls; null: none does yet."""
    created_at: AwareDatetime
    archived_at: AwareDatetime | None = None
    """From then on it scores nothing."""


class ScorecardPage(Page[ScorecardEntry]):
    """Scorecards, newest first."""


class ScorecardRevision(Answer):
    """One wording of a scorecard."""

    scorecard_id: str
    number: int
    """From 1."""
    state: Literal["draft", "published", "archived"]
    """A draft may be changed; what was published never changes."""
    definition: dict[str, Any]
    """What it asks, as it is written, without what is by default."""
    created_at: AwareDatetime
    created_by: str | None = None
    """Id of the key; null: it came from the command line."""
    published_at: AwareDatetime | None = None
    used_at: AwareDatetime | None = None
    """When it was first asked for."""


class ScorecardRevisions(Answer):
    """Every revision, oldest first."""

    data: list[ScorecardRevision]


class Evidence(Answer):
    """What was said, and when."""

    text: str
    start: float
    """Seconds since the recording began."""
    end: float
    speaker: int | None = None
    """Number of the voice, as in the transcript."""
    likeness: float
    """1: the phrase was said just so; less: nearly so."""


class PersonsAnswer(Answer):
    """What a person answered in the machine's place."""

    answer: str
    points: float | None = None
    reason: str
    reviewer: str
    key_id: str
    at: AwareDatetime


class QuestionAnswer(Answer):
    """The machine's answer to one question, and the person's."""

    question_id: str
    question: str
    method: Method
    weight: int
    automatic_fail: bool
    answer: str
    """`yes`, `no` or `n/a`; on a scale the points."""
    points: float | None = None
    """Null: not applicable."""
    most_points: int
    """10 on a scale, else 1."""
    reason: str
    """A short sentence in English."""
    evidence: Evidence | None = None
    """Where a phrase is missing: how the part begins in which it should have been said."""
    measured: float | None = None
    """The measure, of a metric question."""
    made_by: str
    """`embedded`, or the name of the language model that answered."""
    note: str | None = None
    """Why the embedded answer stands though a language model was asked."""
    override: PersonsAnswer | None = None
    """Counts instead."""


class SectionResult(Answer):
    """The answers of one section."""

    name: str
    weight: int
    score: float | None = None
    """From 0 to 100, over what was answered."""
    answers: list[QuestionAnswer]


class Review(Answer):
    """One thing that a person did; it never changes."""

    number: int
    kind: Literal["override", "withdraw", "confirm", "dispute", "resolve"]
    at: AwareDatetime
    reviewer: str
    key_id: str
    text: str
    question_id: str | None = None
    worth: float | None = None
    """Of an override, from 0 to 1; null: not applicable."""


class Evaluation(Answer):
    """What came of a scorecard in one job."""

    id: str
    job_id: str
    scorecard_id: str
    revision: int
    name: str
    """The scorecard's, at that time."""
    score: float | None = None
    """From 0 to 100, people's answers in it; null: nothing was answered."""
    machine_score: float | None = None
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


class Evaluations(Answer):
    """Every evaluation of a job, oldest first."""

    data: list[Evaluation]


class EvaluationPage(Page[Evaluation]):
    """Evaluations, newest first."""


class Agreement(Answer):
    """How far machine and people agree; null where that cannot be said."""

    count: int
    """Answers that both gave."""
    agreement: float | None = None
    """Share of equal answers; on a scale, of those that are equal as whole points."""
    kappa: float | None = None
    """Cohen's, of answers that are yes, no or n/a; null where both always say the same."""
    mean_difference: float | None = None
    """Points of a scale."""


class Calibration(Answer):
    """How far machine and people agree about a scorecard."""

    evaluations: int
    """That a person answered or confirmed; the newest 1000 count."""
    overall: Agreement
    questions: dict[str, Agreement]
    """By question."""
    score_difference: float | None = None
    """By which people change a score on average, in points of 100."""


class OverrideAnswer(Request):
    """A person's answer, perhaps the machine's."""

    answer: bool | float | None
    """True or false; on a scale 0 to 10; null: not applicable."""
    reason: _Why
    reviewer: _Who = ""
    """Who says so."""


class Why(Request):
    """What a person says to an evaluation."""

    text: _Why
    reviewer: _Who = ""


class Confirm(Request):
    """A person agrees with every answer that nobody overrides."""

    text: str = Field(default="", max_length=2000)
    reviewer: _Who = ""


class WithdrawQuery(Query):
    """Why an answer is taken back."""

    reason: str = Field(default="", max_length=2000)
    reviewer: _Who = ""


class PublishQuery(Query):
    """Whether a scorecard is to score calls."""

    publish: bool = True
    """False: it stays a draft."""


class ScorecardsQuery(Paged):
    """Which scorecards."""

    archived: bool = False
    """Archived ones too."""


class RevisionQuery(Query):
    """Which revision."""

    revision: int | None = Field(default=None, ge=1, le=1_000_000)


class EvaluationsQuery(Paged):
    """Which evaluations."""

    disputed: bool | None = None
    """Only those that are in dispute, or only those that are not."""
