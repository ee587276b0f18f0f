"""OpenAI's words and ours: the only file that knows both."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from khosq.apis.openai import wire
from khosq.apis.openai.languages import base_of, name_of
from khosq.apis.openai.reading import Look, Task
from khosq.errors import Invalid
from khosq.serving.answers import JsonAnswer, TextAnswer
from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.exports.printable import printable_transcript
from khosq.transcript.sentences import Sentence, read_words, sentences, time_of
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

_ENGLISH = "en"
_LEAST = 1e-9
"""Confidence that still has a logarithm which JSON can hold."""


def require_translation(language: str) -> None:
    """Refuse a language that cannot be translated into English here: English is English already.

    Raises:
        Invalid: names what is missing.

    """
    if base_of(language) != _ENGLISH:
        raise Invalid(
            f"language: no model here translates {language} into English. /v1/audio/transcriptions writes it down as "
            "spoken; for an English recording, send language=en.",
            field="language",
        )


def to_answer(transcript: Transcript, look: Look, *, task: Task = "transcribe") -> Response:
    """Return a transcript in the form that was asked for."""
    transcript = presentable(transcript)
    if look.format == "text":
        return TextAnswer(transcript.text + "\n")
    if look.format in {"srt", "vtt"}:
        written = render(transcript, look.format, options=ExportOptions(speaker_label=letter))
        return TextAnswer(written.decode())
    if look.format == "verbose_json":
        return JsonAnswer(plain(_verbose(transcript, look, task)))
    if look.format == "diarized_json":
        return JsonAnswer(plain(_diarized(transcript)))
    logprobs = to_logprobs(transcript) if look.with_logprobs else None
    return JsonAnswer(plain(wire.Transcription(text=transcript.text, logprobs=logprobs, usage=_usage(transcript))))


def plain(shown: BaseModel) -> dict[str, Any]:
    """Return what goes over the wire; what is not known is left out."""
    return shown.model_dump(exclude_none=True)


def presentable(transcript: Transcript) -> Transcript:
    """Return a transcript with text that can be written anywhere, and voices numbered as they first talk.

    An utterance whose voice is unknown goes with the one before it.
    """
    transcript = printable_transcript(transcript)
    numbers: dict[int, int] = {}
    speaker: int | None = None
    utterances = []
    for utterance in transcript.utterances:
        if utterance.speaker is not None:
            speaker = numbers.setdefault(utterance.speaker, len(numbers))
        utterances.append(replace(utterance, speaker=speaker))
    return replace(transcript, utterances=tuple(utterances))


def speaker_segments(transcript: Transcript) -> list[wire.SpeakerSegment]:
    """Return who says what in a presentable transcript; before any voice is known, the first one speaks."""
    return [
        wire.SpeakerSegment(
            id=f"seg_{number:03d}",
            start=_moment(time_of(sentence.words).start),
            end=_moment(time_of(sentence.words).end),
            text=sentence.text,
            speaker=letter(sentence.speaker or 0),
        )
        for number, sentence in enumerate(_in_order(transcript))
    ]


def letter(number: int) -> str:
    """Return ``A`` for the first voice, ``AA`` for the 27th."""
    rounds, place = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[place] * (rounds + 1)


def to_logprobs(transcript: Transcript) -> list[wire.Logprob]:
    """Return how sure the model was of each word."""
    words = _words(transcript)
    tokens = [word.text if number == 0 else f" {word.text}" for number, word in enumerate(words)]
    return [
        wire.Logprob(token=token, logprob=_logprob(word), bytes=list(token.encode()))
        for token, word in zip(tokens, words, strict=True)
    ]


def _verbose(transcript: Transcript, look: Look, task: Task) -> wire.VerboseTranscription:
    words = [
        wire.Word(word=word.text, start=_moment(word.time.start), end=_moment(word.time.end))
        for word in _words(transcript)
    ]
    segments = [_segment(number, sentence) for number, sentence in enumerate(_in_order(transcript))]
    return wire.VerboseTranscription(
        task=task,
        language=name_of(transcript.language),
        duration=_moment(transcript.duration),
        text=transcript.text,
        segments=segments if "segment" in look.granularities else None,
        words=words if "word" in look.granularities else None,
        usage=_usage(transcript),
    )


def _segment(number: int, sentence: Sentence) -> wire.Segment:
    time, written = time_of(sentence.words), sentence.text.encode()
    known = [logprob for logprob in map(_logprob, sentence.words) if logprob is not None]
    return wire.Segment(
        id=number,
        seek=round(time.start * 100),
        start=_moment(time.start),
        end=_moment(time.end),
        text=sentence.text,
        avg_logprob=round(sum(known) / len(known), 4) if known else 0.0,
        compression_ratio=round(len(written) / len(zlib.compress(written)), 4),
    )


def _diarized(transcript: Transcript) -> wire.DiarizedTranscription:
    return wire.DiarizedTranscription(
        duration=_moment(transcript.duration),
        text=transcript.text,
        segments=speaker_segments(transcript),
        usage=_usage(transcript),
    )


def _in_order(transcript: Transcript) -> Sequence[Sentence]:
    return sorted(sentences(transcript), key=lambda sentence: sentence.words[0].time.start)


def _words(transcript: Transcript) -> list[Word]:
    return [word for utterance in transcript.utterances for word in read_words(utterance)]


def _logprob(word: Word) -> float | None:
    if word.confidence is None:
        return None
    return round(math.log(max(word.confidence, _LEAST)), 4)


def _usage(transcript: Transcript) -> wire.Duration:
    return wire.Duration(seconds=_moment(transcript.duration))


def _moment(seconds: float) -> float:
    return round(seconds, 3)
