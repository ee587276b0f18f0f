"""What can be asked of a server, by resource; ``sync_resources`` is made from it by ``scripts/client.py``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
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
    from khosq.client.aio import AsyncClient

_FINAL = frozenset({"succeeded", "failed", "cancelled"})
_ONE_WAIT = 30.0
"""Seconds for which one request waits for a job: proxies on the way may cut longer ones."""
_SLACK = 30.0
"""Seconds beyond that in which its answer must have come."""


class AsyncJobs:
    """Jobs."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def submit(self, source: Source, **options: Unpack[JobOptions]) -> models.Job:
        """Ask for a transcript of a file, bytes, or what lies at a URL."""
        if sources.is_url(source):
            return await self.create(source_url=str(source), **options)
        options.setdefault("filename", sources.opened(source).name)
        job = await self.create(**options)
        await self.upload(job, source)
        return await self.get(job.id)

    async def create(self, *, once: str | None = None, **options: Unpack[CreateJob]) -> models.Job:
        """Ask for a transcript of a recording that is here (``recording_id``), lies at ``source_url``, or is to come.

        Args:
            once: an idempotency key of your own; None: one for this call, so that a broken line makes no two jobs.
            options: what is wanted.

        """
        return await self._client.fetch(models.Job, "POST", "/jobs", body=options, once=once or str(uuid4()))

    async def create_batch(self, jobs: Sequence[CreateJob], *, once: str | None = None) -> Sequence[models.Job]:
        """Ask for up to 1,000 transcripts at once: all are accepted or none."""
        body = {"jobs": [*jobs]}
        made = await self._client.fetch(models.JobBatch, "POST", "/jobs/batch", body=body, once=once or str(uuid4()))
        return made.data

    async def upload(self, job: models.Job, source: Source) -> None:
        """Send the recording for which a job waits."""
        if job.upload is None:
            raise ValueError(f"{job.id} waits for no recording: it is {job.state}")
        await self._client.call("PUT", job.upload.url, source=sources.opened(source))

    async def get(self, job_id: str, *, wait: float | None = None) -> models.Job:
        """Return a job; with ``wait``, once it has ended, or after so many seconds (60 at most)."""
        patience = None if wait is None else wait + _SLACK
        return await self._client.fetch(models.Job, "GET", f"/jobs/{job_id}", params={"wait": wait}, patience=patience)

    async def wait(self, job_id: str, *, within: float | None = None) -> models.Job:
        """Return a job once it has ended, well or not.

        Raises:
            WaitedTooLong: it has not in ``within`` seconds.

        """
        until = None if within is None else time.monotonic() + within
        while True:
            left = _ONE_WAIT if until is None else min(_ONE_WAIT, max(0.0, until - time.monotonic()))
            job = await self.get(job_id, wait=left)
            if job.state in _FINAL:
                return job
            if until is not None and time.monotonic() >= until:
                raise WaitedTooLong(f"{job_id} is still {job.state} after {within} s")

    async def events(self, job_id: str) -> AsyncIterator[models.JobEvent]:
        """Yield how far a job has come, each time it has come further, until it has ended; breaks are mended."""
        seen, attempt = "", 0
        while True:
            attempt += 1
            try:
                async with self._client.stream(f"/jobs/{job_id}/events", **{"last-event-id": seen}) as answer:
                    name = ""
                    async for line in answer.aiter_lines():
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
                await asyncio.sleep(wait)

    async def list(
        self,
        *,
        state: str | Sequence[str] | None = None,
        api: str | None = None,
        begun_from: datetime | None = None,
        begun_before: datetime | None = None,
    ) -> AsyncIterator[models.Job]:
        """Yield jobs, newest first, as many pages as there are."""
        asked = {"state": state, "api": api, "from": begun_from, "to": begun_before}
        async for page in _pages(self._client, models.JobPage, "/jobs", asked):
            for job in page.data:
                yield job

    async def cancel(self, job_id: str) -> models.Job:
        """Stop a job."""
        return await self._client.fetch(models.Job, "POST", f"/jobs/{job_id}/cancel")

    async def delete(self, job_id: str) -> models.Deletion:
        """Delete a job and all that was made of it; return the proof."""
        return await self._client.fetch(models.Deletion, "DELETE", f"/jobs/{job_id}")

    async def deletion(self, job_id: str) -> models.Deletion:
        """Return the proof that a job was deleted."""
        return await self._client.fetch(models.Deletion, "GET", f"/deletions/{job_id}")

    async def transcript(self, job_id: str) -> models.Transcript:
        """Return what a job made."""
        return await self._client.fetch(models.Transcript, "GET", f"/jobs/{job_id}/transcript")

    async def findings(self, job_id: str) -> Sequence[models.Finding]:
        """Return what was found in a job: measures, summary, scores and the like."""
        return (await self._client.fetch(models.Findings, "GET", f"/jobs/{job_id}/findings")).data

    async def export(self, job_id: str, file_format: str, **captions: Unpack[Captions]) -> bytes:
        """Return a transcript as a file, such as ``srt``, ``docx`` or ``pdf``."""
        answer = await self._client.call("GET", f"/jobs/{job_id}/exports/{file_format}", params=captions)
        return answer.content


