"""How Scriptix words its webhooks: two ids and no transcript; there is no signature."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from khosq.delivery.dialect import Letter, Message, OtherEvent, Policy
from khosq.jobs.job import JobEvent
from khosq.serving.answers import to_json

SESSION_DONE = "session.done"
DOCUMENT_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        OtherEvent.DOCUMENT_CREATED: "document.created",
        OtherEvent.DOCUMENT_UPDATED: "document.updated",
        OtherEvent.DOCUMENT_DELETED: "document.deleted",
    }
)


class ScriptixDialect:
    """Wording of what the webhooks of sessions and documents are told."""

    events: Mapping[str, str] = MappingProxyType({JobEvent.COMPLETED: SESSION_DONE, **DOCUMENT_EVENTS})
    policy = Policy(offsets=(0.0, 60.0, 180.0, 480.0, 1380.0, 3180.0), deadline=20.0)
    hears_all_jobs = True  # each hears of one job only, and documents may be made of any

    def letter(self, message: Message) -> Letter:
        """Return what tells of a finished session, or of what happened to a document."""
        session = message.about.id
        headers = {"content-type": "application/json", "x-scriptix-session": session}
        if message.event == SESSION_DONE:
            return Letter(to_json({"sessionId": session, "zoom_id": session}), headers | {"x-zoom-session": session})
        document = message.subject["id"]
        return Letter(
            to_json({"sessionId": session, "documentId": document}), headers | {"x-scriptix-document": document}
        )
