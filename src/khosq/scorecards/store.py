"""The tables of scorecards, evaluations and reviews, and every statement about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.analysis.scorecards.evaluation import Evaluation
from khosq.analysis.scorecards.reading import checked_scorecard, plain_scorecard
from khosq.scorecards.review import KeptEvaluation, Review, Reviewer, ReviewKind
from khosq.scorecards.scorecard import KeptScorecard, RevisionState, ScorecardRevision
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata, older

scorecards = sa.Table(
    "scorecards",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("name", ForeignText, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("archived_at", UtcDateTime),
    sa.Column("newest", sa.Integer, nullable=False),
    sa.Column("published", sa.Integer),
    sa.Index("ix_scorecards_tenant_created", "tenant_id", "created_at", "id"),
)

revisions = sa.Table(
    "scorecard_revisions",
    metadata,
    sa.Column("scorecard_id", sa.String(20), sa.ForeignKey("scorecards.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(20)),
    sa.Column("published_at", UtcDateTime),
    sa.Column("used_at", UtcDateTime),
)

evaluations = sa.Table(
    "scorecard_evaluations",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("scorecard_id", sa.String(20), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("machine_score", sa.Float),
    sa.Column("score", sa.Float),
    sa.Column("reviewed_at", UtcDateTime),
    sa.Column("is_disputed", sa.Boolean, nullable=False),
    sa.ForeignKeyConstraint(
        ["scorecard_id", "revision"], ["scorecard_revisions.scorecard_id", "scorecard_revisions.number"]
    ),
    sa.Index("ix_scorecard_evaluations_made", "scorecard_id", "made_at", "id"),
)
"""``score`` has people's answers in it, ``machine_score`` has not."""

