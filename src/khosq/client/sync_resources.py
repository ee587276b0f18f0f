"""What can be asked of a server, by resource; made by ``scripts/client.py`` from its twin for asyncio."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack
from uuid import uuid4

import httpx2

from khosq.client import models, sources
from khosq.client.errors import ConnectionFailed, WaitedTooLong
from khosq.client.options import Captions, CreateJob, JobOptions
from khosq.client.retrying import wait_without_answer
from khosq.client.sources import Source

if TYPE_CHECKING:
    from khosq.client.sync import Client

_FINAL = frozenset({"succeeded", "failed", "cancelled"})
_ONE_WAIT = 30.0
"""Seconds for which one request waits for a job: proxies on the way may cut longer ones."""
_SLACK = 30.0
"""Seconds beyond that in which its answer must have come."""


class Jobs:
    """Jobs."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, source: Source, **options: Unpack[JobOptions]) -> models.Job:
        """Ask for a transcript of a file, bytes, or what lies at a URL."""
        if sources.is_url(source):
            return self.create(source_url=str(source), **options)
        options.setdefault("filename", sources.opened(source).name)
        job = self.create(**options)
        self.upload(job, source)
        return self.get(job.id)

    def create(self, *, once: str | None = None, **options: Unpack[CreateJob]) -> models.Job:
        """Ask for a transcript of a recording that is here (``recording_id``), lies at ``source_url``, or is to come.

        Args:
            once: an idempotency key of your own; None: one for this call, so that a broken line makes no two jobs.
            options: what is wanted.

        """
        return self._client.fetch(models.Job, "POST", "/jobs", body=options, once=once or str(uuid4()))

    def create_batch(self, jobs: Sequence[CreateJob], *, once: str | None = None) -> Sequence[models.Job]:
        """Ask for up to 1,000 transcripts at once: all are accepted or none."""
        body = {"jobs": [*jobs]}
        made = self._client.fetch(models.JobBatch, "POST", "/jobs/batch", body=body, once=once or str(uuid4()))
        return made.data

    def upload(self, job: models.Job, source: Source) -> None:
        """Send the recording for which a job waits."""
        if job.upload is None:
            raise ValueError(f"{job.id} waits for no recording: it is {job.state}")
        self._client.call("PUT", job.upload.url, source=sources.opened(source))

    def get(self, job_id: str, *, wait: float | None = None) -> models.Job:
        """Return a job; with ``wait``, once it has ended, or after so many seconds (60 at most)."""
        patience = None if wait is None else wait + _SLACK
        return self._client.fetch(models.Job, "GET", f"/jobs/{job_id}", params={"wait": wait}, patience=patience)

    def wait(self, job_id: str, *, within: float | None = None) -> models.Job:
        """Return a job once it has ended, well or not.

        Raises:
            WaitedTooLong: it has not in ``within`` seconds.

        """
        until = None if within is None else time.monotonic() + within
        while True:
            left = _ONE_WAIT if until is None else min(_ONE_WAIT, max(0.0, until - time.monotonic()))
            job = self.get(job_id, wait=left)
            if job.state in _FINAL:
                return job
            if until is not None and time.monotonic() >= until:
                raise WaitedTooLong(f"{job_id} is still {job.state} after {within} s")

    def events(self, job_id: str) -> Iterator[models.JobEvent]:
        """Yield how far a job has come, each time it has come further, until it has ended; breaks are mended."""
        seen, attempt = "", 0
        while True:
            attempt += 1
            try:
                with self._client.stream(f"/jobs/{job_id}/events", **{"last-event-id": seen}) as answer:
                    name = ""
                    for line in answer.iter_lines():
                        field, _, value = line.partition(": ")
                        if field == "event":
                            name = value
                        elif field == "id":
                            seen, attempt = value, 0
                        elif field == "data" and name in {"update", "end"}:
                            yield models.JobEvent.model_validate_json(value)
                    if name in {"end", "deleted"} or answer.status_code == httpx2.codes.NO_CONTENT:
                        return
            except httpx2.TransportError as error:
                wait = wait_without_answer(error, attempt, most=self._client.attempts, repeatable=True)
                if wait is None:
                    raise ConnectionFailed(f"GET {self._client.base}/jobs/{job_id}/events: {error}") from error
                time.sleep(wait)

    def list(
        self,
        *,
        state: str | Sequence[str] | None = None,
        api: str | None = None,
        begun_from: datetime | None = None,
        begun_before: datetime | None = None,
    ) -> Iterator[models.Job]:
        """Yield jobs, newest first, as many pages as there are."""
        asked = {"state": state, "api": api, "from": begun_from, "to": begun_before}
        for page in _pages(self._client, models.JobPage, "/jobs", asked):
            yield from page.data

    def cancel(self, job_id: str) -> models.Job:
        """Stop a job."""
        return self._client.fetch(models.Job, "POST", f"/jobs/{job_id}/cancel")

    def delete(self, job_id: str) -> models.Deletion:
        """Delete a job and all that was made of it; return the proof."""
        return self._client.fetch(models.Deletion, "DELETE", f"/jobs/{job_id}")

    def deletion(self, job_id: str) -> models.Deletion:
        """Return the proof that a job was deleted."""
        return self._client.fetch(models.Deletion, "GET", f"/deletions/{job_id}")

    def transcript(self, job_id: str) -> models.Transcript:
        """Return what a job made."""
        return self._client.fetch(models.Transcript, "GET", f"/jobs/{job_id}/transcript")

    def findings(self, job_id: str) -> Sequence[models.Finding]:
        """Return what was found in a job: measures, summary, scores and the like."""
        return (self._client.fetch(models.Findings, "GET", f"/jobs/{job_id}/findings")).data

    def export(self, job_id: str, file_format: str, **captions: Unpack[Captions]) -> bytes:
        """Return a transcript as a file, such as ``srt``, ``docx`` or ``pdf``."""
        answer = self._client.call("GET", f"/jobs/{job_id}/exports/{file_format}", params=captions)
        return answer.content


