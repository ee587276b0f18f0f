"""What a face is, and the desk behind it: everything a face may ask of the core."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.clock import Clock
from khosq.delivery.dialect import Dialect
from khosq.errors import Invalid, KhosqError
from khosq.jobs.lookup import Lookup
from khosq.jobs.submission import Submissions
from khosq.media.recording import MediaType, StoredRecording
from khosq.serving.addresses import base_url
from khosq.serving.door import Door
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.rate_limits import RateLimits

Briefly = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs what only looks into the database; returns what that returns."""


class Intake(Protocol):
    """Stores a recording as it comes; see ``media.intake.take_in``."""

    async def __call__(
        self, chunks: AsyncIterator[bytes], *, key: str, accept: frozenset[MediaType]
    ) -> StoredRecording:
        """Return what was stored under ``key``."""
        ...


class Languages(Protocol):
    """What can be transcribed here."""

    def can_serve(self, language: str) -> bool:
        """Tell whether a model that is allowed here serves this language tag."""
        ...

    def missing_model(self, language: str) -> str:
        """Return a sentence that names the command which would make it possible."""
        ...


@dataclass(frozen=True)
class Desk:
    """What a face may ask of the core."""

    api_keys: ApiKeys
    rate_limits: RateLimits
    submissions: Submissions
    lookup: Lookup
    intake: Intake
    discard: Callable[[StoredRecording], None]
    """Deletes a recording that no job took."""
    languages: Languages
    check_disk: Callable[[], None]
    """Raises ``Unavailable`` when nothing more should be taken in."""
    clock: Clock
    secret: bytes
    """Signs links and sessions."""
    default_language: str
    upload_ttl: timedelta
    body_timeout: float
    """Seconds; see ``serving.bodies``."""
    briefly: Briefly = run_in_threadpool
    """Looks into the database: here and now where it is a file, in a thread where it is behind a network."""
    public_url: str | None = None
    max_upload_bytes: int | None = None
    """A recording that says it is larger is refused before any of it is read; ``intake`` counts for itself."""

    def base_url(self, request: Request) -> str:
        """Return what our links begin with, without a slash at the end."""
        return base_url(request, self.public_url)

    def require_language(self, language: str, *, field: str) -> None:
        """Refuse a language that nothing here can transcribe.

        Raises:
            Invalid: names the command that would change this.

        """
        if not self.languages.can_serve(language):
            raise Invalid(f"{field}: {self.languages.missing_model(language)}", field=field)


@dataclass(frozen=True)
class Face:
    """One vendor-shaped HTTP API."""

    name: str
    title: str
    owns: Callable[[str], bool]
    """Tells whether a path, known or not, belongs to this face."""
    build_router: Callable[[Desk], APIRouter]
    render_error: Callable[[KhosqError], Response]
    dialect: Dialect
    security_schemes: Mapping[str, Any] = field(
        default_factory=lambda: {"bearer": {"type": "http", "scheme": "bearer"}}
    )
    """How callers prove who they are, as OpenAPI words it."""

    def open(self, desk: Desk) -> Door:
        """Return the door through which this face's callers come."""
        return Door(
            self.name,
            self.title,
            self.owns,
            self.build_router(desk),
            self.render_error,
            documented=True,
            security_schemes=self.security_schemes,
        )
