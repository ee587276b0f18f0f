"""What a face is, and the desk behind it: everything a face may ask of the core."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, BinaryIO, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.analyses.analyses import Analyses
from khosq.clock import Clock
from khosq.delivery.dialect import Dialect
from khosq.delivery.endpoints import Endpoints
from khosq.documents.documents import Documents
from khosq.errors import Invalid, KhosqError, NotFound, Refused
from khosq.identifiers import new_id
from khosq.insights.insight import Insight
from khosq.insights.insights import Insights
from khosq.jobs.job import FINAL, Chosen, Job, JobState, Tally
from khosq.jobs.lookup import Lookup
from khosq.jobs.submission import Submissions
from khosq.media.partial import PartialUploads
from khosq.media.recording import MediaType, StoredRecording
from khosq.recordings.recordings import Recordings
from khosq.scorecards.scorecards import Scorecards
from khosq.search.search import Search
from khosq.serving.addresses import base_url
from khosq.serving.door import Door
from khosq.serving.watch import Watch
from khosq.tenants.accounts import Accounts
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.preferences import TenantPreferences
from khosq.tenants.rate_limits import RateLimits
from khosq.tenants.tenant import UsageOfDay

Briefly = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs what only looks into the database; returns what that returns."""


class Intake(Protocol):
    """Stores a recording as it comes; see ``media.intake.take_in``."""

    async def __call__(
        self, chunks: AsyncIterator[bytes], *, key: str, accept: frozenset[MediaType]
    ) -> StoredRecording:
        """Return what was stored under ``key``."""
        ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that writes speech down, and whether it is here."""

    name: str
    kind: str
    """``production``, ``fallback`` or ``starter``."""
    languages: tuple[str, ...]
    """BCP 47 tags; a base language serves all its regions."""
    state: str
    """``ready``, ``on_demand`` (it is fetched when first needed) or ``absent``."""
    licence: str
    address: str
    """Where people read about it."""
    size_bytes: int | None
    caution: str | None
    """What a reader of its text must know, as part of a sentence."""


class Languages(Protocol):
    """What can be transcribed here."""

    def models(self) -> Sequence[ServedModel]:
        """Return every model that is known here, the better ones of a language first."""
        ...

    def can_serve(self, language: str) -> bool:
        """Tell whether a model that is allowed here serves this language tag."""
        ...

    def missing_model(self, language: str) -> str:
        """Return a sentence that names the command which would make it possible."""
        ...

    def can_identify(self) -> bool:
        """Tell whether a model here can find out which language is spoken."""
        ...

    def missing_identifier(self) -> str:
        """Return a sentence that names the command which would bring one here."""
        ...


@dataclass(frozen=True)
class Desk:
    """What a face may ask of the core."""

    api_keys: ApiKeys
    rate_limits: RateLimits
    submissions: Submissions
    lookup: Lookup
    watch: Watch
    """Tells when jobs have changed."""
    intake: Intake
    discard: Callable[[StoredRecording], None]
    """Deletes a recording that no job took."""
    recordings: Recordings
    endpoints: Endpoints
    documents: Documents
    scorecards: Scorecards
    analyses: Analyses
    search: Search
    insights: Insights
    features: Sequence[str]
    """Names of what can be found in a call."""
    set_preferences: Callable[[str, TenantPreferences], None]
    """Sets what a tenant chose for its analyses; raises ``Invalid`` where they could not follow it."""
    uploads: PartialUploads
    """Recordings that come piece by piece."""
    usage: Callable[[str, date, date], Sequence[UsageOfDay]]
    """What a tenant had transcribed from one day to another."""
    accounts: Accounts
    open_blob: Callable[[str], BinaryIO]
    """Opens a stored recording by its key, for reading anywhere in it."""
    check_source: Callable[[str], object]
    """Raises ``AddressRefused`` for a URL from which no recording could be fetched."""
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
    sync_wait: float
    """Seconds for which a request may wait for its transcript, where an API answers with that itself."""
    briefly: Briefly = run_in_threadpool
    """Looks into the database: here and now where it is a file, in a thread where it is behind a network."""
    public_url: str | None = None
    max_duration: float | None = None
    """Seconds of the longest recording."""
    max_upload_bytes: int | None = None
    """A recording that says it is larger is refused before any of it is read; ``intake`` counts for itself."""

    def base_url(self, request: Request) -> str:
        """Return what our links begin with, without a slash at the end."""
        return base_url(request, self.public_url)

    async def receive(self, chunks: AsyncIterator[bytes], *, accept: frozenset[MediaType]) -> StoredRecording:
        """Store a recording as it comes; see ``media.intake.take_in``. Nothing refers to it yet."""
        return await self.intake(chunks, key=f"recordings/{new_id()}", accept=accept)

    async def receive_upload(
        self, chunks: AsyncIterator[bytes], job_id: str, *, accept: frozenset[MediaType], filename: str = ""
    ) -> Job:
        """Store the recording of a job that waits for it, and queue the job.

        Raises:
            Refused: the job takes none, or none like this; it goes on waiting if it did.
            Unavailable: the store is full or away.

        """

        async def receive() -> tuple[str, StoredRecording]:
            return filename, await self.receive(chunks, accept=accept)

        return await self.take_upload(job_id, receive)

    async def take_upload(self, job_id: str, receive: Callable[[], Awaitable[tuple[str, StoredRecording]]]) -> Job:
        """Do what ``receive_upload`` does with a recording that ``receive`` returns, with its file's name."""
        begun = await run_in_threadpool(self._begin_upload, job_id)
        try:
            filename, stored = await receive()
        except Exception:
            await run_in_threadpool(self.submissions.break_off_upload, job_id, begun=begun)
            raise
        return await self.attach(job_id, stored, filename=filename)

    async def attach(self, job_id: str, stored: StoredRecording, *, filename: str = "") -> Job:
        """Give a job that waits for it a recording that is stored already, and queue the job."""
        try:
            return await run_in_threadpool(self.submissions.attach, job_id, stored, filename=filename)
        except Refused:  # surely not taken; after any other error it may have been
            await run_in_threadpool(self.discard, stored)
            raise

    def require_scorecard(self, tenant_id: str, scorecard_id: str | None, *, field: str, fault: str) -> None:
        """Refuse, as ``fault`` words it, a scorecard that scores nothing here; one that does stays from now on.

        Raises:
            Invalid: there is none of this id.

        """
        if scorecard_id is not None:
            try:
                self.scorecards.usable(tenant_id, scorecard_id)
            except NotFound as error:
                raise Invalid(fault, field=field) from error

    def calls(self, tenant_id: str, since: datetime, until: datetime) -> tuple[Insight, list[Tally]]:
        """Return what a tenant's calls of a range say that have ended, and how many of all stand where each day."""
        insight = self.insights.ended_calls(tenant_id, since, until)
        ended = [
            Tally(day, JobState(state), totals.calls, totals.seconds)
            for day, states in insight.days.items()
            for state, totals in states.items()
        ]
        in_flight = [state for state in JobState if state not in FINAL]
        going_on = self.lookup.tally(Chosen(tenant_id, states=in_flight, begun_from=since, begun_before=until))
        return insight, sorted([*ended, *going_on], key=lambda one: one.day)

    def _begin_upload(self, job_id: str) -> datetime:
        begun = self.submissions.begin_upload(job_id)
        self.check_disk()
        return begun

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
    meet: Callable[[Desk, Request], Awaitable[None]] | None = None
    """Meets a caller whose request no route takes; see ``Door``."""
    security_schemes: Mapping[str, Any] = field(
        default_factory=lambda: {"bearer": {"type": "http", "scheme": "bearer"}}
    )
    """How callers prove who they are, as OpenAPI words it."""
    schemas: Mapping[str, Any] = field(default_factory=dict)
    """What its routes' descriptions refer to, by name."""

    def open(self, desk: Desk) -> Door:
        """Return the door through which this face's callers come."""
        return Door(
            self.name,
            self.title,
            self.owns,
            self.build_router(desk),
            self.render_error,
            meet=partial(self.meet, desk) if self.meet else None,
            documented=True,
            security_schemes=self.security_schemes,
            schemas=self.schemas,
        )
