"""How our own webhooks are worded: Standard Webhooks, thin enough to be kept by any receiver."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from khosq.apis.native.answers import plain
from khosq.apis.native.mapping import from_job
from khosq.apis.native.wire.webhooks import Event
from khosq.delivery.dialect import Letter, Message, OtherEvent
from khosq.delivery.standard_webhooks import POLICY, sign
from khosq.jobs.job import JobEvent
from khosq.serving.answers import to_json

_TOLD = (
    *("id", "api", "state", "language", "duration", "error", "warnings", "metadata"),
    *("created_at", "started_at", "ended_at"),
)
"""What is told of a job: what never changes once it has ended."""


class NativeDialect:
    """Wording of the events of our own endpoints, which hear of the jobs of every API."""

    events: Mapping[str, str] = MappingProxyType(
        {
            JobEvent.COMPLETED: "job.succeeded",
            JobEvent.GIVEN_UP: "job.failed",
            JobEvent.EXPIRED: "job.failed",
            JobEvent.CANCELLED: "job.cancelled",
            OtherEvent.ANALYSED: "job.analysed",
            OtherEvent.ENDPOINT_PAUSED: "endpoint.paused",
        }
    )
    policy = POLICY
    hears_all_jobs = True

    def letter(self, message: Message) -> Letter:
        """Return the signed body that tells of an event."""
        event = Event(type=message.event, timestamp=message.happened_at, data=_data(message))
        body = to_json(plain(event))
        secrets = message.endpoint.secrets_at(message.sent_at)
        return Letter(body, {"content-type": "application/json", **sign(secrets, message.id, message.sent_at, body)})


def _data(message: Message) -> dict[str, Any]:
    if message.job is None:
        return {"endpoint": dict(message.subject)}
    job = plain(from_job(message.job, now=message.happened_at))
    return {"job": {name: job[name] for name in _TOLD}}
