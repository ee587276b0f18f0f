"""The index of what was said, and every statement about it.

``call_texts`` has the words of each passage in agreed spelling, one space before and after each: a database needs to
know nothing of scripts. ``call_words`` finds them: FTS5 on SQLite, fed by triggers, and a ``tsvector`` with its GIN
index on Postgres. It names the passages that have the words; whether they follow one another is seen in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from khosq.search.query import SearchQuery, Term
from khosq.search.speech import Party, Passage
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata

texts = sa.Table(
    "call_texts",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("tenant_id", sa.String(20), sa.ForeignKey("tenants.id"), nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("language", sa.String(40), nullable=False),
    sa.Column("agent_name", ForeignText),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("others", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

_words = sa.table("call_words", sa.column("rowid"), sa.column("id"), sa.column("vector", postgresql.TSVECTOR))
_MARKS = {Party.AGENT: "A", Party.CUSTOMER: "B"}
_BY_LENGTH = 1  # a long call is likelier to have any word
_MOST_PLACES = 100  # of a word that are kept for each side; Postgres keeps 256 in all


@dataclass(frozen=True, slots=True)
class IndexedCall:
    """A call whose words are to be found."""

    job_id: str
    tenant_id: str
    begun_at: datetime
    language: str
    agent_name: str | None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which calls of a tenant are looked through."""

    language: str | None = None
    """BCP 47 tag; a base language stands for all its regions."""
    agent_name: str | None = None
    begun_from: datetime | None = None
    begun_before: datetime | None = None
    party: Party | None = None
    """Whose words; None: anybody's."""


@dataclass(frozen=True, slots=True)
class Match:
    """A call that has what was looked for."""

    job_id: str
    agent_name: str | None
    score: float


