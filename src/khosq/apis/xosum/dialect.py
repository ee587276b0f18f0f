"""How Xosum words its webhooks. The secret travels in the body; there is no signature and no second try."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from khosq.apis.xosum.mapping import from_checklist, from_outcome
from khosq.delivery.dialect import Letter, Message, OtherEvent, Policy
from khosq.jobs.job import JobEvent
from khosq.serving.answers import to_json

TRANSCRIPT_READY, ANALYSIS_READY = "transcript_ready", "analysis_ready"


class XosumDialect:
    """Wording of the events of the account's ``webhookURL``."""

    events: Mapping[str, str] = MappingProxyType(
        {JobEvent.COMPLETED: TRANSCRIPT_READY, OtherEvent.SCORED: ANALYSIS_READY}
    )
    policy = Policy(offsets=(0.0,), deadline=10.0)
    hears_all_jobs = False

    def letter(self, message: Message) -> Letter:
        """Return the body that tells a receiver of a finished transcript, or of its checklist."""
        job = message.about
        outcome = message.read_outcome(job)
        if message.event == ANALYSIS_READY:
            made = from_checklist(job, message.subject["scorecard_id"], outcome)
        else:
            made = from_outcome(job, outcome)
        body = {
            "event_type": message.event,
            "secret": message.endpoint.secret,
            "docId": job.id,
            "metadata": job.metadata,
            "link": message.link,
            **made,
        }
        return Letter(to_json(body), {"content-type": "application/json"})
