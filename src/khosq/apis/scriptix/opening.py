"""Opening a session: the job, who is told of it and the document it is to have, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from khosq.apis.face import Desk
from khosq.apis.scriptix.clerk import DOOR
from khosq.apis.scriptix.dialect import DOCUMENT_EVENTS, SESSION_DONE
from khosq.apis.scriptix.errors import BodyRefused, LanguageRefused
from khosq.apis.scriptix.links import UPLOAD_TTL
from khosq.apis.scriptix.mapping import KINDS, cues_of, name_of_source, new_session_id, to_wishes
from khosq.apis.scriptix.reading import read_headers, read_language
from khosq.apis.scriptix.wire import CreateDocument, CreateSession, Told
from khosq.delivery.endpoint import Endpoint
from khosq.documents.document import Document, new_document
from khosq.errors import AddressRefused, Invalid
from khosq.identifiers import new_id
from khosq.jobs.job import Job
from khosq.jobs.submission import Submission
from khosq.tenants.api_keys import Caller

Act = Callable[[Any, Job], None]
"""Is done in the transaction that opens a job."""


class Opening:
    """Opens sessions, and makes documents ready to be kept."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def open(self, caller: Caller, creation: CreateSession, base_url: str, *, filename: str = "") -> Job:
        """Open a session.

        Raises:
            BodyRefused: a URL or a header cannot be used.
            LanguageRefused: nothing here can transcribe the language.

        """
        job_id, source = new_session_id(), creation.media_source
        also: list[Act] = self._told(caller, job_id, creation, (SESSION_DONE,))
        if creation.document is not None:
            also += self.document(caller, job_id, creation.document)[1]
        if source is not None:
            self.check_source(source, field="media_source")
            filename = name_of_source(source)
        language = self._served(creation.language)
        self._desk.check_disk()
        return self._desk.submissions.open(
            Submission(
                caller.tenant_id,
                caller.key_id,
                DOOR,
                to_wishes(creation, language),
                dict(creation.meta_data),
                base_url,
                job_id=job_id,
                filename=filename,
                source_url=source,
                upload_ttl=UPLOAD_TTL,
                also=tuple(also),
            )
        )

    def document(
        self, caller: Caller, job_id: str, creation: CreateDocument, *, prefix: str = "document."
    ) -> tuple[Document, list[Act]]:
        """Return a document, and what keeps it and its webhook in the transaction of its session.

        Raises:
            BodyRefused: a URL or a header cannot be used.

        """
        document = new_document(
            job_id,
            KINDS[creation.document_type],
            self._desk.clock(),
            filename=creation.filename or "",
            cues=cues_of(creation),
        )
        events = tuple(DOCUMENT_EVENTS.values())
        told = self._told(caller, job_id, creation, events, subject_id=document.id, prefix=prefix)
        return document, [lambda connection, _: self._desk.documents.put(connection, document), *told]

    def check_source(self, source: str, *, field: str) -> None:
        """Refuse a URL from which no recording could be fetched.

        Raises:
            BodyRefused: says why.

        """
        try:
            self._desk.check_source(source)
        except AddressRefused as error:
            raise BodyRefused(f"{field}: {error.message}", field=field) from error

    def _told(  # noqa: PLR0913 - an endpoint's parts
        self,
        caller: Caller,
        job_id: str,
        told: Told,
        events: Sequence[str],
        *,
        subject_id: str | None = None,
        prefix: str = "",
    ) -> list[Act]:
        if told.webhook_url is None:
            return []
        headers = read_headers(told.webhook_headers or (), field=f"{prefix}webhook_headers")
        try:
            self._desk.endpoints.check(told.webhook_url, headers, only_names=True)
        except AddressRefused as error:
            raise BodyRefused(f"{prefix}webhook_url: {error.message}", field=f"{prefix}webhook_url") from error
        except Invalid as error:
            raise BodyRefused(f"{prefix}webhook_headers: {error.message}", field=f"{prefix}webhook_headers") from error
        endpoint = Endpoint(
            new_id(),
            caller.tenant_id,
            DOOR,
            told.webhook_url,
            "",  # nothing is signed
            self._desk.clock(),
            told.webhook_method or "POST",
            headers,
            tuple(events),
            job_id=job_id,
            subject_id=subject_id,
        )
        return [lambda connection, _: self._desk.endpoints.put(connection, endpoint)]

    def _served(self, text: str) -> str:
        language = read_language(text)
        if not self._desk.languages.can_serve(language):
            missing = self._desk.languages.missing_model(language)
            raise LanguageRefused(f"Language {language!r} is not available. {missing}", field="language")
        return language
