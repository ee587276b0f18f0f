"""A message as dialects get it to word."""

from __future__ import annotations

from typing import Any

from khosq.delivery.dialect import Message
from khosq.delivery.endpoint import Endpoint
from khosq.errors import NotFound
from khosq.jobs.job import Job
from khosq.jobs.results import Outcome


def an_endpoint(job: Job, **parts: Any) -> Endpoint:
    """Return an endpoint at the door that made ``job``."""
    given: dict[str, Any] = {
        "url": "https://receiver.example.org/hook",
        "secret": "s3cr3t",
        "created_at": job.created_at,
    } | parts
    return Endpoint(id="endpoint1", tenant_id=job.tenant_id, door=job.door, **given)


def a_message(event: str, job: Job, outcome: Outcome | None = None, **parts: Any) -> Message:
    """Return what a dialect is told of ``job``, at the moment of its creation unless ``parts`` say otherwise."""

    def read_outcome(_: Job) -> Outcome:
        if outcome is None:
            raise NotFound
        return outcome

    given: dict[str, Any] = {
        "happened_at": job.created_at,
        "sent_at": job.created_at,
        "endpoint": an_endpoint(job),
    } | parts
    return Message(id="message1", event=event, job=job, read_outcome=read_outcome, **given)
