"""Links that carry their own authority, for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request

from khosq.clock import Clock
from khosq.jobs.job import Job
from khosq.media.uploads import sign_link, verify_link

UPLOAD_TTL = timedelta(hours=24)
DOWNLOAD_TTL = timedelta(hours=1)
MEDIA = "media"
"""What a link leads to that leads to no document."""

UPLOADS = "/api/v3/uploads/{sessionId}"
DOWNLOADS = "/api/v3/downloads/{owner}/{sessionId}/{what}"


class Links:
    """Makes links and knows its own again."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def upload(self, job: Job, base_url: str) -> tuple[str, datetime]:
        """Return where a session's recording may be sent, and until when."""
        expires = self._clock() + UPLOAD_TTL
        return self._signed("PUT", base_url, UPLOADS.format(sessionId=job.id), expires), expires

    def media(self, job: Job) -> str:
        """Return where a session's recording may be fetched."""
        return self.download(job, job.base_url, MEDIA)

    def download(self, job: Job, base_url: str, what: str, wishes: Mapping[str, str] | None = None) -> str:
        """Return where the media or a document of a session may be fetched; ``wishes`` are not the signature's."""
        path = DOWNLOADS.format(owner=job.tenant_id, sessionId=job.id, what=what)
        link = self._signed("GET", base_url, path, self._clock() + DOWNLOAD_TTL)
        return f"{link}&{urlencode(wishes)}" if wishes else link

    def verify(self, request: Request, template: str) -> None:
        """Accept a request that came by a link of ours, whose path is ``template`` filled in.

        Raises:
            LinkRefused: it was changed or has expired.

        """
        query = request.scope["query_string"].decode("latin-1")
        path = template.format(**request.path_params)
        verify_link(self._secret, method=request.method, path=path, query=query, now=self._clock())

    def _signed(self, method: str, base_url: str, path: str, expires: datetime) -> str:
        return f"{base_url}{path}?{sign_link(self._secret, method=method, path=path, expires=expires)}"
