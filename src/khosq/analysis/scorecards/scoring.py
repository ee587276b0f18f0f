"""Answering every question of a scorecard about one call. Same call, same measures, same judgement: same answers."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import FULL_MARKS, UNITS, Question, Scorecard, Threshold
from khosq.analysis.scorecards.evaluation import Answer, Evaluation, SectionResult, worth_of
from khosq.analysis.scorecards.judging import Judged
from khosq.analysis.scorecards.matching import Listener

Measures = Mapping[str, float | None]
"""A call's measures, by metric; those of one party as ``agent.speech_rate`` or ``customer.talk_time``."""

_LONGEST_REASON = 500
_NO_MODEL = "No language model was asked, and the question has no phrases."


def evaluate(
    call: Call,
    scorecard: Scorecard,
    measures: Measures,
    judged: Mapping[str, Judged] | None = None,
    *,
    judge: str = "model",
) -> Evaluation:
    """Return the answers to a scorecard.

    Args:
        call: what is known of the recording.
        scorecard: what is asked.
        measures: what was measured; what is missing or None makes a question about it not applicable.
        judged: what a language model answered, by question; None: none was asked.
        judge: the language model's name.

    """
    examiner = _Examiner(Listener(call), measures, judged, judge)
    return Evaluation(
        scorecard.name,
        tuple(
            SectionResult(section.name, section.weight, tuple(map(examiner.answer, section.questions)))
            for section in scorecard.sections
        ),
    )


@dataclass(frozen=True, slots=True)
class _Examiner:
    """Answers one question after the other."""

    listener: Listener
    measures: Measures
    judged: Mapping[str, Judged] | None
    judge: str

    def answer(self, question: Question) -> Answer:
        if question.metric is not None:
            return self._measured(question, question.metric)
        if why := self.listener.why_not(question):
            return _answer(question, None, why)
        if question.method == "keyword" or self.judged is None:
            return self._embedded(question)
        return self._judged(question, self.judged.get(question.id))

    def _embedded(self, question: Question) -> Answer:
        if question.phrases is None:
            return _answer(question, None, _NO_MODEL)
        match = self.listener.match(question, question.phrases)
        points = round(match.share * FULL_MARKS)
        worth = points / FULL_MARKS if question.method == "scale" else float(match.share == 1)
        return replace(_answer(question, worth, match.reason), evidence=match.evidence)

    def _judged(self, question: Question, judged: Judged | None) -> Answer:
        """Return what the language model says, if it is an answer and its quote was said; else the embedded answer."""
        if judged is None:
            return self._instead(question, "The language model did not answer this question.")
        worth, is_answer = worth_of(question.method, judged.answer)
        if not is_answer:
            return self._instead(question, "The language model's answer fits no such question.")
        quote = self.listener.verify(question, judged.quote) if judged.quote else None
        if quote is None and judged.quote:
            return self._instead(question, "The language model quotes what was not said.")
        if quote is None and worth:
            return self._instead(question, "The language model shows no words for its answer.")
        reason = " ".join(judged.reason.split())[:_LONGEST_REASON] or "The language model gives no reason."
        return replace(_answer(question, worth, reason), evidence=quote, made_by=self.judge)

    def _instead(self, question: Question, note: str) -> Answer:
        answer = self._embedded(question)
        if question.phrases is None:
            answer = replace(answer, reason=f"{note} The question has no phrases that could answer it.")
        return replace(answer, note=note)

    def _measured(self, question: Question, threshold: Threshold) -> Answer:
        name = threshold.name if question.speaker == "any" else f"{question.speaker}.{threshold.name}"
        value = self.measures.get(name)
        if value is None or not math.isfinite(value):
            return _answer(question, None, f"It is not known what {_spelled(question, threshold)} is in this call.")
        broken = [wanted for wanted, holds in _bounds(threshold, value) if not holds]
        wanted = broken[0] if broken else " and ".join(wanted for wanted, _ in _bounds(threshold, value))
        reason = (
            f"{_spelled(question, threshold).capitalize()} is {value:.6g} {UNITS[threshold.name]}; "
            f"it should be {wanted}{'' if broken else ', and is'}."
        )
        return replace(_answer(question, float(not broken), reason), measured=value)


def _answer(question: Question, worth: float | None, reason: str) -> Answer:
    return Answer(question.id, question.text, question.method, question.weight, question.automatic_fail, worth, reason)


def _spelled(question: Question, threshold: Threshold) -> str:
    whose = "" if question.speaker == "any" else f"{question.speaker}'s "
    return f"the {whose}{threshold.name.replace('_', ' ')}"


def _bounds(threshold: Threshold, value: float) -> list[tuple[str, bool]]:
    """Return each bound in words, and whether it holds."""
    bounds = (
        ("less than", threshold.less_than, operator.lt),
        ("at most", threshold.at_most, operator.le),
        ("more than", threshold.more_than, operator.gt),
        ("at least", threshold.at_least, operator.ge),
    )
    return [(f"{words} {bound:g}", holds(value, bound)) for words, bound, holds in bounds if bound is not None]
