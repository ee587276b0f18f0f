"""What a door may do with the documents of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import sqlalchemy as sa

from khosq.clock import Clock
from khosq.delivery.dialect import OtherEvent
from khosq.documents.document import Document
from khosq.documents.store import DocumentStore
from khosq.errors import Conflict, NotFound
from khosq.jobs.job import Job, JobState
from khosq.jobs.store import InTransaction, hold_job

_ID = re.compile(r"[0-9a-f-]{36}")


class Herald(Protocol):
    """Writes down what is to be told; see ``delivery.outbox``."""

    def tell(self, connection: sa.Connection, job: Job, event: str, *, subject: Mapping[str, Any]) -> None:
        """Queue what tells of ``event``, in the transaction in which it happens."""
        ...


class Documents:
    """Keeps, changes and removes documents, and has it told. Whose a job is, its finder has asked."""

    def __init__(self, store: DocumentStore, herald: Herald, *, clock: Clock) -> None:
        self._store = store
        self._herald = herald
        self._clock = clock

    def put(self, connection: sa.Connection, document: Document) -> None:
        """Keep a document of a job that has not ended, in the job's own transaction; it is made when the job is."""
        self._store.put(connection, document)

    def made(self, connection: sa.Connection, job: Job) -> None:
        """Tell of the documents that are made by a job's good end, in its transaction."""
        for document in self._store.in_job(connection, job.id):
            self._tell(connection, job, OtherEvent.DOCUMENT_CREATED, document)

    def add(self, job: Job, document: Document, *, also: Sequence[InTransaction] = ()) -> None:
        """Make a document of a finished job.

        Raises:
            Conflict: the job has no transcript.
            NotFound: the job was deleted just now.

        """
        if job.state is not JobState.SUCCEEDED:
            raise Conflict("There is no transcript yet to make a document of.")
        with self._write(job) as connection:
            self._store.put(connection, document)
            for act in also:
                act(connection, job)
            self._tell(connection, job, OtherEvent.DOCUMENT_CREATED, document)

    def of_job(self, job: Job) -> list[Document]:
        """Return a job's documents, oldest first."""
        return self._store.of_jobs([job.id])

    def first_of(self, jobs: Sequence[Job]) -> Mapping[str, Document]:
        """Return the oldest document of each job that has any, by the job's id."""
        return {document.job_id: document for document in reversed(self._store.of_jobs([job.id for job in jobs]))}

    def find(self, job: Job, document_id: str) -> Document:
        """Return a job's document.

        Raises:
            NotFound: unknown, or another job's.

        """
        found = self._store.find(job.id, document_id) if _ID.fullmatch(document_id) else None
        if found is None:
            raise NotFound
        return found

    def change(self, job: Job, document: Document, **changes: Any) -> Document:
        """Change a document's ``kind``, ``filename`` or ``cues``."""
        changed = replace(document, modified_at=self._clock(), **changes)
        with self._write(job) as connection:
            if not self._store.replace(connection, changed):
                raise NotFound
            self._tell(connection, job, OtherEvent.DOCUMENT_UPDATED, changed)
        return changed

    def remove(self, job: Job, document: Document) -> None:
        """Remove a document; the transcript stays."""
        with self._write(job) as connection:
            if not self._store.remove(connection, document.id):
                raise NotFound
            self._tell(connection, job, OtherEvent.DOCUMENT_DELETED, document)

    def remove_of_job(self, connection: sa.Connection, job_id: str) -> None:
        """Remove the documents of a job that is deleted, in its transaction."""
        self._store.remove_of_job(connection, job_id)

    @contextmanager
    def _write(self, job: Job) -> Iterator[sa.Connection]:
        """Open a transaction about a job that stays for as long; its deletion comes before or after."""
        with self._store.write() as connection:
            if not hold_job(connection, job.id):
                raise NotFound
            yield connection

    def _tell(self, connection: sa.Connection, job: Job, event: OtherEvent, document: Document) -> None:
        if job.state is JobState.SUCCEEDED:
            self._herald.tell(connection, job, event, subject={"id": document.id})
