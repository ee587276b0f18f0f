"""OpenAI's JSON, in OpenAI's spelling (its published types of November 2026)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
Granularity = Literal["word", "segment"]


class Duration(BaseModel):
    """What is counted."""

    type: Literal["duration"] = "duration"
    seconds: float = Field(description="Of the recording.")


class Logprob(BaseModel):
    """How sure the model was of a word; the vendor has one for each token."""

    token: str
    logprob: float | None = Field(default=None, description="Absent where the model does not say.")
    bytes: list[int]


class Transcription(BaseModel):
    """``json``."""

    text: str
    logprobs: list[Logprob] | None = None
    usage: Duration


class Word(BaseModel):
    """One word."""

    word: str
    start: float
    end: float


class Segment(BaseModel):
    """About a sentence."""

    id: int
    seek: int = Field(description="Hundredths of a second at which it begins.")
    start: float
    end: float
    text: str
    tokens: list[int] = Field(default=[], description="Always empty: engines do not share theirs.")
    temperature: float = Field(default=0.0, description="Always 0: nothing is sampled.")
    avg_logprob: float = Field(description="Mean over its words; 0 where the model does not say.")
    compression_ratio: float
    no_speech_prob: float = Field(default=0.0, description="Always 0: silence is left out before recognition.")


class VerboseTranscription(BaseModel):
    """``verbose_json``."""

    task: Literal["transcribe", "translate"]
    language: str = Field(description="Its English name, as `english`.")
    duration: float
    text: str
    segments: list[Segment] | None = None
    words: list[Word] | None = None
    usage: Duration


class SpeakerSegment(BaseModel):
    """About a sentence, and who said it."""

    type: Literal["transcript.text.segment"] = "transcript.text.segment"
    id: str
    start: float
    end: float
    text: str
    speaker: str = Field(description="`A` for the first to speak, `B` for the second …")


class DiarizedTranscription(BaseModel):
    """``diarized_json``."""

    task: Literal["transcribe"] = "transcribe"
    duration: float
    text: str
    segments: list[SpeakerSegment]
    usage: Duration


class TextDelta(BaseModel):
    """Event of a stream: some more text."""

    type: Literal["transcript.text.delta"] = "transcript.text.delta"
    delta: str
    logprobs: list[Logprob] | None = None
    segment_id: str | None = None


class TextDone(BaseModel):
    """Last event of a stream: the whole text."""

    type: Literal["transcript.text.done"] = "transcript.text.done"
    text: str
    logprobs: list[Logprob] | None = None


class Model(BaseModel):
    """A name that ``model`` may have."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Always 0: not known.")
    owned_by: str


class ModelList(BaseModel):
    """Answer of ``GET /v1/models``."""

    object: Literal["list"] = "list"
    data: list[Model]


class Error(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class Refusal(BaseModel):
    """Every refusal."""

    error: Error
