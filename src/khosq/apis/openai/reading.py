"""What a caller asks for, read from a form or a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from khosq.apis.openai.languages import read_language
from khosq.apis.openai.models import DIARIZE
from khosq.apis.openai.wire import Granularity, ResponseFormat
from khosq.errors import Invalid

Task = Literal["transcribe", "translate"]
Fields = Mapping[str, Sequence[str]]
"""Values by name, in order."""

VOICES = 2
"""Told apart where the caller does not say how many there are: OpenAI has no word for it."""
MOST_VOICES = 10
MOST_LANGUAGES = 50

_FORMATS = get_args(ResponseFormat)
_GRANULARITIES = get_args(Granularity)
_USUAL_GRANULARITIES: frozenset[Granularity] = frozenset({"segment"})
_STREAMED = ("json", "text", "diarized_json")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": False}
_UNKNOWN_SPEAKERS = ("known_speaker_names", "known_speaker_references")


@dataclass(frozen=True, slots=True)
class Look:
    """How a transcript is shown."""

    format: ResponseFormat
    granularities: frozenset[Granularity] = _USUAL_GRANULARITIES
    with_logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a transcript."""

    model: str
    languages: tuple[str, ...]
    """BCP 47 tags of what may be spoken; empty: anything."""
    speakers: int | None
    """How many voices to tell apart; None: they are not told apart."""
    stream: bool
    look: Look


def read_asked(fields: Fields, *, task: Task) -> Asked:
    """Return what a form asks for.

    Raises:
        Invalid: names the field that cannot be accepted.

    """
    model = _one(fields, "model")
    if not model:
        raise Invalid("You must provide a model parameter.", field="model")
    for name in _UNKNOWN_SPEAKERS:
        if _many(fields, name):
            raise Invalid(f"{name}: voices cannot be recognised by samples here; leave it out.", field=name)
    _check_temperature(_one(fields, "temperature"))
    look = read_look(fields, formats=_FORMATS if task == "transcribe" else _FORMATS[:-1])
    stream = _TRUTHS.get(_one(fields, "stream").lower())
    if stream is None:
        raise Invalid("stream must be true or false.", field="stream")
    if stream and look.format not in _STREAMED:
        raise Invalid(f"response_format must be {_either(_STREAMED)} with stream.", field="response_format")
    return Asked(model, _languages(fields), _speakers(fields, model, look.format), stream, look)


def read_look(fields: Fields, *, formats: Collection[str] = _FORMATS) -> Look:
    """Return how a transcript is to be shown; raises as ``read_asked`` does."""
    name = _one(fields, "response_format") or "json"
    if name not in formats:
        raise Invalid(f"response_format must be {_either(formats)}.", field="response_format")
    granularities = _many(fields, "timestamp_granularities")
    if any(one not in _GRANULARITIES for one in granularities):
        raise Invalid(f"timestamp_granularities must be {_either(_GRANULARITIES)}.", field="timestamp_granularities")
    if granularities and name != "verbose_json":
        raise Invalid(
            "timestamp_granularities needs the response_format verbose_json.", field="timestamp_granularities"
        )
    include = _many(fields, "include")
    if any(one != "logprobs" for one in include):
        raise Invalid("include must be logprobs.", field="include")
    if include and name != "json":
        raise Invalid("include needs the response_format json.", field="include")
    chosen = frozenset(cast("list[Granularity]", granularities)) or _USUAL_GRANULARITIES
    return Look(cast("ResponseFormat", name), chosen, bool(include))


def _languages(fields: Fields) -> tuple[str, ...]:
    if written := _one(fields, "language"):
        return (read_language(written, field="language"),)
    possible = _many(fields, "languages")
    if len(possible) > MOST_LANGUAGES:
        raise Invalid(f"languages may have {MOST_LANGUAGES} at most.", field="languages")
    return tuple(dict.fromkeys(read_language(one, field="languages") for one in possible))


def _speakers(fields: Fields, model: str, name: ResponseFormat) -> int | None:
    written = _one(fields, "speakers")
    diarizes = model == DIARIZE or name == "diarized_json"
    if not written:
        return VOICES if diarizes else None
    if not diarizes:
        raise Invalid(f"speakers needs the response_format diarized_json or the model {DIARIZE}.", field="speakers")
    if written not in map(str, range(1, MOST_VOICES + 1)):
        raise Invalid(f"speakers must be a number from 1 to {MOST_VOICES}.", field="speakers")
    return int(written)


def _check_temperature(written: str) -> None:
    try:
        is_fine = not written or 0 <= float(written) <= 1
    except ValueError:
        is_fine = False
    if not is_fine:
        raise Invalid("temperature must be a number from 0 to 1.", field="temperature")


def _one(fields: Fields, name: str) -> str:
    """Return the last value of a field; an empty one is none, as clients send those for what was left blank."""
    values = fields.get(name)
    return values[-1].strip() if values else ""


def _many(fields: Fields, name: str) -> list[str]:
    """Return a list, whose field's name may end with brackets."""
    return [value for value in (*fields.get(name, ()), *fields.get(f"{name}[]", ())) if value]


def _either(names: Collection[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