class SearchStore:
    """All SQL about the index."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found = _fts5 if database.is_sqlite else _tsvector
        self._place: Callable[..., sa.ColumnElement[int]]
        self._place = sa.func.instr if database.is_sqlite else sa.func.strpos

    def put(self, connection: sa.Connection, call: IndexedCall, passages: Iterable[Passage]) -> None:
        """Let a call be found by these words and no others."""
        self.remove_of_job(connection, call.job_id)
        facts = {name: getattr(call, name) for name in call.__slots__}
        for passage in passages:
            row = facts | {"agent": passage.agent, "others": passage.others}
            name = connection.execute(sa.insert(texts).values(**row)).inserted_primary_key
            if name and not self._database.is_sqlite:
                vector = sa.cast(sa.literal(_vector(call.tenant_id, passage)), postgresql.TSVECTOR)
                connection.execute(sa.insert(_words).values(id=name[0], vector=vector))

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Let a call be found no more."""
        connection.execute(sa.delete(texts).where(texts.c.job_id == job_id))

    def newest(self) -> int:
        """Return a number that every passage indexed later exceeds."""
        with self._database.read() as connection:
            newest: int | None = connection.execute(sa.select(sa.func.max(texts.c.id))).scalar_one()
        return newest or 0

    def search(  # noqa: PLR0913 - one statement's parts
        self, tenant_id: str, query: SearchQuery, narrowed: Narrowed, *, limit: int, offset: int, until: int
    ) -> list[Match]:
        """Return calls that match, the best first, of equals the newest; none after number ``until``."""
        found = self._found(tenant_id, query, narrowed.party).subquery()
        score = sa.func.max(found.c.score).label("score")
        statement = (
            sa.select(texts.c.job_id, texts.c.agent_name, score)
            .join_from(found, texts, texts.c.id == found.c.id)
            .where(texts.c.tenant_id == tenant_id, texts.c.id <= until)
            .where(*_conditions(narrowed), *self._said(query, narrowed.party))
            .group_by(texts.c.job_id, texts.c.agent_name, texts.c.begun_at)
            .order_by(score.desc(), texts.c.begun_at.desc(), texts.c.job_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement.limit(limit).offset(offset))
            return [Match(*row) for row in rows]

    def _said(self, query: SearchQuery, party: Party | None) -> list[sa.ColumnElement[bool]]:
        """Return what the index does not tell: phrases, and what must not be said."""
        phrased = [clause for clause in query.clauses if any(len(term.tokens) > 1 for term in clause)]
        conditions = [sa.or_(*(self._has(term, party) for term in clause)) for clause in phrased]
        return conditions + [sa.not_(self._has(term, party)) for term in query.excluded]

    def _has(self, term: Term, party: Party | None) -> sa.ColumnElement[bool]:
        text = f" {' '.join(term.tokens)}{'' if term.is_prefix else ' '}"
        return sa.or_(*(self._place(side, text) > 0 for side in _sides(party)))


def _conditions(narrowed: Narrowed) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if narrowed.language is not None:
        tag, wanted = sa.func.lower(texts.c.language), narrowed.language.lower()
        conditions.append(sa.or_(tag == wanted, tag.startswith(f"{wanted}-", autoescape=True)))
    if narrowed.agent_name is not None:
        conditions.append(texts.c.agent_name == narrowed.agent_name)
    if narrowed.begun_from is not None:
        conditions.append(texts.c.begun_at >= narrowed.begun_from)
    if narrowed.begun_before is not None:
        conditions.append(texts.c.begun_at < narrowed.begun_before)
    if narrowed.party is Party.CUSTOMER:
        conditions.append(texts.c.agent != "")
    return conditions


def _sides(party: Party | None) -> list[sa.Column[str]]:
    sides = {Party.AGENT: texts.c.agent, Party.CUSTOMER: texts.c.others}
    return list(sides.values()) if party is None else [sides[party]]


# --- SQLite


def _fts5(tenant_id: str, query: SearchQuery, party: Party | None) -> sa.Select[Any]:
    """Return ids of the passages that have the words, and how well they fit."""

    def phrase(term: Term) -> str:
        return f'"{" ".join(term.tokens)}"' + (" *" if term.is_prefix else "")

    wanted = _written(query, phrase, "AND", "OR")
    sides = "agent others" if party is None else _sides(party)[0].name
    table: sa.ColumnClause[Any] = sa.literal_column("call_words")
    fits = -sa.func.bm25(table, 0.0, 1.0, 1.0)
    found = sa.select(_words.c.rowid.label("id"), sa.func.round(fits, 4).label("score"))
    # A subquery with a limit stays one: bm25 cannot be asked for once its rows are grouped.
    return found.where(table.match(f'tenant_id : "{tenant_id}" AND {{{sides}}} : ({wanted})')).limit(-1)


# --- Postgres


def _tsvector(tenant_id: str, query: SearchQuery, party: Party | None) -> sa.Select[Any]:
    """Return ids of the passages that have the words, and how well they fit."""
    mark = "" if party is None else _MARKS[party]

    def words(term: Term) -> list[str]:
        *before, last = (f"'{token}':{mark}" for token in term.tokens)
        return [*before, f"{last}*" if term.is_prefix else last]

    clauses = _written(query, lambda term: f"({' & '.join(words(term))})", "&", "|")
    wanted = _tsquery(f"'t:{tenant_id}' & ({clauses})")
    any_of = _tsquery(" | ".join(word for term in query.terms for word in words(term)))
    fits = sa.func.ts_rank(sa.literal_column("'{1,1,1,1}'::float4[]"), _words.c.vector, any_of, _BY_LENGTH)
    found = sa.select(_words.c.id, sa.func.round(sa.cast(fits, sa.Numeric), 4).label("score"))
    return found.where(_words.c.vector.op("@@")(wanted))


def _tsquery(text: str) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(text), postgresql.TSQUERY)


def _vector(tenant_id: str, passage: Passage) -> str:
    """Return a passage as Postgres writes a ``tsvector``: tokens hold neither quotes nor backslashes."""
    kept: dict[str, list[str]] = {}
    place = 0
    for party, text in ((Party.AGENT, passage.agent), (Party.CUSTOMER, passage.others)):
        counts = Counter[str]()
        for token in text.split():
            place += 1
            if counts[token] < _MOST_PLACES:
                kept.setdefault(token, []).append(f"{place}{_MARKS[party]}")
                counts[token] += 1
    return " ".join([f"'t:{tenant_id}'", *(f"'{token}':{','.join(places)}" for token, places in kept.items())])


# --- both


def _written(query: SearchQuery, write: Callable[[Term], str], conjunction: str, disjunction: str) -> str:
    clauses = (f"({f' {disjunction} '.join(map(write, clause))})" for clause in query.clauses)
    return f" {conjunction} ".join(clauses)