class Analyses:
    """Runs that look for something in calls which have their transcript."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(  # noqa: PLR0913 - one choice each
        self,
        *,
        features: Sequence[str] = (),
        scorecard_id: str | None = None,
        job_ids: Sequence[str] = (),
        api: str | None = None,
        begun_from: datetime | None = None,
        begun_before: datetime | None = None,
    ) -> models.Analysis:
        """Look for something in these jobs; with none named in all that succeeded, of an API and a range if given."""
        body = {
            "features": [*features],
            "scorecard_id": scorecard_id,
            "job_ids": [*job_ids],
            "api": api,
            "from": begun_from,
            "to": begun_before,
        }
        return self._client.fetch(models.Analysis, "POST", "/analyses", body=body, once=str(uuid4()))

    def get(self, analysis_id: str) -> models.Analysis:
        """Return a run as it is."""
        return self._client.fetch(models.Analysis, "GET", f"/analyses/{analysis_id}")

    def list(self) -> Iterator[models.Analysis]:
        """Yield runs, newest first, as many pages as there are."""
        for page in _pages(self._client, models.AnalysisPage, "/analyses", {}):
            yield from page.data


class Recordings:
    """Recordings that stay until they are deleted."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, source: Source, *, filename: str | None = None) -> models.Recording:
        """Upload a recording."""
        given = sources.opened(source)
        params = {"filename": given.name if filename is None else filename}
        return self._client.fetch(models.Recording, "POST", "/recordings", params=params, source=given)

    def create_upload(self, *, expires_in: int = 3600) -> models.UploadOfRecording:
        """Return a link to which somebody without a key may ``PUT`` one recording."""
        body = {"expires_in": expires_in}
        return self._client.fetch(models.UploadOfRecording, "POST", "/recordings/uploads", body=body)

    def get(self, recording_id: str) -> models.Recording:
        """Return what is known of a recording."""
        return self._client.fetch(models.Recording, "GET", f"/recordings/{recording_id}")

    def list(self) -> Iterator[models.Recording]:
        """Yield recordings, newest first, as many pages as there are."""
        for page in _pages(self._client, models.RecordingPage, "/recordings", {}):
            yield from page.data

    def download(self, recording_id: str, to: Path) -> None:
        """Write a recording's bytes to a file."""
        with self._client.stream(f"/recordings/{recording_id}/audio") as answer, to.open("wb") as file:
            for block in answer.iter_bytes():
                file.write(block)

    def delete(self, recording_id: str) -> None:
        """Remove a recording's bytes."""
        self._client.call("DELETE", f"/recordings/{recording_id}")