reviews = sa.Table(
    "scorecard_reviews",
    metadata,
    sa.Column("evaluation_id", sa.String(20), sa.ForeignKey("scorecard_evaluations.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("reviewer", ForeignText, nullable=False),
    sa.Column("text", ForeignText, nullable=False),
    sa.Column("question_id", sa.String(64)),
    sa.Column("worth", sa.Float),
)

_jobs = sa.table("jobs", sa.column("id"))


class ScorecardStore:
    """All SQL about scorecards and their revisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for what must be noted together."""
        return self._database.write()

    def add(self, connection: sa.Connection, scorecard: KeptScorecard) -> None:
        """Keep a new scorecard."""
        connection.execute(sa.insert(scorecards).values(**asdict(scorecard)))

    def put(self, connection: sa.Connection, scorecard: KeptScorecard) -> None:
        """Keep a scorecard as it is now."""
        connection.execute(sa.update(scorecards).where(scorecards.c.id == scorecard.id).values(**asdict(scorecard)))

    def remove(self, connection: sa.Connection, scorecard_id: str) -> None:
        """Remove a scorecard that scored nothing."""
        connection.execute(sa.delete(revisions).where(revisions.c.scorecard_id == scorecard_id))
        connection.execute(sa.delete(scorecards).where(scorecards.c.id == scorecard_id))

    def hold(self, connection: sa.Connection, tenant_id: str, scorecard_id: str) -> KeptScorecard | None:
        """Return a tenant's scorecard, which nobody else changes until this transaction ends."""
        mine = (scorecards.c.id == scorecard_id, scorecards.c.tenant_id == tenant_id)
        row = connection.execute(sa.select(scorecards).where(*mine).with_for_update()).mappings().one_or_none()
        return KeptScorecard(**row) if row else None

    def find(self, tenant_id: str, scorecard_id: str) -> KeptScorecard | None:
        """Return a tenant's scorecard."""
        mine = (scorecards.c.id == scorecard_id, scorecards.c.tenant_id == tenant_id)
        with self._database.glance() as connection:
            row = connection.execute(sa.select(scorecards).where(*mine)).mappings().one_or_none()
        return KeptScorecard(**row) if row else None

    def search(
        self, tenant_id: str, *, limit: int, after: tuple[datetime, str] | None, with_archived: bool
    ) -> list[KeptScorecard]:
        """Return a tenant's scorecards, newest first."""
        statement = sa.select(scorecards).where(scorecards.c.tenant_id == tenant_id)
        if not with_archived:
            statement = statement.where(scorecards.c.archived_at.is_(None))
        if after is not None:
            statement = statement.where(older(scorecards.c.created_at, scorecards.c.id, than=after))
        statement = statement.order_by(scorecards.c.created_at.desc(), scorecards.c.id.desc()).limit(limit)
        with self._database.glance() as connection:
            return [KeptScorecard(**row) for row in connection.execute(statement).mappings()]

    def put_revision(self, connection: sa.Connection, revision: ScorecardRevision) -> None:
        """Keep a revision, in the place of the one of its number."""
        row = {name: getattr(revision, name) for name in revisions.c.keys()}  # noqa: SIM118 - a collection, no dict
        row["definition"] = json.dumps(plain_scorecard(revision.definition))
        mine = _is_revision(revision.scorecard_id, revision.number)
        if not connection.execute(sa.update(revisions).where(mine).values(**row)).rowcount:
            connection.execute(sa.insert(revisions).values(**row))

    def revisions_in(self, connection: sa.Connection, scorecard_id: str) -> list[ScorecardRevision]:
        """Return every revision, oldest first, as a transaction sees them; nobody else changes them meanwhile."""
        mine = sa.select(revisions).where(revisions.c.scorecard_id == scorecard_id).order_by(revisions.c.number)
        return [_revision(row) for row in connection.execute(mine.with_for_update()).mappings()]

    def revisions_of(self, scorecard_id: str) -> list[ScorecardRevision]:
        """Return every revision, oldest first."""
        mine = sa.select(revisions).where(revisions.c.scorecard_id == scorecard_id).order_by(revisions.c.number)
        with self._database.glance() as connection:
            return [_revision(row) for row in connection.execute(mine).mappings()]

    def revision(self, scorecard_id: str, number: int) -> ScorecardRevision | None:
        """Return one revision."""
        with self._database.glance() as connection:
            mine = sa.select(revisions).where(_is_revision(scorecard_id, number))
            row = connection.execute(mine).mappings().one_or_none()
        return _revision(row) if row else None

    def mark_used(self, scorecard_id: str, number: int, at: datetime) -> bool:
        """Note that a revision is asked for from now on; tell whether it is still there."""
        with self._database.write() as connection:
            mine = sa.update(revisions).where(_is_revision(scorecard_id, number))
            return bool(connection.execute(mine.values(used_at=sa.func.coalesce(revisions.c.used_at, at))).rowcount)


class EvaluationStore:
    """All SQL about evaluations and reviews."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for what must be noted together."""
        return self._database.write()

    def keep(self, connection: sa.Connection, kept: KeptEvaluation) -> KeptEvaluation | None:
        """Keep an evaluation in the place of one of its name, whose reviews stay; None where its job is gone."""
        mine = sa.select(_jobs.c.id).where(_jobs.c.id == kept.job_id)
        if connection.execute(mine.with_for_update(read=True, key_share=True)).first() is None:
            return None
        new = self._insert(evaluations).values(**_row(kept))
        connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))
        before = self.hold(connection, kept.tenant_id, kept.id)
        now = replace(kept, reviews=before.reviews if before else ())
        self.put(connection, now)
        return now

    def put(self, connection: sa.Connection, kept: KeptEvaluation) -> None:
        """Keep an evaluation as it is now, except for its reviews."""
        connection.execute(sa.update(evaluations).where(evaluations.c.id == kept.id).values(**_row(kept)))

    def add_review(self, connection: sa.Connection, evaluation_id: str, review: Review) -> None:
        """Keep what a person did."""
        row = {name: getattr(review, name) for name in ("number", "kind", "at", "text", "question_id", "worth")}
        who = {"key_id": review.by.key_id, "reviewer": review.by.name}
        connection.execute(sa.insert(reviews).values(evaluation_id=evaluation_id, **row, **who))

    def hold(self, connection: sa.Connection, tenant_id: str, evaluation_id: str) -> KeptEvaluation | None:
        """Return a tenant's evaluation, which nobody else changes until this transaction ends.

        Its job is held first, as who deletes it does.
        """
        job = sa.select(evaluations.c.job_id).where(evaluations.c.id == evaluation_id).scalar_subquery()
        held = sa.select(_jobs.c.id).where(_jobs.c.id == job)
        connection.execute(held.with_for_update(read=True, key_share=True))
        mine = (evaluations.c.id == evaluation_id, evaluations.c.tenant_id == tenant_id)
        rows = connection.execute(sa.select(evaluations).where(*mine).with_for_update()).mappings().all()
        return next(iter(_with_reviews(connection, rows)), None)

    def find(self, tenant_id: str, evaluation_id: str) -> KeptEvaluation | None:
        """Return a tenant's evaluation."""
        mine = (evaluations.c.id == evaluation_id, evaluations.c.tenant_id == tenant_id)
        return next(iter(self._all(sa.select(evaluations).where(*mine))), None)

    def of_jobs(self, job_ids: Sequence[str]) -> list[KeptEvaluation]:
        """Return the evaluations of several jobs, oldest first."""
        statement = sa.select(evaluations).where(evaluations.c.job_id.in_(job_ids))
        return self._all(statement.order_by(evaluations.c.made_at, evaluations.c.id))

    def of_scorecard(  # noqa: PLR0913 - one choice each
        self,
        scorecard_id: str,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        is_disputed: bool | None = None,
        only_reviewed: bool = False,
        revision: int | None = None,
    ) -> list[KeptEvaluation]:
        """Return the evaluations by a scorecard, newest first."""
        statement = sa.select(evaluations).where(evaluations.c.scorecard_id == scorecard_id)
        if after is not None:
            statement = statement.where(older(evaluations.c.made_at, evaluations.c.id, than=after))
        if is_disputed is not None:
            statement = statement.where(evaluations.c.is_disputed == is_disputed)
        if only_reviewed:
            statement = statement.where(evaluations.c.reviewed_at.is_not(None))
        if revision is not None:
            statement = statement.where(evaluations.c.revision == revision)
        return self._all(statement.order_by(evaluations.c.made_at.desc(), evaluations.c.id.desc()).limit(limit))

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Remove a job's evaluations and what was said to them."""
        mine = sa.select(evaluations.c.id).where(evaluations.c.job_id == job_id).with_for_update()
        ids = list(connection.execute(mine).scalars())
        connection.execute(sa.delete(reviews).where(reviews.c.evaluation_id.in_(ids)))
        connection.execute(sa.delete(evaluations).where(evaluations.c.id.in_(ids)))

    def _all(self, statement: sa.Select[Any]) -> list[KeptEvaluation]:
        with self._database.read() as connection:
            return _with_reviews(connection, connection.execute(statement).mappings().all())


