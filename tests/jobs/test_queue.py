from __future__ import annotations

import time

import sqlalchemy as sa
from tests.stores import Office, at_once

from khosq.identifiers import new_id
from khosq.jobs.queue import HOOKS, JOBS, Queue


def waiting(office: Office, workflow_id: str) -> list[tuple[str, float]]:
    table = "workflow_status" if office.database.is_sqlite else "dbos.workflow_status"
    statement = sa.text(f"SELECT status, delay_until_epoch_ms FROM {table} WHERE workflow_uuid = :id")  # noqa: S608 - ours
    with office.database.read() as connection:
        return [(row[0], row[1]) for row in connection.execute(statement, {"id": workflow_id})]


def test_the_same_id_twice_is_one_workflow(office: Office) -> None:
    workflow_id = new_id()
    for _ in range(2):
        office.queue.enqueue(None, "process", workflow_id, "one", queue=JOBS, partition="t")
    assert len(waiting(office, workflow_id)) == 1


def test_an_entry_lives_and_dies_with_its_transaction(office: Office) -> None:
    kept, lost, queue = new_id(), new_id(), office.queue
    with office.database.write() as connection:
        queue.enqueue(connection, "process", kept, queue=JOBS)
    with office.database.engine.connect() as connection, connection.begin() as transaction:
        queue.enqueue(connection, "process", lost, queue=JOBS)
        transaction.rollback()
    assert (len(waiting(office, kept)), len(waiting(office, lost))) == (1, 0)


def test_a_later_try_waits_in_the_database(office: Office) -> None:
    workflow_id, now = new_id(), time.time()
    office.queue.enqueue(None, "deliver", workflow_id, queue=HOOKS, delay=60)
    ((_, due),) = waiting(office, workflow_id)
    assert 55 < due / 1000 - now < 65


def test_cancelled_work_never_starts(office: Office) -> None:
    workflow_id = new_id()
    office.queue.enqueue(None, "process", workflow_id, queue=JOBS)
    office.queue.cancel(workflow_id)
    ((status, _),) = waiting(office, workflow_id)
    assert status == "CANCELLED"


def test_several_processes_may_open_the_queue_at_once(office: Office) -> None:
    queues = at_once([lambda: Queue(office.database.engine)] * 4)
    assert [type(one) for one in queues] == [Queue] * 4
