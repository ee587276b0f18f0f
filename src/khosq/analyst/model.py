"""A language model behind any OpenAI-compatible address: Ollama, llama.cpp, vLLM or a hosted one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ssl import SSLContext
from typing import Any

import httpx2
from pydantic import ValidationError

from khosq import __version__
from khosq.analyst.tokens import estimate
from khosq.analyst.wire import Completion, Manner
from khosq.errors import Invalid, NeighbourFailed

LARGEST_ANSWER = 1024 * 1024
"""Bytes."""
SMALLEST_CONTEXT = 2048
"""Tokens."""

_OK, _BAD_REQUEST = 200, 400
_MAY_WAIT = frozenset({429, 503})


class NoAnswer(NeighbourFailed):
    """The language model gave no answer of use."""

    def __init__(self, message: str | None = None, *, tokens: int = 0) -> None:
        super().__init__(message)
        self.tokens = tokens
        """What it cost all the same."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    tokens: int
    """As the server counts them, question and answer; where it does not, an estimate."""
    is_cut: bool = False
    """It ended for want of room."""


@dataclass(frozen=True, slots=True)
class _Received:
    status: int
    retry_after: str
    body: bytes


class LanguageModel:
    """Asks the operator's model: no redirects, no proxies, no connections held, bounded in time and bytes.

    The address is the operator's own and may be a private one.
    """

    def __init__(  # noqa: PLR0913 - each is the operator's choice
        self,
        url: str,
        name: str,
        *,
        key: str | None = None,
        timeout: float = 60,
        patience: float = 900,
        context: int = 8192,
        at_once: int = 2,
    ) -> None:
        """Keep the operator's choices.

        Args:
            url: what ``/chat/completions`` is put behind.
            name: of the model, as its server knows it.
            key: sent as a bearer token.
            timeout: seconds for one question, from its start to the answer's last byte, waits included.
            patience: seconds for all questions about one finding.
            context: tokens that the model can hold, question and answer.
            at_once: questions at the same time.

        Raises:
            Invalid: a choice that cannot be.

        """
        if not url.startswith(("http://", "https://")) or "@" in url or not name or context < SMALLEST_CONTEXT:
            text = f"A language model has an http address without a password, a name, and at least {SMALLEST_CONTEXT}"
            raise Invalid(f"{text} tokens of context.")
        if not (key or "").isascii() or not (key or "x").isprintable():
            raise Invalid("The language model's key has a character that no key has.")
        self.name = name
        self.context = context
        self.turns = asyncio.Semaphore(at_once)
        """Take one while asking."""
        self.patience = patience
        """Seconds for everything that is asked for one finding."""
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._timeout = timeout
        self._headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"khosq/{__version__}",
        } | ({"Authorization": f"Bearer {key}"} if key else {})
        self._manner = Manner()

    async def complete(self, system: str, user: str, schema: Mapping[str, Any], *, most_tokens: int) -> Reply:
        """Return an answer to one question.

        Args:
            system: what is to be done.
            user: with what.
            schema: what the answer has to look like; it may not.
            most_tokens: how long the answer may be.

        Raises:
            NoAnswer: there is none; says why without repeating anything that the server said.

        """
        asked = estimate(system) + estimate(user)
        try:
            async with asyncio.timeout(self._timeout):
                received = await self._patiently(system, user, schema, most_tokens)
        except TimeoutError as error:
            text = f"The language model did not answer within {self._timeout:g} seconds."
            raise NoAnswer(text, tokens=asked) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise NoAnswer("The language model's server could not be reached or broke off.") from error
        return _read(received, asked)

    async def _patiently(self, system: str, user: str, schema: Mapping[str, Any], most_tokens: int) -> _Received:
        """Ask until the server takes the question: without what it refuses, and once again where it asks to wait."""
        has_waited = False
        manner = self._manner
        while True:
            received = await self._post(manner.body(self.name, system, user, schema, most_tokens))
            if received.status == _OK:
                self._manner = manner
            if received.status == _BAD_REQUEST and (other := manner.without(received.body)):
                manner = other
                continue
            if received.status not in _MAY_WAIT or has_waited or not received.retry_after.isdecimal():
                return received
            if float(received.retry_after[:9]) >= self._timeout:
                return received
            await asyncio.sleep(float(received.retry_after))
            has_waited = True

    async def _post(self, body: bytes) -> _Received:
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=None, verify=self._certificates) as client,
            client.stream("POST", self._url, content=body, headers=self._headers) as response,
        ):
            taken = bytearray()
            async for piece in response.aiter_raw():
                taken += piece
                if len(taken) > LARGEST_ANSWER:
                    raise NoAnswer(f"The language model's answer is larger than {LARGEST_ANSWER} bytes.")
            return _Received(response.status_code, response.headers.get("Retry-After", "").strip(), bytes(taken))

    @cached_property
    def _certificates(self) -> SSLContext | bool:
        """Return whom to trust; reading the machine's certificates takes time that plain http can spare."""
        return httpx2.create_ssl_context() if self._url.startswith("https:") else False


def _read(received: _Received, asked: int) -> Reply:
    if received.status != _OK:
        raise NoAnswer(f"The language model's server answered {received.status}.")
    try:
        completion = Completion.model_validate_json(received.body)
    except ValidationError as error:
        raise NoAnswer("The language model's server did not answer in its protocol.", tokens=asked) from error
    text = completion.text
    tokens = asked + estimate(text) if completion.tokens is None else completion.tokens
    if completion.is_refusal:
        raise NoAnswer("The language model refused to answer.", tokens=tokens)
    return Reply(text, tokens, completion.is_cut)
