"""Whatever a transcription server of the widespread ``/audio/transcriptions`` kind hears.

The folder of such a model holds ``server.json``, which says where the server is and how to speak to it.
"""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import httpx2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT, RecognizerTraits
from khosq.speech.languages import base_language
from khosq.speech.tokens import spread
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

DESCRIPTION = "server.json"
LARGEST_ANSWER = 8 * 2**20
_CONNECT_WITHIN: Seconds = 5.0
_FULL_SCALE = 32_767
_EXCERPT = 200
_MAY_COME_BACK = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Server:
    """A transcription server, as its operator describes it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    address: Annotated[str, Field(pattern=r"^https?://[^/\s]+")]
    """Without ``/audio/transcriptions``."""
    model: str
    """By the server's own name."""
    key: Annotated[str, Field(pattern=r"^[!-~]+$")] | None = None
    """Sent as a bearer token."""
    answer: Literal["verbose_json", "json"] = "verbose_json"
    """The second for servers and models that give no word times."""
    timeout: Annotated[FiniteFloat, Field(gt=0)] = 120.0
    """Seconds for one chunk."""
    longest_chunk: Annotated[FiniteFloat, Field(gt=0)] = 30.0
    """Seconds of sound it hears well at once."""


class _Timed(BaseModel):
    start: FiniteFloat
    end: FiniteFloat
    word: str = ""
    text: str = ""


class _Answer(BaseModel):
    text: str = ""
    words: list[_Timed] | None = None
    segments: list[_Timed] | None = None


class Remote:
    """Sends each chunk to the server and returns what it wrote."""

    def __init__(self, model_dir: Path) -> None:
        path = model_dir / DESCRIPTION
        try:
            self._server = TypeAdapter(Server).validate_json(path.read_bytes())
        except OSError as error:
            raise EngineFailed(f"{path} cannot be read: {error.strerror}.") from error
        except ValidationError as error:  # its own text would repeat the key
            faults = [f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in error.errors()]
            raise EngineFailed(f"{path} does not describe a server: {'; '.join(faults)}.") from error
        self._name = httpx2.URL(self._server.address).netloc.decode().rpartition("@")[2]
        self._certificates = httpx2.create_ssl_context()
        self.traits = RecognizerTraits(
            longest_chunk=self._server.longest_chunk,
            gives_confidence=False,
            gives_word_times=self._server.answer == "verbose_json",
            takes_hotwords=True,
            punctuates=True,
        )

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        fields = {"model": self._server.model, "language": base_language(language), "temperature": "0"}
        fields["response_format"] = self._server.answer
        if self._server.answer == "verbose_json":
            fields["timestamp_granularities[]"] = "word"
        if prompt := ", ".join(filter(None, hotwords)):
            fields["prompt"] = prompt
        with self._connect() as client:
            return [tuple(self._hear(client, chunk, fields)) if len(chunk) >= TOO_SHORT else () for chunk in chunks]

    def _connect(self) -> httpx2.Client:
        key = self._server.key
        return httpx2.Client(
            timeout=httpx2.Timeout(self._server.timeout, connect=_CONNECT_WITHIN),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            verify=self._certificates,
            trust_env=False,
        )

    def _hear(self, client: httpx2.Client, chunk: Samples, fields: dict[str, str]) -> list[Word]:
        try:
            status, body = self._ask(client, _wav(chunk), fields)
        except httpx2.TimeoutException as error:
            raise self._too_slow() from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            reason = str(error) or type(error).__name__
            raise EngineFailed(f"The transcription server {self._name} cannot be reached: {reason}.") from error
        if status != httpx2.codes.OK:
            text = f"The transcription server {self._name} answered {status}: {_excerpt(body)}"
            is_final = not httpx2.codes.is_server_error(status) and status not in _MAY_COME_BACK
            raise ModelMissing(text) if is_final else EngineFailed(text)
        try:
            answer = _Answer.model_validate_json(body)
        except ValidationError as error:
            raise EngineFailed(f"The transcription server {self._name} gave no transcript: {_excerpt(body)}") from error
        return _words(answer, duration=len(chunk) / SAMPLE_RATE)

    def _ask(self, client: httpx2.Client, wav: bytes, fields: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and body of the answer, however slowly it drips in, within the time limit."""
        ends_at = time.monotonic() + self._server.timeout
        body = bytearray()
        address = f"{self._server.address.rstrip('/')}/audio/transcriptions"
        files = {"file": ("chunk.wav", wav, "audio/wav")}
        with client.stream("POST", address, data=fields, files=files) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise EngineFailed(f"The transcription server {self._name} answers without end.")
                if time.monotonic() > ends_at:
                    raise self._too_slow()
            return response.status_code, bytes(body)

    def _too_slow(self) -> EngineFailed:
        return EngineFailed(f"The transcription server {self._name} gave no answer within {self._server.timeout:g} s.")


def _words(answer: _Answer, *, duration: Seconds) -> list[Word]:
    """Return the words of an answer by the finest times that it has, inside ``duration``."""
    if answer.words:
        timed = [one for one in answer.words if one.word.strip()]
        texts = answer.text.split()  # the text has the marks, which the list of words may lack
        if len(texts) != len(timed):
            texts = [one.word.strip() for one in timed]
        return [Word(text, time) for text, time in zip(texts, _inside(timed, duration), strict=True)]
    if answer.segments:
        times = _inside(answer.segments, duration)
        return [word for one, span in zip(answer.segments, times, strict=True) for word in spread(one.text, span)]
    return spread(answer.text, Timespan(0, duration))


def _inside(timed: Iterable[_Timed], duration: Seconds) -> list[Timespan]:
    """Return times in order, inside ``duration``, whatever the server says."""
    times: list[Timespan] = []
    earliest = 0.0
    for one in timed:
        earliest = min(max(earliest, one.start), duration)
        times.append(Timespan(earliest, min(max(earliest, one.end), duration)))
    return times


def _wav(chunk: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes((np.clip(chunk, -1, 1) * _FULL_SCALE).astype("<i2").tobytes())
    return file.getvalue()


def _excerpt(body: bytes) -> str:
    """Return the beginning of what a server answered, on one line."""
    return " ".join(body[: 4 * _EXCERPT].decode("utf-8", "replace").split())[:_EXCERPT] or "nothing"