_KEPT = ("id", "tenant_id", "job_id", "scorecard_id", "revision", "made_at", "machine")


def _is_revision(scorecard_id: str, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(revisions.c.scorecard_id == scorecard_id, revisions.c.number == number)


def _revision(row: sa.RowMapping) -> ScorecardRevision:
    definition = checked_scorecard(json.loads(row["definition"]))
    return ScorecardRevision(**dict(row) | {"state": RevisionState(row["state"]), "definition": definition})


def _row(kept: KeptEvaluation) -> dict[str, Any]:
    """Return an evaluation's row, with what lists and figures are made of."""
    row = {name: getattr(kept, name) for name in _KEPT if name != "machine"}
    return row | {
        "machine": json.dumps(kept.machine.to_json(), separators=(",", ":")),
        "machine_score": kept.machine.score,
        "score": kept.evaluation.score,
        "reviewed_at": kept.reviews[-1].at if kept.overrides or kept.is_confirmed else None,
        "is_disputed": kept.is_disputed,
    }


def _with_reviews(connection: sa.Connection, rows: Iterable[sa.RowMapping]) -> list[KeptEvaluation]:
    rows = list(rows)
    said: dict[str, list[Review]] = {row["id"]: [] for row in rows}
    statement = sa.select(reviews).where(reviews.c.evaluation_id.in_(list(said))).order_by(reviews.c.number)
    for row in connection.execute(statement).mappings():
        facts = {name: row[name] for name in ("number", "at", "text", "question_id", "worth")}
        by = Reviewer(row["key_id"], row["reviewer"])
        said[row["evaluation_id"]].append(Review(kind=ReviewKind(row["kind"]), by=by, **facts))
    return [_evaluation(row, tuple(said[row["id"]])) for row in rows]


def _evaluation(row: sa.RowMapping, reviews: tuple[Review, ...]) -> KeptEvaluation:
    facts = {name: row[name] for name in _KEPT if name != "machine"}
    return KeptEvaluation(**facts, machine=Evaluation.from_json(json.loads(row["machine"])), reviews=reviews)
