"""How NeuronLens words its webhooks: one envelope, signed where the receiver has a secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from khosq.apis.neuronlens.mapping import STATE_WORDS, failure, moment
from khosq.delivery.dialect import Letter, Message, Policy
from khosq.jobs.job import JobEvent
from khosq.serving.answers import to_json

COMPLETED, FAILED = "transcription.completed", "transcription.failed"
EVENTS = (COMPLETED, FAILED)
SIGNATURE = "X-VInfer-Signature"

_MINUTE = 60.0


class NeuronLensDialect:
    """Wording of the events of a workspace's receivers."""

    events: Mapping[str, str] = MappingProxyType(
        {
            JobEvent.COMPLETED: COMPLETED,
            JobEvent.GIVEN_UP: FAILED,
            JobEvent.CANCELLED: FAILED,
            JobEvent.EXPIRED: FAILED,
        }
    )
    policy = Policy(offsets=(0.0, _MINUTE, 5 * _MINUTE, 30 * _MINUTE, 120 * _MINUTE), deadline=10.0)
    hears_all_jobs = False

    def letter(self, message: Message) -> Letter:
        """Return the envelope of an event; the results themselves are fetched by the receiver."""
        job = message.about
        about: dict[str, Any] = {"job_id": job.id, "status": STATE_WORDS[job.state], "metadata": job.metadata}
        if (error := failure(job)) is not None:
            about["error"] = error
        body = to_json(
            {
                "id": f"evt_{message.id}",
                "event": message.event,
                "created_at": moment(message.happened_at),
                "data": about,
            }
        )
        return Letter(body, {"content-type": "application/json", **sign(message.endpoint.secret, body)})


def sign(secret: str, body: bytes) -> dict[str, str]:
    """Return the header that proves a body; none without a secret."""
    if not secret:
        return {}
    return {SIGNATURE: f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}
