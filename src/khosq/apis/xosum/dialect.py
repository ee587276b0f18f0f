"""How Xosum words its webhooks. The secret travels in the body; there is no signature and no second try."""

from __future__ import annotations

from khosq.apis.xosum.mapping import from_outcome
from khosq.jobs.job import Job
from khosq.jobs.results import Outcome
from khosq.serving.answers import to_json


class XosumDialect:
    """Wording of the events of the account's ``webhookURL``."""

    def transcript_ready(self, *, job: Job, outcome: Outcome, secret: str, link: str) -> bytes:
        """Return the body that tells a receiver of a finished transcript."""
        return to_json(
            {
                "event_type": "transcript_ready",
                "secret": secret,
                "docId": job.id,
                "metadata": job.metadata,
                "link": link,
                **from_outcome(job, outcome),
            }
        )
