"""What a door may do with scorecards. Everything belongs to a tenant; another's is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from khosq.analysis.scorecards.definition import Scorecard
from khosq.analysis.scorecards.evaluation import Evaluation
from khosq.clock import Clock
from khosq.errors import Conflict, NotFound
from khosq.identifiers import ALPHABET, is_id, new_id
from khosq.jobs.job import Job
from khosq.scorecards.review import KeptEvaluation
from khosq.scorecards.reviews import Reviews
from khosq.scorecards.scorecard import KeptScorecard, RevisionState, ScorecardRevision
from khosq.scorecards.store import EvaluationStore, ScorecardStore

MOST_REVISIONS = 1000
"""Of one scorecard."""


class Scorecards:
    """Keeps scorecards: drafts may be changed, what was published stays as it is."""

    def __init__(
        self,
        store: ScorecardStore,
        evaluations: EvaluationStore,
        *,
        clock: Clock,
        reviewed: Callable[[sa.Connection, KeptEvaluation], None] = lambda *_: None,
    ) -> None:
        """Keep what it works with; ``reviewed`` lets others follow, in the transaction of a person's word."""
        self._store = store
        self._evaluations = evaluations
        self._clock = clock
        self.reviews = Reviews(evaluations, clock=clock, changed=reviewed)
        """What people say to evaluations."""

    def create(
        self, tenant_id: str, definition: Scorecard, *, publish: bool = True, by: str | None = None
    ) -> ScorecardRevision:
        """Keep a new scorecard; return its first revision."""
        now = self._clock()
        kept = KeptScorecard(new_id(), tenant_id, definition.name, now)
        first = ScorecardRevision(kept.id, 1, RevisionState.DRAFT, definition, now, by)
        with self._store.write() as connection:
            self._store.add(connection, kept)
            self._store.put_revision(connection, first)
            return self._publish(connection, kept, [first], first) if publish else first

    def change(
        self, tenant_id: str, scorecard_id: str, definition: Scorecard, *, publish: bool = True, by: str | None = None
    ) -> ScorecardRevision:
        """Change what a scorecard asks: in its draft, if it has one, else in a new revision.

        Raises:
            NotFound: unknown, or another tenant's; so do the others.
            Conflict: it is archived, or has too many revisions.

        """
        with self._changing(tenant_id, scorecard_id) as (connection, kept, all_of_it):
            newest = all_of_it[-1]
            if newest.state is not RevisionState.DRAFT:
                if newest.number >= MOST_REVISIONS:
                    raise Conflict(f"A scorecard has at most {MOST_REVISIONS} revisions.")
                newest = ScorecardRevision(
                    kept.id, newest.number + 1, RevisionState.DRAFT, definition, self._clock(), by
                )
            newest = replace(newest, definition=definition)
            changed = replace(kept, name=definition.name, newest=newest.number)
            self._store.put_revision(connection, newest)
            self._store.put(connection, changed)
            return self._publish(connection, changed, all_of_it, newest) if publish else newest

    def publish(self, tenant_id: str, scorecard_id: str, number: int) -> ScorecardRevision:
        """Let a revision, new or old, score calls from now on, in the place of the one that did.

        Raises:
            Conflict: the scorecard is archived.

        """
        with self._changing(tenant_id, scorecard_id) as (connection, kept, all_of_it):
            wanted = next((one for one in all_of_it if one.number == number), None)
            if wanted is None:
                raise NotFound
            return self._publish(connection, kept, all_of_it, wanted)

    def archive(self, tenant_id: str, scorecard_id: str) -> KeptScorecard:
        """Let a scorecard score nothing any more; what it scored stays."""
        with self._store.write() as connection:
            kept = self._held(connection, tenant_id, scorecard_id)
            kept = replace(kept, archived_at=kept.archived_at or self._clock())
            self._store.put(connection, kept)
        return kept

    def remove(self, tenant_id: str, scorecard_id: str) -> None:
        """Remove a scorecard that nobody asked for yet.

        Raises:
            Conflict: it was asked for; it can be archived.

        """
        with self._store.write() as connection:
            kept = self._held(connection, tenant_id, scorecard_id)
            if any(one.used_at for one in self._store.revisions_in(connection, kept.id)):
                raise Conflict("This scorecard is used; archive it instead.")
            self._store.remove(connection, kept.id)

    def all(
        self,
        tenant_id: str,
        *,
        limit: int = 100,
        after: tuple[datetime, str] | None = None,
        with_archived: bool = False,
    ) -> list[KeptScorecard]:
        """Return a tenant's scorecards, newest first; ``after`` is the creation time and id of the last one seen."""
        return self._store.search(tenant_id, limit=limit, after=after, with_archived=with_archived)

    def find(self, tenant_id: str, scorecard_id: str) -> KeptScorecard:
        """Return a scorecard."""
        found = self._store.find(tenant_id, scorecard_id) if is_id(scorecard_id) else None
        if found is None:
            raise NotFound
        return found

    def revisions(self, tenant_id: str, scorecard_id: str) -> Sequence[ScorecardRevision]:
        """Return every revision, oldest first."""
        return self._store.revisions_of(self.find(tenant_id, scorecard_id).id)

    def revision(self, tenant_id: str, scorecard_id: str, number: int | None = None) -> ScorecardRevision:
        """Return one revision; None: the newest."""
        kept = self.find(tenant_id, scorecard_id)
        wanted = kept.newest if number is None else number
        found = self._store.revision(kept.id, wanted) if 1 <= wanted <= kept.newest else None
        if found is None:
            raise NotFound
        return found

    def usable(self, tenant_id: str, scorecard_id: str) -> ScorecardRevision:
        """Return the revision that scores new calls; from now on its scorecard cannot be removed.

        Raises:
            NotFound: there is none: unknown, another tenant's, only a draft, or archived.

        """
        kept = self.find(tenant_id, scorecard_id)
        if kept.archived_at is not None or kept.published is None:
            raise NotFound("There is no scorecard of this id that scores calls.")
        found = self.revision(tenant_id, scorecard_id, kept.published)
        if found.used_at is None:
            found = replace(found, used_at=self._clock())
            if not self._store.mark_used(kept.id, found.number, self._clock()):
                raise NotFound
        return found

    def keep_evaluation(
        self,
        job: Job,
        revision: ScorecardRevision,
        evaluation: Evaluation,
        *,
        connection: sa.Connection | None = None,
    ) -> KeptEvaluation | None:
        """Keep what came of a revision in a job; made again, it takes the place of the one before.

        What people said to it stays and counts. None where the job was deleted meanwhile.

        Args:
            job: whose evaluation it is.
            revision: what was asked.
            evaluation: the answers.
            connection: a transaction in which to do so; None: one of its own.

        """
        kept = KeptEvaluation(
            evaluation_id(job.id, revision),
            job.tenant_id,
            job.id,
            revision.scorecard_id,
            revision.number,
            self._clock(),
            evaluation,
        )
        with self._evaluations.write() if connection is None else nullcontext(connection) as within:
            return self._evaluations.keep(within, kept)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Remove what came of scorecards in a job that is deleted, in its transaction."""
        self._evaluations.remove_of_job(connection, job_id)

    def _publish(
        self,
        connection: sa.Connection,
        kept: KeptScorecard,
        all_of_it: Sequence[ScorecardRevision],
        wanted: ScorecardRevision,
    ) -> ScorecardRevision:
        for other in all_of_it:
            if other.state is RevisionState.PUBLISHED and other.number != wanted.number:
                self._store.put_revision(connection, replace(other, state=RevisionState.ARCHIVED))
        published_at = wanted.published_at or self._clock()
        published = replace(wanted, state=RevisionState.PUBLISHED, published_at=published_at)
        self._store.put_revision(connection, published)
        self._store.put(connection, replace(kept, published=published.number))
        return published

    @contextmanager
    def _changing(
        self, tenant_id: str, scorecard_id: str
    ) -> Iterator[tuple[sa.Connection, KeptScorecard, list[ScorecardRevision]]]:
        """Open a transaction about a scorecard in force and its revisions."""
        with self._store.write() as connection:
            kept = self._held(connection, tenant_id, scorecard_id)
            if kept.archived_at is not None:
                raise Conflict("This scorecard is archived.")
            yield connection, kept, self._store.revisions_in(connection, kept.id)

    def _held(self, connection: sa.Connection, tenant_id: str, scorecard_id: str) -> KeptScorecard:
        kept = self._store.hold(connection, tenant_id, scorecard_id) if is_id(scorecard_id) else None
        if kept is None:
            raise NotFound
        return kept


def evaluation_id(job_id: str, revision: ScorecardRevision) -> str:
    """Return the name of what comes of a revision in a job: 20 letters and digits, the same each time."""
    digest = hashlib.sha256(f"{job_id}:{revision.scorecard_id}:{revision.number}".encode()).digest()
    number = int.from_bytes(digest)
    letters = []
    for _ in range(20):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)
