"""Documents on SQLite and Postgres, with what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stores import Office

from khosq.delivery.dialect import OtherEvent
from khosq.documents.document import Document, DocumentKind, new_document
from khosq.documents.documents import Documents
from khosq.documents.store import DocumentStore
from khosq.errors import Busy, Conflict, NotFound
from khosq.jobs.job import Job, JobEvent
from khosq.transcript.cues import CueOptions

CUES = CueOptions(max_line_length=37, max_words=5, max_duration=2.345, min_gap=0.0)


class Listener:
    """Hears what an outbox would write down."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []

    def tell(self, _: sa.Connection, job: Job, event: str, *, subject: Mapping[str, Any]) -> None:
        self.heard.append((job.id, event, subject["id"]))


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def documents(office: Office, listener: Listener) -> Documents:
    return Documents(DocumentStore(office.database), listener, clock=office.clock)


def a_document(office: Office, job: Job, kind: DocumentKind = DocumentKind.CAPTIONS) -> Document:
    return new_document(job.id, kind, office.clock(), filename="A call", cues=CUES)


def finished(office: Office) -> Job:
    return office.move(office.running(), JobEvent.COMPLETED)


def test_a_document_comes_back_as_it_was_kept(office: Office, documents: Documents, listener: Listener) -> None:
    job = finished(office)
    document = a_document(office, job)
    documents.add(job, document)
    assert documents.find(job, document.id) == document
    assert documents.of_job(job) == [document]
    assert listener.heard == [(job.id, OtherEvent.DOCUMENT_CREATED, document.id)]


def test_a_document_of_an_unfinished_job_is_told_of_when_the_job_has_ended_well(
    office: Office, documents: Documents, listener: Listener
) -> None:
    job = office.running()
    document = a_document(office, job)
    with pytest.raises(Conflict):
        documents.add(job, document)
    with office.database.write() as connection:
        documents.put(connection, document)
    assert listener.heard == []
    office.jobs.move(job.id, JobEvent.COMPLETED, office.clock(), also=[documents.made])
    assert listener.heard == [(job.id, OtherEvent.DOCUMENT_CREATED, document.id)]


def test_what_is_added_with_it_stands_or_falls_with_it(office: Office, documents: Documents) -> None:
    job = finished(office)

    def fail(_connection: sa.Connection, _job: Job) -> None:
        raise Busy

    with pytest.raises(Busy):
        documents.add(job, a_document(office, job), also=[fail])
    assert documents.of_job(job) == []


def test_a_change_keeps_what_is_not_named(office: Office, documents: Documents, listener: Listener) -> None:
    job = finished(office)
    document = a_document(office, job)
    documents.add(job, document)
    office.clock.turn(60)
    changed = documents.change(job, document, filename="Another", kind=DocumentKind.TEXT)
    assert documents.find(job, document.id) == changed
    assert (changed.cues, changed.created_at) == (CUES, document.created_at)
    assert changed.modified_at > document.modified_at
    assert [event for _, event, _ in listener.heard] == [OtherEvent.DOCUMENT_CREATED, OtherEvent.DOCUMENT_UPDATED]


def test_a_removed_document_is_gone_for_good(office: Office, documents: Documents, listener: Listener) -> None:
    job = finished(office)
    document = a_document(office, job)
    documents.add(job, document)
    documents.remove(job, document)
    for act in (documents.remove, documents.change):
        with pytest.raises(NotFound):
            act(job, document)
    with pytest.raises(NotFound):
        documents.find(job, document.id)
    assert [event for _, event, _ in listener.heard] == [OtherEvent.DOCUMENT_CREATED, OtherEvent.DOCUMENT_DELETED]


def test_a_job_that_was_deleted_meanwhile_gets_no_document(office: Office, documents: Documents) -> None:
    job = finished(office)
    office.lookup.delete(job.tenant_id, job.id)
    with pytest.raises(NotFound):
        documents.add(job, a_document(office, job))


@pytest.mark.parametrize("act", ["add", "change", "remove"])
def test_a_job_is_deleted_while_something_is_told_of_its_document(office: Office, act: str) -> None:
    job = finished(office)
    document = a_document(office, job)
    deletions: list[Future[bool]] = []

    def delete() -> bool:
        also = [lambda connection, job: documents.remove_of_job(connection, job.id)]
        return office.jobs.delete(job, office.clock(), key_id=None, also=also)

    class Outbox:
        def tell(self, connection: sa.Connection, job: Job, _: str, *, subject: Mapping[str, Any]) -> None:
            deletions.append(threads.submit(delete))
            wait(deletions, 0.5)
            documents.put(connection, a_document(office, job))  # as a delivery, it names its job

    documents = Documents(DocumentStore(office.database), Outbox(), clock=office.clock)
    if act != "add":
        with office.database.write() as connection:
            documents.put(connection, document)
    with ThreadPoolExecutor(1) as threads:
        getattr(documents, act)(job, document)
        assert deletions[0].result()
    assert documents.of_job(job) == []
    for late in (documents.add, documents.change, documents.remove):
        with pytest.raises(NotFound):
            late(job, document)


def test_another_jobs_document_is_not_found(office: Office, documents: Documents) -> None:
    job, other = finished(office), finished(office)
    document = a_document(office, job)
    documents.add(job, document)
    for wrong in (document.id, "\x00", "", "x" * 36):
        with pytest.raises(NotFound):
            documents.find(other, wrong)


def test_the_first_document_of_each_job_stands_for_it(office: Office, documents: Documents) -> None:
    job, without = finished(office), finished(office)
    first = a_document(office, job)
    office.clock.turn(1)
    documents.add(job, a_document(office, job, DocumentKind.TEXT))
    documents.add(job, first)
    assert documents.first_of([job, without]) == {job.id: first}
    assert documents.first_of([]) == {}


def test_documents_go_with_their_job(office: Office, documents: Documents) -> None:
    job, other = finished(office), finished(office)
    for one in (job, other):
        documents.add(one, a_document(office, one))
    with office.database.write() as connection:
        documents.remove_of_job(connection, job.id)
    assert (documents.of_job(job), len(documents.of_job(other))) == ([], 1)
