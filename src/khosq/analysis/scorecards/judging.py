"""What a language model is asked of a scorecard, and what it answers. The answers are checked when they are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import Question, Scorecard


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer, as it was given."""

    answer: bool | float | None
    """To a binary question yes or no, to one on a scale 0 to 10; None: the question does not apply to this call."""
    reason: str
    """A short sentence in English."""
    quote: str | None = None
    """The words of the call that show it; an answer in favour that shows none is not believed."""


class Judge(Protocol):
    """Answers questions about a call by understanding it."""

    async def judge(self, call: Call, questions: Sequence[Question]) -> Mapping[str, Judged]:
        """Return what could be answered, by the questions' ids."""
        ...


def questions_to_judge(scorecard: Scorecard) -> tuple[Question, ...]:
    """Return what a language model may answer; all else is counted and looked up."""
    return tuple(question for question in scorecard.questions if question.method in {"binary", "scale"})