class AsyncAnalyses:
    """Runs that look for something in calls which have their transcript."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create(  # noqa: PLR0913 - one choice each
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
        return await self._client.fetch(models.Analysis, "POST", "/analyses", body=body, once=str(uuid4()))

    async def get(self, analysis_id: str) -> models.Analysis:
        """Return a run as it is."""
        return await self._client.fetch(models.Analysis, "GET", f"/analyses/{analysis_id}")

    async def list(self) -> AsyncIterator[models.Analysis]:
        """Yield runs, newest first, as many pages as there are."""
        async for page in _pages(self._client, models.AnalysisPage, "/analyses", {}):
            for run in page.data:
                yield run


class AsyncRecordings:
    """Recordings that stay until they are deleted."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create(self, source: Source, *, filename: str | None = None) -> models.Recording:
        """Upload a recording."""
        given = sources.opened(source)
        params = {"filename": given.name if filename is None else filename}
        return await self._client.fetch(models.Recording, "POST", "/recordings", params=params, source=given)

    async def create_upload(self, *, expires_in: int = 3600) -> models.UploadOfRecording:
        """Return a link to which somebody without a key may ``PUT`` one recording."""
        body = {"expires_in": expires_in}
        return await self._client.fetch(models.UploadOfRecording, "POST", "/recordings/uploads", body=body)

    async def get(self, recording_id: str) -> models.Recording:
        """Return what is known of a recording."""
        return await self._client.fetch(models.Recording, "GET", f"/recordings/{recording_id}")

    async def list(self) -> AsyncIterator[models.Recording]:
        """Yield recordings, newest first, as many pages as there are."""
        async for page in _pages(self._client, models.RecordingPage, "/recordings", {}):
            for recording in page.data:
                yield recording

    async def download(self, recording_id: str, to: Path) -> None:
        """Write a recording's bytes to a file."""
        async with self._client.stream(f"/recordings/{recording_id}/audio") as answer:
            with to.open("wb") as file:
                async for block in answer.aiter_bytes():
                    await asyncio.to_thread(file.write, block)

    async def delete(self, recording_id: str) -> None:
        """Remove a recording's bytes."""
        await self._client.call("DELETE", f"/recordings/{recording_id}")


class AsyncEndpoints:
    """Receivers of events."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create(
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
        return await self._client.fetch(models.EndpointWithSecret, "POST", "/endpoints", body=body, once=once)

    async def list(self) -> Sequence[models.Endpoint]:
        """Return every endpoint, oldest first."""
        return (await self._client.fetch(models.Endpoints, "GET", "/endpoints")).data

    async def get(self, endpoint_id: str) -> models.Endpoint:
        """Return an endpoint."""
        return await self._client.fetch(models.Endpoint, "GET", f"/endpoints/{endpoint_id}")

    async def change(self, endpoint_id: str, **changes: Any) -> models.Endpoint:
        """Change ``url``, ``events``, ``description`` or ``headers``."""
        return await self._client.fetch(models.Endpoint, "PATCH", f"/endpoints/{endpoint_id}", body=changes)

    async def rotate(self, endpoint_id: str, *, overlap_seconds: int = 86_400) -> models.EndpointWithSecret:
        """Give an endpoint another secret; the one before signs too until the overlap is over."""
        body = {"overlap_seconds": overlap_seconds}
        path = f"/endpoints/{endpoint_id}/rotate"
        return await self._client.fetch(models.EndpointWithSecret, "POST", path, body=body)

    async def pause(self, endpoint_id: str) -> models.Endpoint:
        """Be told nothing for a while."""
        return await self._client.fetch(models.Endpoint, "POST", f"/endpoints/{endpoint_id}/pause")

    async def resume(self, endpoint_id: str) -> models.Endpoint:
        """Be told again."""
        return await self._client.fetch(models.Endpoint, "POST", f"/endpoints/{endpoint_id}/resume")

    async def delete(self, endpoint_id: str) -> None:
        """Be told no more."""
        await self._client.call("DELETE", f"/endpoints/{endpoint_id}")


class AsyncDeliveries:
    """The log of what endpoints were told."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def list(
        self, *, endpoint_id: str | None = None, job_id: str | None = None, state: str | None = None
    ) -> AsyncIterator[models.Delivery]:
        """Yield deliveries, newest first, as many pages as there are."""
        asked = {"endpoint_id": endpoint_id, "job_id": job_id, "state": state}
        async for page in _pages(self._client, models.DeliveryPage, "/deliveries", asked):
            for delivery in page.data:
                yield delivery

    async def get(self, delivery_id: str) -> models.DeliveryWithAttempts:
        """Return a delivery and every try at it."""
        return await self._client.fetch(models.DeliveryWithAttempts, "GET", f"/deliveries/{delivery_id}")

    async def replay(self, delivery_id: str) -> models.Delivery:
        """Deliver once more."""
        return await self._client.fetch(models.Delivery, "POST", f"/deliveries/{delivery_id}/replay")


class AsyncKeys:
    """API keys; a key with the scope ``admin`` is needed."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create(
        self, *, name: str = "", scope: str = "write", api: str | None = None, expires_at: datetime | None = None
    ) -> models.ApiKeyWithSecret:
        """Make a key; its secret is shown this once."""
        body = {"name": name, "scope": scope, "api": api, "expires_at": expires_at}
        return await self._client.fetch(models.ApiKeyWithSecret, "POST", "/keys", body=body)

    async def list(self) -> Sequence[models.ApiKey]:
        """Return every key, oldest first."""
        return (await self._client.fetch(models.ApiKeys, "GET", "/keys")).data

    async def revoke(self, key_id: str) -> None:
        """End a key at once."""
        await self._client.call("DELETE", f"/keys/{key_id}")


P = TypeVar("P", models.JobPage, models.RecordingPage, models.DeliveryPage, models.AnalysisPage)


async def _pages(client: AsyncClient, model: type[P], path: str, asked: Mapping[str, Any]) -> AsyncIterator[P]:
    cursor: str | None = None
    while True:
        page = await client.fetch(model, "GET", path, params={**asked, "limit": 100, "cursor": cursor})
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
