"""Who makes a finding: the operator's language model where it can, else the embedded feature, and then says why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from khosq import registry
from khosq.analysis import FEATURES
from khosq.analysis.feature import Call, Feature, Preferences
from khosq.analysis.scorecards.definition import Scorecard
from khosq.analysis.scorecards.evaluation import EMBEDDED
from khosq.analysis.scorecards.judging import Judge, questions_to_judge
from khosq.analysis.scorecards.scoring import Measures, evaluate
from khosq.analyst.asking import Asker, Budget, Drawn
from khosq.analyst.judging import ModelJudge
from khosq.analyst.model import LanguageModel, NoAnswer
from khosq.errors import KhosqError

ANSWERS = {
    "action_items": "khosq.analyst.answers.action_items:draw",
    "intent": "khosq.analyst.answers.intent:draw",
    "key_phrases": "khosq.analyst.answers.key_phrases:draw",
    "sentiment": "khosq.analyst.answers.sentiment:draw",
    "summary": "khosq.analyst.answers.summary:draw",
}
"""What a language model can find; everything else is counted and looked up."""

T = TypeVar("T")
Draw = Callable[[Asker, Preferences], Awaitable[Drawn]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a call, by whom."""

    value: dict[str, Any]
    """The stored form, the same whoever found it."""
    made_by: str = EMBEDDED
    """``EMBEDDED``, or the name of the language model that answered."""
    note: str | None = None
    """Why the embedded path answered though a language model was to, or what was left out of its answer."""


class Analyst:
    """Makes findings. Without a language model it costs nothing but the embedded features."""

    def __init__(self, model: LanguageModel | None, budget: Budget) -> None:
        self._model = model
        self._budget = budget

    async def find(self, name: str, call: Call, preferences: Preferences, *, tenant_id: str) -> Found:
        """Return what a feature finds in a call.

        Args:
            name: the feature's, as registered.
            call: what is known of the recording.
            preferences: what the tenant chose.
            tenant_id: who pays the language model's tokens.

        Raises:
            ModelMissing: there is no such feature.

        """
        note = None
        if self._model is not None and name in ANSWERS and _has_words(call):
            draw: Draw = registry.load(name, ANSWERS, "khosq.answers")
            try:
                asker = Asker(self._model, self._budget, tenant_id, call)
                drawn = await _within(self._model.patience, draw(asker, preferences))
                return Found(drawn.value, self._model.name, drawn.note)
            except KhosqError as error:
                note = _told(name, error)
        feature: Feature = registry.load(name, FEATURES, "khosq.features")
        found = await asyncio.to_thread(feature, call, preferences)
        return Found(found.to_json(), note=note)

    async def score(self, call: Call, scorecard: Scorecard, measures: Measures, *, tenant_id: str) -> Found:
        """Return the evaluation of a call by a scorecard."""
        questions, note = questions_to_judge(scorecard), None
        answered = partial(evaluate, call, scorecard, measures)
        if self._model is not None and questions and _has_words(call):
            try:
                judge: Judge = ModelJudge(self._model, self._budget, tenant_id)
                judged = await _within(self._model.patience, judge.judge(call, questions))
            except KhosqError as error:
                judged, note = {}, _told("scorecard", error)
            answered = partial(answered, judged, judge=self._model.name)
        evaluation = await asyncio.to_thread(answered)
        return Found(evaluation.to_json(), evaluation.made_by, note)


async def _within(seconds: float, answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as error:
        raise NoAnswer(f"The language model took more than {seconds:g} seconds for all its questions.") from error


def _has_words(call: Call) -> bool:
    return any(utterance.words for utterance in call.transcript.utterances)


def _told(name: str, error: KhosqError) -> str:
    log.warning("language model of no use", action="language_model_failed", finding=name, reason=error.message)
    return error.message
