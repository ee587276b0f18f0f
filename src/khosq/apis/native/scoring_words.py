"""Scorecards and evaluations in the core's words and in those of our API."""

from __future__ import annotations

from dataclasses import asdict, replace

from khosq.apis.native.wire import scorecards as wire
from khosq.scorecards.calibration import Calibration
from khosq.scorecards.review import KeptEvaluation, Review
from khosq.scorecards.scorecard import KeptScorecard, ScorecardRevision
from khosq.scorecards.written import Answer, Quote, plain_scorecard


def from_scorecard(kept: KeptScorecard) -> wire.ScorecardEntry:
    """Return a scorecard without what it asks."""
    return wire.ScorecardEntry(
        id=kept.id,
        name=kept.name,
        newest_revision=kept.newest,
        published_revision=kept.published,
        created_at=kept.created_at,
        archived_at=kept.archived_at,
    )


def from_revision(revision: ScorecardRevision) -> wire.ScorecardRevision:
    """Return a revision with what it asks."""
    return wire.ScorecardRevision(
        scorecard_id=revision.scorecard_id,
        number=revision.number,
        state=revision.state.value,
        definition=plain_scorecard(revision.definition),
        created_at=revision.created_at,
        created_by=revision.created_by,
        published_at=revision.published_at,
        used_at=revision.used_at,
    )


def from_evaluation(kept: KeptEvaluation) -> wire.Evaluation:
    """Return an evaluation with the machine's answers, and what people said to them."""
    counting, overrides = kept.evaluation, kept.overrides
    sections = []
    for machine, counted in zip(kept.machine.sections, counting.sections, strict=True):
        answers = [_answer(answer, overrides.get(answer.id)) for answer in machine.answers]
        score = None if counted.worth is None else round(100 * counted.worth, 2)
        sections.append(wire.SectionResult(name=machine.name, weight=machine.weight, score=score, answers=answers))
    return wire.Evaluation(
        id=kept.id,
        job_id=kept.job_id,
        scorecard_id=kept.scorecard_id,
        revision=kept.revision,
        name=kept.machine.name,
        score=counting.score,
        machine_score=kept.machine.score,
        failed_by=list(counting.failed_by),
        is_disputed=kept.is_disputed,
        made_at=kept.made_at,
        made_by=kept.machine.made_by,
        sections=sections,
        reviews=[_review(review) for review in kept.reviews],
    )


def from_calibration(found: Calibration) -> wire.Calibration:
    """Return how far machine and people agree."""
    return wire.Calibration.model_validate(asdict(found))


def _answer(machine: Answer, said: Review | None) -> wire.QuestionAnswer:
    return wire.QuestionAnswer(
        question_id=machine.id,
        question=machine.text,
        method=machine.method,
        weight=machine.weight,
        automatic_fail=machine.automatic_fail,
        answer=machine.word,
        points=machine.points,
        most_points=machine.most_points,
        reason=machine.reason,
        evidence=None if machine.evidence is None else _evidence(machine.evidence),
        measured=machine.measured,
        made_by=machine.made_by,
        note=machine.note,
        override=None if said is None else _override(machine, said),
    )


def _evidence(quote: Quote) -> wire.Evidence:
    return wire.Evidence(
        text=quote.text,
        start=quote.time.start,
        end=quote.time.end,
        speaker=None if quote.voice is None else quote.voice + 1,
        likeness=quote.likeness,
    )


def _override(machine: Answer, said: Review) -> wire.PersonsAnswer:
    answered = replace(machine, worth=said.worth)
    return wire.PersonsAnswer(
        answer=answered.word,
        points=answered.points,
        reason=said.text,
        reviewer=said.by.name,
        key_id=said.by.key_id,
        at=said.at,
    )


def _review(review: Review) -> wire.Review:
    return wire.Review(
        number=review.number,
        kind=review.kind.value,
        at=review.at,
        reviewer=review.by.name,
        key_id=review.by.key_id,
        text=review.text,
        question_id=review.question_id,
        worth=review.worth,
    )
