"""The core without doors and without engines: database, object store, and what is asked of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial

import sqlalchemy as sa

from khosq.analyses.analyses import Analyses
from khosq.analyses.store import AnalysisStore
from khosq.analysis.feature import IntentRule, Preferences, RedactionRule
from khosq.apis import FACES, load_face
from khosq.clock import Clock, system_clock
from khosq.delivery.dialect import Dialect, OtherEvent
from khosq.delivery.endpoint import Endpoint
from khosq.delivery.endpoints import Endpoints
from khosq.delivery.outbox import Outbox
from khosq.delivery.store import DeliveryStore
from khosq.documents.documents import Documents
from khosq.documents.store import DocumentStore
from khosq.errors import Invalid, Unavailable
from khosq.findings.finding import REDACTION, SCORECARD
from khosq.findings.store import FindingStore
from khosq.identifiers import new_id
from khosq.insights.insights import Insights
from khosq.insights.store import InsightStore
from khosq.jobs.job import Job, JobEvent
from khosq.jobs.lookup import Lookup
from khosq.jobs.queue import Queue
from khosq.jobs.results import Results
from khosq.jobs.store import InTransaction, JobStore, NodeStore, hold_job
from khosq.jobs.submission import Submissions
from khosq.media.partial import PartialUploads
from khosq.outbound.address import check_url, read_allow
from khosq.recordings.recordings import Recordings
from khosq.recordings.store import RecordingStore
from khosq.scorecards.review import KeptEvaluation
from khosq.scorecards.scorecards import Scorecards
from khosq.scorecards.store import EvaluationStore, ScorecardStore
from khosq.search.search import Search
from khosq.search.store import SearchStore
from khosq.settings import Settings
from khosq.storage.blobs import Blobs
from khosq.storage.database import Database
from khosq.tenants.accounts import Accounts
from khosq.tenants.api_keys import ApiKeys
from khosq.tenants.preferences import TenantPreferences
from khosq.tenants.rate_limits import RateLimits
from khosq.tenants.store import TenantStore, UsageStore

SUPERVISOR = "KHOSQ_SUPERVISOR"
"""Environment variable: process id of the server that started a worker, which does not outlive it."""
FIRST_TENANT = "default"


@dataclass(frozen=True)
class Core:
    """Everything below the doors, made when first asked for."""

    settings: Settings
    database: Database
    clock: Clock = system_clock

    @cached_property
    def secret(self) -> str:
        """Signs links and digests keys; made once and kept in the database unless the operator gives it."""
        return self.settings.secret_key or self._tenant_store.secret(secrets.token_urlsafe(32))

    @cached_property
    def accounts(self) -> Accounts:
        """Tenants and quotas."""
        return Accounts(self._tenant_store, clock=self.clock)

    @cached_property
    def keys(self) -> ApiKeys:
        """API keys."""
        return ApiKeys(self._tenant_store, secret=self.secret, clock=self.clock)

    @cached_property
    def rate_limits(self) -> RateLimits:
        """Requests a minute."""
        return RateLimits(self._tenant_store, clock=self.clock)

    @cached_property
    def blobs(self) -> Blobs:
        """Recordings and results."""
        return Blobs(self.settings.storage, min_free_bytes=self.settings.min_free_bytes)

    @cached_property
    def results(self) -> Results:
        """What jobs made."""
        return Results(self.blobs)

    @cached_property
    def jobs(self) -> JobStore:
        """Rows of jobs."""
        return JobStore(self.database)

    @cached_property
    def nodes(self) -> NodeStore:
        """Rows of workers."""
        return NodeStore(self.database)

    @cached_property
    def deliveries(self) -> DeliveryStore:
        """Rows of endpoints and deliveries."""
        return DeliveryStore(self.database)

    @cached_property
    def queue(self) -> Queue:
        """The durable queue."""
        return Queue(self.database.engine)

    @cached_property
    def submissions(self) -> Submissions:
        """Opens jobs."""
        upload_ttl = timedelta(seconds=self.settings.upload_ttl)
        return Submissions(self.jobs, self.queue, upload_ttl=upload_ttl, clock=self.clock)

    @cached_property
    def lookup(self) -> Lookup:
        """Finds and cancels jobs."""
        forget: list[InTransaction] = [
            lambda connection, job: self.documents.remove_of_job(connection, job.id),
            lambda connection, job: self.deliveries.remove_of_job(connection, job.id),
            lambda connection, job: self.insights.remove_of_job(connection, job.id),
            lambda connection, job: self.scorecards.remove_of_job(connection, job.id),
            lambda connection, job: self.analyses.remove_of_job(connection, job.id),
            lambda connection, job: self.search.remove_of_job(connection, job.id),
        ]
        return Lookup(
            self.jobs, self.results, self.findings, self.queue, tell=self.telling, forget=forget, clock=self.clock
        )

    @cached_property
    def recording_rows(self) -> RecordingStore:
        """Rows of recordings."""
        return RecordingStore(self.database)

    @cached_property
    def recordings(self) -> Recordings:
        """Recordings that are here for themselves."""
        return Recordings(self.recording_rows, self.blobs, self.jobs.erase_recording, clock=self.clock)

    @cached_property
    def documents(self) -> Documents:
        """Documents of jobs."""
        return Documents(DocumentStore(self.database), self.outbox, clock=self.clock)

    @cached_property
    def scorecards(self) -> Scorecards:
        """Scorecards, and what came of them in jobs."""
        evaluations = EvaluationStore(self.database)
        return Scorecards(ScorecardStore(self.database), evaluations, clock=self.clock, reviewed=self._reviewed)

    @cached_property
    def uploads(self) -> PartialUploads:
        """Recordings that come piece by piece."""
        settings = self.settings
        ttl = timedelta(seconds=settings.resumable_ttl)
        return PartialUploads(
            self.blobs,
            max_bytes=settings.max_resumable_bytes,
            ttl=ttl,
            discard=self.recordings.drop,
            clock=self.clock,
        )

    @cached_property
    def findings(self) -> FindingStore:
        """Rows of what was found in jobs."""
        return FindingStore(self.database)

    @cached_property
    def insights(self) -> Insights:
        """What a tenant's calls say together."""
        return Insights(InsightStore(self.database), self.findings, clock=self.clock)

    @cached_property
    def search(self) -> Search:
        """What was said in calls."""
        return Search(SearchStore(self.database), self.lookup)

    @cached_property
    def usage(self) -> UsageStore:
        """What was transcribed."""
        return UsageStore(self.database)

    @cached_property
    def outbox(self) -> Outbox:
        """Writes the webhooks of what happens."""
        return Outbox(self.deliveries, self.queue, self.dialects, clock=self.clock)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where tenants want to be told."""
        allow = read_allow(self.settings.outbound_allow)
        check = partial(check_url, allow=allow, allow_http=self.settings.outbound_http)
        return Endpoints(self.deliveries, self.outbox, check, clock=self.clock)

    @cached_property
    def analyses(self) -> Analyses:
        """Analyses of old calls."""
        return Analyses(AnalysisStore(self.database), self.queue, told=self.analysed, clock=self.clock)

    def preferences(self, tenant_id: str) -> Preferences:
        """Return what a tenant chose for its analyses."""
        return _to_preferences(self.accounts.preferences(tenant_id))

    def set_preferences(self, tenant_id: str, preferences: TenantPreferences) -> None:
        """Set what a tenant chose for its analyses.

        Raises:
            Invalid: they cannot be followed.

        """
        from khosq.analysis.redaction.finding import check_rules  # noqa: PLC0415 - its words are many, and seldom needed

        chosen = _to_preferences(preferences)
        check_rules(chosen.redact, chosen.redaction_rules)
        self.accounts.set_preferences(tenant_id, preferences)

    def _reviewed(self, connection: sa.Connection, kept: KeptEvaluation) -> None:
        """Let a job's finding and what is counted of it follow an evaluation that a person changed."""
        job, name = hold_job(connection, kept.job_id), f"{SCORECARD}{kept.scorecard_id}"
        found = None if job is None else self.findings.in_job(connection, job.id).get(name)
        # an evaluation by another revision may be the one that counts now
        if job is not None and found is not None and (found.value or {}).get("evaluation_id") == kept.id:
            value = {**(found.value or {}), **kept.evaluation.to_json()}
            self.findings.put(connection, job.id, replace(found, value=value))
            self.insights.note(connection, job)

    def analysed(self, names: Sequence[str]) -> InTransaction:
        """Return what counts a job anew and tells that these were found in it, in the transaction of that."""

        def tell(connection: sa.Connection, job: Job) -> None:
            self.insights.note(connection, job)
            if REDACTION in names:
                self.search.note(connection, job, self.results.read(job.id).transcript)
            self.outbox.tell(connection, job, OtherEvent.ANALYSED, subject={"findings": list(names)})
            for name in names:
                if name.startswith(SCORECARD):
                    self._tell_scored(connection, job, name.removeprefix(SCORECARD))

        return tell

    def _tell_scored(self, connection: sa.Connection, job: Job, scorecard_id: str) -> None:
        self.outbox.tell(connection, job, OtherEvent.SCORED, subject={"scorecard_id": scorecard_id})

    def telling(self, event: JobEvent) -> InTransaction:
        """Return what writes the webhooks of ``event``, and of what is made by it, into its transaction."""

        def tell(connection: sa.Connection, job: Job) -> None:
            self.outbox.tell(connection, job, event)
            self.insights.note(connection, job)
            if event is JobEvent.COMPLETED:
                self.documents.made(connection, job)
                if job.wishes.scorecard_id is not None:
                    self._tell_scored(connection, job, job.wishes.scorecard_id)

        return tell

    @cached_property
    def dialects(self) -> Mapping[str, Dialect]:
        """How each API words its webhooks."""
        return {name: load_face(name).dialect for name in FACES}

    def first_key(self) -> str | None:
        """Make a first tenant where there is none; return its key."""
        if self.accounts.all():
            return None
        secret, _ = self.keys.create(FIRST_TENANT, "admin")
        return secret

    def set_account_webhook(self, tenant: str, *, url: str, secret: str, api: str | None) -> Endpoint:
        """Set where a tenant is told of the jobs that it made at one API; default: the API with account webhooks."""
        door = api or next(iter(self.dialects))
        if door not in self.dialects:
            raise Invalid(f"There is no API {door!r} here; there is {', '.join(self.dialects)}.", field="api")
        for field, value in (("url", url), ("secret", secret)):
            if not value or not value.isprintable():
                raise Invalid(f"A webhook's {field} is printable text.", field=field)
        endpoint = Endpoint(new_id(), self.accounts.named(tenant).id, door, url, secret, self.clock())
        return self.deliveries.set_account_endpoint(endpoint)

    @cached_property
    def _tenant_store(self) -> TenantStore:
        return TenantStore(self.database)


def _to_preferences(chosen: TenantPreferences) -> Preferences:
    return Preferences(
        tuple(IntentRule(one.name, one.phrases, one.language) for one in chosen.intents),
        chosen.redact,
        tuple(RedactionRule(one.name, one.pattern) for one in chosen.redaction_rules),
        chosen.agent_channel,
    )


@contextmanager
def open_core(settings: Settings) -> Iterator[Core]:
    """Open the database, its tables brought up to date, for as long as the block lasts."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(settings.database)
    except OSError as error:
        raise Unavailable(f"The data folder cannot be used: {error}") from error
    try:
        database.migrate()
        yield Core(settings, database)
    finally:
        database.close()
