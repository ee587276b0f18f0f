"""A language model as the judge of a scorecard's questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Strict, create_model

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import FULL_MARKS, Question
from khosq.analysis.scorecards.evaluation import worth_of
from khosq.analysis.scorecards.judging import Judged
from khosq.analyst.asking import Answer, Asker, Budget, Task, Whole, Wrong, one_of
from khosq.analyst.model import LanguageModel
from khosq.analyst.narrowing import choosing
from khosq.analyst.tokens import estimate
from khosq.analyst.wording import shortened, tidy

_ANSWER_TOKENS = 160  # of one question's answer
_LONGEST_REASON = 300  # characters

_TEXT = """\
Answer these questions about the call, each by its id:
{questions}
"answer": true or false to a yes-or-no question; to one on a scale a number from 0 (not at all) to {full} (fully); null
if the question does not apply to this call. "reason": one short sentence in English. "quote": the words that show it,
copied exactly from one voice's line; null if the answer is that something was not said.\
"""


class ModelJudge:
    """Answers for one tenant; a long call is narrowed to the lines that matter for the questions."""

    def __init__(self, model: LanguageModel, budget: Budget, tenant_id: str) -> None:
        self._model = model
        self._budget = budget
        self._tenant_id = tenant_id

    async def judge(self, call: Call, questions: Sequence[Question]) -> Mapping[str, Judged]:
        """Return what could be answered, by the questions' ids.

        Raises:
            NeighbourFailed: the language model gives no answers of use.

        """
        asker = Asker(self._model, self._budget, self._tenant_id, call)
        lines = await asker.lines()
        answers: dict[str, Judged] = {}
        for some in self._batches(questions):
            listed = "\n".join(map(_worded, some))
            task = Task(_TEXT.format(questions=listed, full=FULL_MARKS), _answers_to(some))
            few = await asker.narrowed(lines, task, choosing(asker, f"answer these questions:\n{listed}\n"))
            found: Any = await asker.ask(task, few, _checker(some))
            for one in found.answers:
                reason = shortened(tidy(one.reason), _LONGEST_REASON)
                answers[one.id] = Judged(one.answer, reason, tidy(one.quote or "") or None)
        return answers

    def _batches(self, questions: Sequence[Question]) -> Iterator[list[Question]]:
        """Yield the questions in groups that leave room for the call, and whose answers have room."""
        most = max(1, self._model.context // 4 // _ANSWER_TOKENS)
        batch: list[Question] = []
        size = 0
        for question in questions:
            tokens = estimate(_worded(question))
            if batch and (len(batch) >= most or size + tokens > self._model.context // 5):
                yield batch
                batch, size = [], 0
            batch.append(question)
            size += tokens
        if batch:
            yield batch


def _worded(question: Question) -> str:
    kind = "scale" if question.method == "scale" else "yes or no"
    whose = "" if question.speaker == "any" else f", by the {question.speaker}'s words alone"
    parts = (
        [("first", question.within.first_seconds), ("last", question.within.last_seconds)] if question.within else []
    )
    named = [f"{name} {seconds:g}" for name, seconds in parts if seconds is not None]
    when = f", in the {' or '.join(named)} seconds alone" if named else ""
    guidance = f" ({tidy(question.guidance)})" if question.guidance else ""
    return f"- {question.id} ({kind}{whose}{when}): {tidy(question.text)}{guidance}"


def _answers_to(questions: Sequence[Question]) -> type[Whole]:
    one = create_model(
        "JudgedQuestion",
        __base__=Answer,
        id=(one_of(question.id for question in questions), ...),
        answer=(Annotated[bool, Strict()] | float | None, ...),
        reason=(str, ...),
        quote=(str | None, ...),
    )
    many: Any = list
    return create_model("JudgedQuestions", __base__=Whole, answers=(many[one], ...))


def _checker(questions: Sequence[Question]) -> Any:
    methods = {question.id: question.method for question in questions}

    def check(found: Any) -> None:
        for one in found.answers:
            if not worth_of(methods[one.id], one.answer)[1]:
                wanted = f"a number from 0 to {FULL_MARKS}" if methods[one.id] == "scale" else "true or false"
                raise Wrong(f"The answer to {one.id} is to be {wanted}, or null.")

    return check
