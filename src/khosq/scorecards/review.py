"""What people say to an evaluation; each word is kept, and the machine's answers stay as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from khosq.analysis.scorecards.evaluation import Answer, Evaluation


class ReviewKind(StrEnum):
    """What a person did."""

    OVERRIDE = "override"
    """Answered a question, perhaps as the machine did."""
    WITHDRAW = "withdraw"
    """Took an own answer back: the machine's counts again."""
    CONFIRM = "confirm"
    """Agreed with every answer of the machine that nobody had overridden."""
    DISPUTE = "dispute"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who speaks."""

    key_id: str
    """Of the key that was used."""
    name: str = ""
    """As the person calls themselves."""


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that a person did, never changed."""

    number: int
    """From 1, within its evaluation."""
    kind: ReviewKind
    at: datetime
    by: Reviewer
    text: str = ""
    """Why."""
    question_id: str | None = None
    worth: float | None = None
    """From 0 to 1; of an override None means not applicable."""


@dataclass(frozen=True, slots=True)
class KeptEvaluation:
    """An evaluation of a job, and what people said to it."""

    id: str
    tenant_id: str
    job_id: str
    scorecard_id: str
    revision: int
    made_at: datetime
    machine: Evaluation
    """As the machine answered."""
    reviews: tuple[Review, ...] = ()
    """In order."""

    @property
    def created_at(self) -> datetime:
        """By which evaluations are listed."""
        return self.made_at

    @property
    def overrides(self) -> Mapping[str, Review]:
        """The person's answer that counts, by question."""
        counting: dict[str, Review] = {}
        for review in self.reviews:
            if review.kind is ReviewKind.OVERRIDE and review.question_id is not None:
                counting[review.question_id] = review
            elif review.kind is ReviewKind.WITHDRAW and review.question_id is not None:
                counting.pop(review.question_id, None)
        return counting

    @property
    def evaluation(self) -> Evaluation:
        """With people's answers in the place of the machine's."""
        overrides = self.overrides

        def answered(answer: Answer) -> Answer:
            said = overrides.get(answer.id)
            return answer if said is None else replace(answer, worth=said.worth)

        return self.machine.with_answers(answered)

    @property
    def is_confirmed(self) -> bool:
        """A person looked at every answer."""
        return any(review.kind is ReviewKind.CONFIRM for review in self.reviews)

    @property
    def is_disputed(self) -> bool:
        """Somebody disagrees and nobody has settled it yet."""
        last = [one.kind for one in self.reviews if one.kind in {ReviewKind.DISPUTE, ReviewKind.RESOLVE}][-1:]
        return last == [ReviewKind.DISPUTE]
