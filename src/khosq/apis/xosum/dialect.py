"""How Xosum words its webhooks. The secret travels in the body; there is no signature and no second try."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from khosq.apis.xosum.mapping import from_outcome
from khosq.delivery.dialect import Endpoint, Letter
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.results import Outcome
from khosq.serving.answers import to_json


class XosumDialect:
    """Wording of the events of the account's ``webhookURL``."""

    events: Mapping[JobEvent, str] = MappingProxyType({JobEvent.COMPLETED: "transcript_ready"})
    offsets: tuple[float, ...] = (0.0,)
    deadline = 10.0

    def letter(self, event: str, *, job: Job, outcome: Outcome, endpoint: Endpoint, link: str) -> Letter:
        """Return the body that tells a receiver of a finished transcript."""
        body = {
            "event_type": event,
            "secret": endpoint.secret,
            "docId": job.id,
            "metadata": job.metadata,
            "link": link,
            **from_outcome(job, outcome),
        }
        return Letter(to_json(body), {"content-type": "application/json"})
