"""The client; made by ``scripts/client.py`` from its twin for asyncio."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx2
from pydantic import BaseModel

from khosq.client import models, sources
from khosq.client.addresses import api_of
from khosq.client.errors import ConnectionFailed, JobFailed, refusal
from khosq.client.options import JobOptions
from khosq.client.retrying import wait_after, wait_without_answer
from khosq.client.sources import Source
from khosq.client.sync_resources import (
    Analyses,
    Deliveries,
    Endpoints,
    Jobs,
    Keys,
    Recordings,
)

M = TypeVar("M", bound=BaseModel)


class Client:
    """Calls one khosq server with one API key."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 60.0,
        attempts: int = 5,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Open a client; close it, or use it in ``async with``.

        Args:
            base_url: the server's, such as ``https://asr.example.org``.
            key: an API key.
            timeout: seconds that a server may be silent.
            attempts: how often a call is tried that meets a busy server or a broken connection.
            transport: replaces the network.

        Raises:
            BadAddress: ``base_url`` is not the address of a server.

        """
        self.base = api_of(base_url)
        self._authority = {"authorization": f"Bearer {key}"}
        self.attempts = attempts
        self._http = httpx2.Client(timeout=timeout, transport=transport)
        self.jobs = Jobs(self)
        self.recordings = Recordings(self)
        self.analyses = Analyses(self)
        self.endpoints = Endpoints(self)
        self.deliveries = Deliveries(self)
        self.keys = Keys(self)

    def transcribe(
        self, source: Source, *, within: float | None = None, **options: Unpack[JobOptions]
    ) -> models.Transcript:
        """Return what is said in a recording.

        Args:
            source: a path, bytes, an open file, or a URL that the server fetches.
            within: seconds to wait for it; None: as long as it takes.
            options: ``language``, ``speakers`` and the like.

        Raises:
            JobFailed: the recording cannot be transcribed.
            WaitedTooLong: the job is not done yet; it goes on.

        """
        job = self.jobs.wait((self.jobs.submit(source, **options)).id, within=within)
        if job.state != "succeeded":
            raise JobFailed(job)
        return self.jobs.transcript(job.id)

    def get_usage(self, *, first: date | None = None, last: date | None = None) -> models.Usage:
        """Return what was transcribed from one day to another."""
        return self.fetch(models.Usage, "GET", "/usage", params={"from": first, "to": last})

    def get_hotwords(self) -> Sequence[str]:
        """Return the words and names that are expected in all recordings of the account."""
        return (self.fetch(models.AccountHotwords, "GET", "/hotwords")).terms

    def set_hotwords(self, terms: Sequence[str]) -> Sequence[str]:
        """Expect these words and names from now on; return them as they are kept. Needs the scope ``admin``."""
        return (self.fetch(models.AccountHotwords, "PUT", "/hotwords", body={"terms": list(terms)})).terms

    def get_analytics(self, *, first: date | None = None, last: date | None = None) -> models.Analytics:
        """Return what all calls say together from one day to another."""
        return self.fetch(models.Analytics, "GET", "/analytics", params={"from": first, "to": last})

    def get_preferences(self) -> models.Preferences:
        """Return what the account chose for its analyses."""
        return self.fetch(models.Preferences, "GET", "/preferences")

    def set_preferences(self, **chosen: Any) -> models.Preferences:
        """Choose ``intents``, ``redact``, ``redaction_rules`` and ``agent_channel``. Needs the scope ``admin``."""
        return self.fetch(models.Preferences, "PUT", "/preferences", body=chosen)

    def list_models(self) -> Sequence[models.Model]:
        """Return every model that the server knows."""
        return (self.fetch(models.Models, "GET", "/models")).data

    def list_languages(self) -> Sequence[models.Language]:
        """Return every language, with the model that would hear it now."""
        return (self.fetch(models.Languages, "GET", "/languages")).data

    def get_limits(self) -> models.Limits:
        """Return what the server accepts."""
        return self.fetch(models.Limits, "GET", "/limits")

    def close(self) -> None:
        """Let go of every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def fetch(self, model: type[M], method: str, path: str, **more: Any) -> M:
        """Call an address and return its answer as ``model``; see ``call``."""
        return model.model_validate_json((self.call(method, path, **more)).content)

    def call(  # noqa: PLR0913 - one request's parts
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        source: sources.Opened | None = None,
        once: str | None = None,
        patience: float | None = None,
    ) -> httpx2.Response:
        """Call an address, again if that helps.

        Args:
            method: of HTTP.
            path: below ``/khosq/v1``; or a whole URL, which is called without the key.
            params: of the address; what is None is left out.
            body: sent as JSON.
            source: sent as it is.
            once: makes it safe to send again: the server does the same request once.
            patience: seconds that the server may be silent; None: the client's usual time.

        Raises:
            Refused: the server answered with a problem.
            ConnectionFailed: no answer came.

        """
        is_whole = path.startswith(("http://", "https://"))
        url, headers = (path, {}) if is_whole else (self.base + path, dict(self._authority))
        if once is not None:
            headers["idempotency-key"] = once
        if source is not None and source.size is not None:
            headers["content-length"] = str(source.size)
        repeatable = (once is not None or method != "POST") and (source is None or source.can_repeat)
        content = None if body is None else _json(body)
        if content is not None:
            headers["content-type"] = "application/json"
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._http.request(
                    method,
                    url,
                    params=_query(params) or None,  # an empty one would take a link's own away
                    content=_chunks(source) if source is not None else content,
                    headers=headers,
                    timeout=httpx2.USE_CLIENT_DEFAULT if patience is None else patience,
                )
            except httpx2.TransportError as error:
                wait = wait_without_answer(error, attempt, most=self.attempts, repeatable=repeatable)
                if wait is None:
                    raise ConnectionFailed(f"{method} {url.partition('?')[0]}: {error}") from error
            else:
                if answer.is_success:
                    return answer
                wait = wait_after(answer, attempt, most=self.attempts, repeatable=repeatable)
                if wait is None:
                    raise refusal(answer)
            time.sleep(wait)

    @contextmanager
    def stream(self, path: str, **headers: str) -> Iterator[httpx2.Response]:
        """Open an answer that is read as it comes."""
        with self._http.stream("GET", self.base + path, headers=self._authority | headers) as answer:
            if not answer.is_success:
                answer.read()
                raise refusal(answer)
            yield answer


def _chunks(source: sources.Opened) -> Iterator[bytes]:
    with source.open() as file:
        while block := file.read(sources.BLOCK_BYTES):
            yield block


def _query(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _plain(value) for name, value in (params or {}).items() if value is not None}


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in body.items() if value is not None}, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
