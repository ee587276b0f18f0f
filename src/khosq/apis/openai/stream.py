"""A transcript as server-sent events: a sign of life while it is made, then its text piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from khosq.apis.openai import wire
from khosq.apis.openai.errors import from_error
from khosq.apis.openai.mapping import plain, presentable, speaker_segments, to_logprobs
from khosq.apis.openai.reading import Look
from khosq.errors import KhosqError
from khosq.serving.answers import to_json
from khosq.transcript.sentences import read_words
from khosq.transcript.transcript import Transcript

KEEP_ALIVE = 15.0
"""Seconds after which something is sent, so that nobody on the way takes the stream for dead."""
STILL_HERE = b": still here\n\n"


def transcript_events(transcript: Transcript, look: Look) -> bytes:
    """Return the events that tell a transcript; the deltas make up its text."""
    transcript = presentable(transcript)
    logprobs = to_logprobs(transcript) if look.with_logprobs else None
    pieces = _segments(transcript) if look.format == "diarized_json" else _deltas(transcript, logprobs)
    done = wire.TextDone(text=transcript.text, logprobs=logprobs)
    return b"".join(_data(plain(event)) for event in (*pieces, done))


def failure_event(error: KhosqError) -> bytes:
    """Return the event after which nothing comes: clients raise it."""
    return _data(from_error(error)[1])


def _deltas(transcript: Transcript, logprobs: list[wire.Logprob] | None) -> Iterator[BaseModel]:
    told = 0
    for number, utterance in enumerate(transcript.utterances):
        count = len(read_words(utterance))
        sure = logprobs[told : told + count] if logprobs is not None else None
        yield wire.TextDelta(delta=_spaced(utterance.text, number), logprobs=sure)
        told += count


def _segments(transcript: Transcript) -> Iterator[BaseModel]:
    for number, segment in enumerate(speaker_segments(transcript)):
        yield wire.TextDelta(delta=_spaced(segment.text, number), segment_id=segment.id)
        yield segment


def _spaced(text: str, number: int) -> str:
    return f" {text}" if number else text


def _data(body: object) -> bytes:
    return b"data: " + to_json(body) + b"\n\n"
