"""What came of a scorecard in one call: each answer with its reason and evidence, and one figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from khosq.analysis.scorecards.definition import FULL_MARKS, Method
from khosq.transcript.quotes import Quote

EMBEDDED = "embedded"
"""What answers without asking anybody."""


def worth_of(method: Method, given: bool | float | None) -> tuple[float | None, bool]:  # noqa: FBT001 - an answer
    """Return what somebody's answer to a question is worth, from 0 to 1, and whether it is an answer to it at all."""
    if given is None:
        return None, True
    if method == "scale":
        is_answer = not isinstance(given, bool) and 0 <= given <= FULL_MARKS
        return (given / FULL_MARKS, True) if is_answer else (None, False)
    return float(given is True), isinstance(given, bool)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question."""

    id: str
    """The question's."""
    text: str
    """The question."""
    method: Method
    weight: int
    automatic_fail: bool
    worth: float | None
    """From 0 to 1; None: not applicable."""
    reason: str
    """A short sentence in English."""
    evidence: Quote | None = None
    """What was said, and when; where a phrase is missing, how the part begins in which it should have been said."""
    measured: float | None = None
    """The measure that a metric question is about."""
    made_by: str = EMBEDDED
    """``EMBEDDED``, or the name of the language model that answered."""
    note: str | None = None
    """Why the embedded answer stands though a language model was asked."""

    @property
    def most_points(self) -> int:
        """Points of the best answer."""
        return FULL_MARKS if self.method == "scale" else 1

    @property
    def points(self) -> float | None:
        """From 0 to ``most_points``; None: not applicable."""
        return None if self.worth is None else round(self.worth * self.most_points, 3)

    @property
    def word(self) -> str:
        """``yes``, ``no`` or ``n/a``; on a scale the points."""
        if self.points is None:
            return "n/a"
        return f"{self.points:g}" if self.method == "scale" else ("yes" if self.worth else "no")

    @property
    def fails_all(self) -> bool:
        """The whole score is 0 for it."""
        return self.automatic_fail and self.worth == 0


@dataclass(frozen=True, slots=True)
class SectionResult:
    """The answers of one section."""

    name: str
    weight: int
    answers: tuple[Answer, ...]

    @property
    def worth(self) -> float | None:
        """From 0 to 1 over what was answered; None: nothing was."""
        answered = [(answer.weight, answer.worth) for answer in self.answers if answer.worth is not None]
        return _mean(answered)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that came of a scorecard in one call."""

    name: str
    """The scorecard's."""
    sections: tuple[SectionResult, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every answer, in order."""
        return tuple(answer for section in self.sections for answer in section.answers)

    @property
    def made_by(self) -> str:
        """The language model that answered anything, else ``EMBEDDED``."""
        return next((answer.made_by for answer in self.answers if answer.made_by != EMBEDDED), EMBEDDED)

    @property
    def score(self) -> float | None:
        """From 0 to 100: the weighted mean of the sections; 0 after an automatic fail; None: nothing was answered."""
        if self.failed_by:
            return 0.0
        worth = _mean((section.weight, section.worth) for section in self.sections if section.worth is not None)
        return None if worth is None else round(100 * worth, 2)

    @property
    def failed_by(self) -> tuple[str, ...]:
        """Ids of the questions that fail the whole call."""
        return tuple(answer.id for answer in self.answers if answer.fails_all)

    def with_answers(self, change: Callable[[Answer], Answer]) -> Evaluation:
        """Return the same evaluation, each answer changed."""
        sections = (replace(one, answers=tuple(map(change, one.answers))) for one in self.sections)
        return replace(self, sections=tuple(sections))

    def to_json(self) -> dict[str, Any]:
        """Return the stored form; what follows from the rest is told too, for readers."""
        return {
            "name": self.name,
            "score": self.score,
            "failed_by": list(self.failed_by),
            "sections": list(_sections_to_json(self.sections)),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Evaluation:
        """Read the stored form."""
        return cls(stored["name"], tuple(_section_from_json(section) for section in stored["sections"]))


def _mean(weighed: Iterable[tuple[int, float]]) -> float | None:
    pairs = list(weighed)
    total = sum(weight for weight, _ in pairs)
    return sum(weight * worth for weight, worth in pairs) / total if total else None


def _sections_to_json(sections: Iterable[SectionResult]) -> Iterator[dict[str, Any]]:
    for section in sections:
        score = None if section.worth is None else round(100 * section.worth, 2)
        answers = [_answer_to_json(answer) for answer in section.answers]
        yield {"name": section.name, "weight": section.weight, "score": score, "answers": answers}


def _answer_to_json(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "text": answer.text,
        "method": answer.method,
        "weight": answer.weight,
        "automatic_fail": answer.automatic_fail,
        "answer": answer.word,
        "worth": answer.worth,
        "points": answer.points,
        "most_points": answer.most_points,
        "reason": answer.reason,
        "evidence": None if answer.evidence is None else answer.evidence.to_json(),
        "measured": answer.measured,
        "made_by": answer.made_by,
        "note": answer.note,
    }


_DERIVED = frozenset({"answer", "points", "most_points"})


def _section_from_json(stored: Mapping[str, Any]) -> SectionResult:
    return SectionResult(stored["name"], stored["weight"], tuple(map(_answer_from_json, stored["answers"])))


def _answer_from_json(stored: Mapping[str, Any]) -> Answer:
    evidence = None if stored["evidence"] is None else Quote.from_json(stored["evidence"])
    kept = {name: value for name, value in stored.items() if name not in _DERIVED}
    return Answer(**kept | {"evidence": evidence})