class Endpoints:
    """Receivers of events."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self,
        url: str,
        *,
        events: Sequence[str] = ("*",),
        description: str = "",
        headers: Mapping[str, str] | None = None,
        secret: str | None = None,
    ) -> models.EndpointWithSecret:
        """Be told of events at ``url``; the secret that verifies them is shown this once."""
        body = {
            "url": url,
            "events": list(events),
            "description": description,
            "headers": dict(headers or {}),
            "secret": secret,
        }
        once = str(uuid4())
        return self._client.fetch(models.EndpointWithSecret, "POST", "/endpoints", body=body, once=once)

    def list(self) -> Sequence[models.Endpoint]:
        """Return every endpoint, oldest first."""
        return (self._client.fetch(models.Endpoints, "GET", "/endpoints")).data

    def get(self, endpoint_id: str) -> models.Endpoint:
        """Return an endpoint."""
        return self._client.fetch(models.Endpoint, "GET", f"/endpoints/{endpoint_id}")

    def change(self, endpoint_id: str, **changes: Any) -> models.Endpoint:
        """Change ``url``, ``events``, ``description`` or ``headers``."""
        return self._client.fetch(models.Endpoint, "PATCH", f"/endpoints/{endpoint_id}", body=changes)

    def rotate(self, endpoint_id: str, *, overlap_seconds: int = 86_400) -> models.EndpointWithSecret:
        """Give an endpoint another secret; the one before signs too until the overlap is over."""
        body = {"overlap_seconds": overlap_seconds}
        path = f"/endpoints/{endpoint_id}/rotate"
        return self._client.fetch(models.EndpointWithSecret, "POST", path, body=body)

    def pause(self, endpoint_id: str) -> models.Endpoint:
        """Be told nothing for a while."""
        return self._client.fetch(models.Endpoint, "POST", f"/endpoints/{endpoint_id}/pause")

    def resume(self, endpoint_id: str) -> models.Endpoint:
        """Be told again."""
        return self._client.fetch(models.Endpoint, "POST", f"/endpoints/{endpoint_id}/resume")

    def delete(self, endpoint_id: str) -> None:
        """Be told no more."""
        self._client.call("DELETE", f"/endpoints/{endpoint_id}")


class Deliveries:
    """The log of what endpoints were told."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(
        self, *, endpoint_id: str | None = None, job_id: str | None = None, state: str | None = None
    ) -> Iterator[models.Delivery]:
        """Yield deliveries, newest first, as many pages as there are."""
        asked = {"endpoint_id": endpoint_id, "job_id": job_id, "state": state}
        for page in _pages(self._client, models.DeliveryPage, "/deliveries", asked):
            yield from page.data

    def get(self, delivery_id: str) -> models.DeliveryWithAttempts:
        """Return a delivery and every try at it."""
        return self._client.fetch(models.DeliveryWithAttempts, "GET", f"/deliveries/{delivery_id}")

    def replay(self, delivery_id: str) -> models.Delivery:
        """Deliver once more."""
        return self._client.fetch(models.Delivery, "POST", f"/deliveries/{delivery_id}/replay")


class Keys:
    """API keys; a key with the scope ``admin`` is needed."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self, *, name: str = "", scope: str = "write", api: str | None = None, expires_at: datetime | None = None
    ) -> models.ApiKeyWithSecret:
        """Make a key; its secret is shown this once."""
        body = {"name": name, "scope": scope, "api": api, "expires_at": expires_at}
        return self._client.fetch(models.ApiKeyWithSecret, "POST", "/keys", body=body)

    def list(self) -> Sequence[models.ApiKey]:
        """Return every key, oldest first."""
        return (self._client.fetch(models.ApiKeys, "GET", "/keys")).data

    def revoke(self, key_id: str) -> None:
        """End a key at once."""
        self._client.call("DELETE", f"/keys/{key_id}")


P = TypeVar("P", models.JobPage, models.RecordingPage, models.DeliveryPage, models.AnalysisPage)


def _pages(client: Client, model: type[P], path: str, asked: Mapping[str, Any]) -> Iterator[P]:
    cursor: str | None = None
    while True:
        page = client.fetch(model, "GET", path, params={**asked, "limit": 100, "cursor": cursor})
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
