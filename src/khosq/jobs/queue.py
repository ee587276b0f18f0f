"""The durable queue, as those who only put work into it see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from dbos._client import EnqueueOptions

JOBS = "jobs"
HOOKS = "hooks"


class Queue:
    """Enqueues and cancels durable workflows; runs none. Its tables are brought up to date first."""

    def __init__(self, engine: sa.Engine) -> None:
        from dbos import DBOS, DBOSClient  # noqa: PLC0415 - most of a second that commands without a queue need not wait

        DBOS.migrate(engine.url.render_as_string(hide_password=False))
        self._client = DBOSClient(system_database_engine=engine)

    def enqueue(  # noqa: PLR0913 - one enqueue's parts
        self,
        connection: sa.Connection | None,
        workflow: str,
        workflow_id: str,
        *args: Any,
        queue: str,
        partition: str | None = None,
        priority: int = 0,
        delay: float = 0.0,
    ) -> None:
        """Enqueue a workflow; the same id twice is one workflow.

        Args:
            connection: the transaction that also holds the row this work is about; None for one of its own.
            workflow: its registered name.
            workflow_id: its identity.
            args: what it is called with.
            queue: ``JOBS`` or ``HOOKS``.
            partition: whose share of the queue it takes.
            priority: 0 is served first within its partition.
            delay: seconds before it may start.

        """
        options: EnqueueOptions = {"workflow_name": workflow, "queue_name": queue, "workflow_id": workflow_id}
        if partition is not None:
            options["queue_partition_key"] = partition
        if priority:
            options["priority"] = priority
        if delay:
            options["delay_seconds"] = delay
        if connection is None:
            self._client.enqueue(options, *args)
        else:
            self._client.enqueue_in_transaction(connection, options, *args)

    def cancel(self, workflow_id: str) -> None:
        """Stop a workflow: waiting, it never starts; running, its step is interrupted."""
        self._client.cancel_workflow(workflow_id)

    def close(self) -> None:
        """Let go of the database."""
        self._client.destroy()
