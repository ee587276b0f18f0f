"""What people do with evaluations: answer themselves, confirm, dispute, resolve; and how far they agree with us."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from khosq.analysis.scorecards.evaluation import worth_of
from khosq.clock import Clock
from khosq.errors import Conflict, Invalid, NotFound
from khosq.identifiers import is_id
from khosq.scorecards.calibration import Calibration, calibrate
from khosq.scorecards.review import KeptEvaluation, Review, Reviewer, ReviewKind
from khosq.scorecards.store import EvaluationStore

MOST_REVIEWS = 1000
"""Of one evaluation."""
MOST_CALIBRATED = 1000
"""Reviewed evaluations, the newest, from which a calibration is made."""


class Reviews:
    """Keeps every word; the machine's answers stay as they were."""

    def __init__(
        self,
        store: EvaluationStore,
        *,
        clock: Clock,
        changed: Callable[[sa.Connection, KeptEvaluation], None] = lambda *_: None,
    ) -> None:
        """Keep what it works with; ``changed`` lets others follow an evaluation, in the transaction that changes it."""
        self._store = store
        self._clock = clock
        self._changed = changed

    def find(self, tenant_id: str, evaluation_id: str) -> KeptEvaluation:
        """Return an evaluation.

        Raises:
            NotFound: unknown, or another tenant's; so do the others.

        """
        found = self._store.find(tenant_id, evaluation_id) if is_id(evaluation_id) else None
        if found is None:
            raise NotFound
        return found

    def of_jobs(self, job_ids: Sequence[str]) -> list[KeptEvaluation]:
        """Return the evaluations of jobs that somebody was allowed to see, oldest first."""
        return self._store.of_jobs(job_ids)

    def of_scorecard(
        self,
        scorecard_id: str,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        is_disputed: bool | None = None,
    ) -> list[KeptEvaluation]:
        """Return the evaluations by a scorecard that somebody was allowed to see, newest first."""
        return self._store.of_scorecard(scorecard_id, limit=limit, after=after, is_disputed=is_disputed)

    def calibration(self, scorecard_id: str, *, revision: int | None = None) -> Calibration:
        """Return how far machine and people agree, over the newest reviewed evaluations of a scorecard."""
        return calibrate(
            self._store.of_scorecard(scorecard_id, limit=MOST_CALIBRATED, only_reviewed=True, revision=revision)
        )

    def override(  # noqa: PLR0913 - whose, which, what, why and who
        self,
        tenant_id: str,
        evaluation_id: str,
        question_id: str,
        answer: bool | float | None,  # noqa: FBT001 - an answer
        *,
        why: str,
        by: Reviewer,
    ) -> KeptEvaluation:
        """Answer a question in the machine's place: yes or no, on a scale 0 to 10, or None for not applicable.

        Raises:
            NotFound: there is no such question either.
            Invalid: it is no answer to this question.

        """

        def override(kept: KeptEvaluation) -> dict[str, Any]:
            method = next((one.method for one in kept.machine.answers if one.id == question_id), None)
            if method is None:
                raise NotFound
            worth, is_answer = worth_of(method, answer)
            if not is_answer:
                wanted = "a number from 0 to 10" if method == "scale" else "true or false"
                raise Invalid(f"The answer to this question is {wanted}, or null.", field="answer")
            return {"question_id": question_id, "worth": worth}

        return self._review(tenant_id, evaluation_id, ReviewKind.OVERRIDE, why=why, by=by, check=override)

    def withdraw(
        self, tenant_id: str, evaluation_id: str, question_id: str, *, why: str, by: Reviewer
    ) -> KeptEvaluation:
        """Take a person's answer back: the machine's counts again.

        Raises:
            NotFound: no person answered this question.

        """

        def withdraw(kept: KeptEvaluation) -> dict[str, Any]:
            if question_id not in kept.overrides:
                raise NotFound
            return {"question_id": question_id}

        return self._review(tenant_id, evaluation_id, ReviewKind.WITHDRAW, why=why, by=by, check=withdraw)

    def confirm(self, tenant_id: str, evaluation_id: str, *, why: str, by: Reviewer) -> KeptEvaluation:
        """Agree with every answer of the machine that nobody overrides."""
        return self._review(tenant_id, evaluation_id, ReviewKind.CONFIRM, why=why, by=by)

    def dispute(self, tenant_id: str, evaluation_id: str, *, why: str, by: Reviewer) -> KeptEvaluation:
        """Disagree with an evaluation.

        Raises:
            Conflict: it is disputed already.

        """

        def dispute(kept: KeptEvaluation) -> dict[str, Any]:
            if kept.is_disputed:
                raise Conflict("This evaluation is disputed already.")
            return {}

        return self._review(tenant_id, evaluation_id, ReviewKind.DISPUTE, why=why, by=by, check=dispute)

    def resolve(self, tenant_id: str, evaluation_id: str, *, why: str, by: Reviewer) -> KeptEvaluation:
        """Settle a dispute; answers that change by it are overridden as any other.

        Raises:
            Conflict: there is none.

        """

        def resolve(kept: KeptEvaluation) -> dict[str, Any]:
            if not kept.is_disputed:
                raise Conflict("This evaluation is not disputed.")
            return {}

        return self._review(tenant_id, evaluation_id, ReviewKind.RESOLVE, why=why, by=by, check=resolve)

    def _review(  # noqa: PLR0913 - a review's parts
        self,
        tenant_id: str,
        evaluation_id: str,
        kind: ReviewKind,
        *,
        why: str,
        by: Reviewer,
        check: Callable[[KeptEvaluation], dict[str, Any]] = lambda _: {},
    ) -> KeptEvaluation:
        """Keep one more review, if ``check`` of the evaluation as it is allows it; it returns the review's facts."""
        with self._store.write() as connection:
            kept = self._store.hold(connection, tenant_id, evaluation_id) if is_id(evaluation_id) else None
            if kept is None:
                raise NotFound
            facts = check(kept)
            if len(kept.reviews) >= MOST_REVIEWS:
                raise Conflict(f"An evaluation has at most {MOST_REVIEWS} reviews.")
            review = Review(len(kept.reviews) + 1, kind, self._clock(), by, why, **facts)
            now = replace(kept, reviews=(*kept.reviews, review))
            self._store.add_review(connection, kept.id, review)
            self._store.put(connection, now)
            self._changed(connection, now)
        return now
