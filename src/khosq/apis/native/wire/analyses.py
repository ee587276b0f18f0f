"""What is found in calls, the runs that look again, and what a tenant chose for it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from khosq.apis.native.wire.model import Answer, Moment, Name, Page, Paged, Request
from khosq.tenants import preferences as limits

MOST_NAMED = 1000
"""Jobs that a run may name one by one."""
MOST_FEATURES = 20

FeatureName = Annotated[str, Field(min_length=1, max_length=40)]
Channel = Annotated[int, Field(ge=0, le=limits.LAST_CHANNEL)]
_RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _require_letters(phrase: str) -> str:
    if not any(map(str.isalnum, phrase)):
        raise ValueError("must have a letter or a digit")
    return phrase


class Finding(Answer):
    """What one analysis found in a job, or why it found nothing."""

    name: str
    """A feature's, or `scorecard:ID`."""
    value: dict[str, Any] | None = None
    """Its shape is the feature's; null where the analysis failed."""
    made_by: str
    """`embedded`, or the language model that answered."""
    made_at: AwareDatetime
    note: str | None = None
    """Why `embedded` answered though a language model was to."""
    error: str | None = None
    """Why it failed."""


class Findings(Answer):
    """Everything that was found in a job."""

    data: list[Finding]


class CreateAnalysis(Request):
    """Asks for something to be found in calls that have their transcript: those that are named, or those of a range."""

    features: list[FeatureName] = Field(default_factory=list, max_length=MOST_FEATURES)
    """What to find; see `features` of a job."""
    scorecard_id: str | None = None
    """Score the calls by this scorecard."""
    job_ids: list[str] = Field(default_factory=list, max_length=MOST_NAMED)
    """The calls; without any: all that succeeded and fit the rest."""
    api: Name | None = None
    """Only calls of this API."""
    begun_from: Moment | None = Field(default=None, alias="from")
    """Only calls whose job was made at this moment or later."""
    begun_before: Moment | None = Field(default=None, alias="to")
    """Only calls whose job was made before this moment."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.features and self.scorecard_id is None:
            raise ValueError("give features, or a scorecard_id, or both")
        if self.job_ids and any((self.api, self.begun_from, self.begun_before)):
            raise ValueError("give job_ids, or api, from and to, not both")
        if self.begun_from and self.begun_before and self.begun_from >= self.begun_before:
            raise ValueError("from must be before to")
        return self


class Analysis(Answer):
    """A run over old calls, and how far it has come."""

    id: str
    features: list[str]
    scorecard_id: str | None = None
    jobs: int
    """Calls of the run; one that is deleted leaves it."""
    done: int
    failed: int
    """Of those that are done, calls in which something could not be found; its finding says why."""
    created_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class AnalysisPage(Page[Analysis]):
    """Runs, newest first."""


class AnalysesQuery(Paged):
    """Which runs."""


class Intent(Request):
    """What a customer may want, and how people word it."""

    name: _RuleName
    phrases: list[
        Annotated[str, Field(min_length=1, max_length=limits.LONGEST_PHRASE), AfterValidator(_require_letters)]
    ] = Field(min_length=1, max_length=limits.MOST_PHRASES)
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] | None = None
    """Base language of the phrases, such as `hy`; null: any."""


class RedactionRule(Request):
    """A kind of personal data."""

    name: _RuleName
    pattern: str = Field(min_length=1, max_length=limits.LONGEST_PATTERN)
    """A regular expression in RE2's syntax."""


class WritePreferences(Request):
    """What the account chooses for its analyses."""

    intents: list[Intent] = Field(default_factory=list, max_length=limits.MOST_INTENTS)
    """Beside those that everybody has; with 1,000 phrases at most in all."""
    redact: list[_RuleName] = Field(default_factory=list, max_length=limits.MOST_REDACTION_RULES)
    """Names of the redaction rules in force; none: all."""
    redaction_rules: list[RedactionRule] = Field(default_factory=list, max_length=limits.MOST_REDACTION_RULES)
    agent_channel: Channel | None = None
    """Where the agent speaks in calls whose job does not say so; null: on the first channel, or who talks first."""

    @model_validator(mode="after")
    def _has_not_too_many_phrases(self) -> Self:
        if sum(len(intent.phrases) for intent in self.intents) > limits.MOST_PHRASES_IN_ALL:
            raise ValueError(f"the intents may have {limits.MOST_PHRASES_IN_ALL} phrases at most in all")
        return self


class OwnIntent(Answer):
    """What a customer may want, and how people word it."""

    name: str
    phrases: list[str]
    language: str | None = None


class OwnRedactionRule(Answer):
    """A kind of personal data."""

    name: str
    pattern: str


class Preferences(Answer):
    """What the account chose for its analyses."""

    intents: list[OwnIntent]
    redact: list[str]
    redaction_rules: list[OwnRedactionRule]
    agent_channel: int | None = None
