"""Indexes calls as they end, and finds them by what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from khosq.errors import Invalid, NotFound
from khosq.jobs.agent import agent_named
from khosq.jobs.job import Job
from khosq.jobs.lookup import Lookup
from khosq.jobs.store import InTransaction
from khosq.search.highlights import Snippet, highlights
from khosq.search.query import SearchQuery, read_query
from khosq.search.speech import passages
from khosq.search.store import IndexedCall, Match, Narrowed, SearchStore
from khosq.transcript.transcript import Transcript

MOST_RESULTS = 1000
"""That one search tells of, page after page."""
_LONGEST_LANGUAGE = 40
_PLACE = re.compile(r"(\d{1,15})-(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of results begins."""

    until: int
    """What was indexed after the first page was read does not count."""
    offset: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A call in which something was found."""

    job: Job
    language: str
    agent_name: str | None
    score: float
    """How well it fits, in comparison with others of the same search."""
    snippets: tuple[Snippet, ...]


def write_place(place: Place) -> str:
    """Return a word that stands for where a page begins."""
    return f"{place.until}-{place.offset}"


def read_place(text: str) -> Place | None:
    """Return what ``write_place`` was given; None for an empty text.

    Raises:
        Invalid: it is no such word.

    """
    if not text:
        return None
    numbers = _PLACE.fullmatch(text)
    if numbers is None:
        raise Invalid("The cursor is not one that was given here.", field="cursor")
    return Place(int(numbers[1]), int(numbers[2]))


class Search:
    """What a door may ask of what was said in a tenant's calls."""

    def __init__(self, store: SearchStore, lookup: Lookup) -> None:
        self._store = store
        self._lookup = lookup

    def noting(self, job: Job, transcript: Transcript) -> InTransaction:
        """Return what lets a job be found by what its transcript says now, in the transaction that changes it.

        What takes long is done at once, so that the transaction need not wait for it.
        """
        call = IndexedCall(
            job_id=job.id,
            tenant_id=job.tenant_id,
            begun_at=job.created_at,
            language=transcript.language[:_LONGEST_LANGUAGE],
            agent_name=agent_named(job.metadata),
        )
        prepared = list(passages(transcript, agent_channel=job.wishes.agent_channel))
        return lambda connection, _: self._store.put(connection, call, prepared)

    def note(self, connection: sa.Connection, job: Job, transcript: Transcript) -> None:
        """Do what ``noting`` returns."""
        self.noting(job, transcript)(connection, job)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Let a job be found no more, in the transaction that deletes it."""
        self._store.remove_of_job(connection, job_id)

    def find(
        self,
        tenant_id: str,
        text: str,
        narrowed: Narrowed | None = None,
        *,
        limit: int = 20,
        place: Place | None = None,
    ) -> tuple[list[Hit], Place | None]:
        """Return calls in which something was said, the best first, and where the next page begins, if there is one.

        Args:
            tenant_id: whose calls.
            text: what was said; see ``read_query``.
            narrowed: which calls; None: all.
            limit: how many at most.
            place: where this page begins; None: it is the first.

        Raises:
            Invalid: the text is too long.

        """
        query, chosen = read_query(text), narrowed or Narrowed()
        if not query.clauses:
            return [], None
        begin = place or Place(self._store.newest(), 0)
        rest = max(0, MOST_RESULTS - begin.offset)
        found = self._store.search(
            tenant_id, query, chosen, limit=min(limit + 1, rest), offset=begin.offset, until=begin.until
        )
        following = Place(begin.until, begin.offset + limit) if len(found) > limit else None
        return self._hits(tenant_id, query, chosen, found[:limit]), following

    def _hits(self, tenant_id: str, query: SearchQuery, chosen: Narrowed, found: Sequence[Match]) -> list[Hit]:
        hits = []
        for match in found:
            try:
                job = self._lookup.job(tenant_id, match.job_id)
                transcript = self._lookup.outcome(job).transcript
            except NotFound:  # deleted just now
                continue
            snippets = highlights(transcript, query, party=chosen.party, agent_channel=job.wishes.agent_channel)
            hits.append(Hit(job, transcript.language, match.agent_name, match.score, tuple(snippets)))
        return hits
