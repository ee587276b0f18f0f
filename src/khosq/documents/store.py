"""The table of documents, and every statement about them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from khosq.documents.document import Document, DocumentKind
from khosq.storage.database import Database, ForeignText, JsonText, UtcDateTime, metadata
from khosq.transcript.cues import CueOptions

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("modified_at", UtcDateTime, nullable=False),
    sa.Column("filename", ForeignText, nullable=False),
    sa.Column("cues", JsonText, nullable=False),
)

_OLDEST_FIRST = (documents.c.created_at, documents.c.id)


class DocumentStore:
    """All SQL about documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, connection: sa.Connection, document: Document) -> None:
        """Keep a document."""
        connection.execute(sa.insert(documents).values(**_row(document)))

    def replace(self, connection: sa.Connection, document: Document) -> bool:
        """Keep a document as it is now; tell whether it is still there."""
        mine = documents.c.id == document.id
        return bool(connection.execute(sa.update(documents).where(mine).values(**_row(document))).rowcount)

    def remove(self, connection: sa.Connection, document_id: str) -> bool:
        """Remove a document; tell whether it was still there."""
        return bool(connection.execute(sa.delete(documents).where(documents.c.id == document_id)).rowcount)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Remove a job's documents."""
        connection.execute(sa.delete(documents).where(documents.c.job_id == job_id))

    def in_job(self, connection: sa.Connection, job_id: str) -> list[Document]:
        """Return a job's documents as a transaction sees them, oldest first."""
        statement = sa.select(documents).where(documents.c.job_id == job_id).order_by(*_OLDEST_FIRST)
        return [_document(row) for row in connection.execute(statement).mappings()]

    def of_jobs(self, job_ids: Sequence[str]) -> list[Document]:
        """Return the documents of several jobs, oldest first."""
        statement = sa.select(documents).where(documents.c.job_id.in_(job_ids)).order_by(*_OLDEST_FIRST)
        with self._database.read() as connection:
            return [_document(row) for row in connection.execute(statement).mappings()]

    def find(self, job_id: str, document_id: str) -> Document | None:
        """Return a job's document."""
        statement = sa.select(documents).where(documents.c.job_id == job_id, documents.c.id == document_id)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _document(row) if row else None

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for what must be noted together."""
        return self._database.write()


def _row(document: Document) -> dict[str, Any]:
    return asdict(document)


def _document(row: sa.RowMapping) -> Document:
    cues: dict[str, Any] = {
        name: float(value) if isinstance(value, Decimal) else value for name, value in row["cues"].items()
    }
    return Document(**dict(row) | {"kind": DocumentKind(row["kind"]), "cues": CueOptions(**cues)})
