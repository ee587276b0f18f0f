"""What a scorecard is: sections of weighted questions. A value, the same however it was written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field, Strict, StringConstraints

from khosq.transcript.quotes import tokens_of

Method = Literal["binary", "scale", "keyword", "metric"]
Speaker = Literal["agent", "customer", "any"]
Metric = Literal[
    "talk_time",
    "talk_share",
    "silence",
    "silence_share",
    "longest_silence",
    "overlap",
    "interruptions",
    "speech_rate",
    "turns",
    "time_to_first_word",
    "hold_time",
    "duration",
]

UNITS: Mapping[Metric, str] = MappingProxyType(
    dict.fromkeys(get_args(Metric), "seconds")
    | {
        "talk_share": "of all talk (0 to 1)",
        "silence_share": "of the call (0 to 1)",
        "interruptions": "times",
        "speech_rate": "words a minute",
        "turns": "turns",
    }
)
"""What each metric counts in."""

FULL_MARKS = 10
"""The best answer to a question on a scale."""
MOST_QUESTIONS = 200
MOST_PHRASES = 300
"""Of a scorecard: looking for each takes time in a long call."""
LONGEST_PHRASE = 200
"""Characters."""

_CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)

Weight = Annotated[int, Strict(), Field(ge=1, le=10)]
Phrase = Annotated[str, StringConstraints(max_length=LONGEST_PHRASE)]
PhraseList = Annotated[tuple[Phrase, ...], Field(max_length=MOST_PHRASES)]
Seconds = Annotated[float, Strict(), Field(gt=0, le=864_000, allow_inf_nan=False)]
Number = Annotated[float, Strict(), Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is to be said; each list that is given must hold."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    any: PhraseList = ()
    """One of these at least."""
    all: PhraseList = ()
    """Each of these."""
    none: PhraseList = ()
    """None of these."""

    def __post_init__(self) -> None:
        """Refuse what cannot be looked for."""
        if not self.every:
            raise ValueError("must have a phrase in any, all or none")
        for phrase in self.every:
            if not tokens_of(phrase):
                raise ValueError(f"has a phrase without words: {phrase!r}")

    @property
    def every(self) -> tuple[str, ...]:
        """All phrases."""
        return (*self.any, *self.all, *self.none)


@dataclass(frozen=True, slots=True)
class Within:
    """Which part of the call counts; with both, either part."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    first_seconds: Seconds | None = None
    last_seconds: Seconds | None = None

    def __post_init__(self) -> None:
        """Refuse a part that is none."""
        if self.first_seconds is None and self.last_seconds is None:
            raise ValueError("must have first_seconds or last_seconds")


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a measure of the call must be; each bound that is given must hold."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    name: Metric
    less_than: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    at_least: Number | None = None

    def __post_init__(self) -> None:
        """Refuse a measure without a bound."""
        if self.less_than is self.at_most is self.more_than is self.at_least is None:
            raise ValueError("must have less_than, at_most, more_than or at_least")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be judged."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """Unique in its scorecard."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"\S")]
    """As a reviewer would ask it."""
    method: Method
    """`binary`: yes or no; `scale`: 0 to 10; `keyword`: phrases, yes or no; `metric`: a measure, yes or no."""
    weight: Weight = 1
    automatic_fail: Annotated[bool, Strict()] = False
    """An answer that is worth nothing makes the whole score 0."""
    speaker: Speaker = "any"
    """Whose words, or whose measure, count."""
    phrases: Phrases | None = None
    """Of a keyword question; of a binary or scale one, what answers it where there is no language model."""
    within: Within | None = None
    """Which part of the call counts; default: all of it."""
    fuzzy: Annotated[float, Strict(), Field(ge=0.5, le=1, allow_inf_nan=False)] = 0.9
    """How alike, from 0.5 to 1, what was said must be to a phrase; 1: the phrase itself."""
    metric: Threshold | None = None
    """Of a metric question."""
    guidance: Annotated[str, StringConstraints(max_length=2000)] = ""
    """What a language model is told besides."""

    def __post_init__(self) -> None:
        """Refuse parts that the method has no use for, or lacks."""
        if self.method == "keyword" and self.phrases is None:
            raise ValueError("must have phrases, for its method is keyword")
        if (self.method == "metric") != (self.metric is not None):
            raise ValueError("must have metric if its method is metric, and only then")
        if self.method == "metric" and (self.phrases or self.within):
            raise ValueError("may not have phrases or within, for its method is metric")


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that are weighed together."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    name: Title
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)]
    weight: Weight = 1

    def __post_init__(self) -> None:
        """Refuse a section that asks nothing."""
        if not self.questions:
            raise ValueError("must have a question")


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A scorecard's content."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    name: Title
    sections: Annotated[tuple[Section, ...], Field(max_length=MOST_QUESTIONS)]
    description: Annotated[str, StringConstraints(max_length=2000)] = ""

    def __post_init__(self) -> None:
        """Refuse what asks nothing, ids that name two questions, and more than can be answered in bounded time."""
        if not self.sections:
            raise ValueError("must have a section with a question")
        times = Counter(question.id for question in self.questions)
        if twice := [name for name, count in times.items() if count > 1]:
            raise ValueError(f"has more than one question with the id {twice[0]}")
        if len(times) > MOST_QUESTIONS:
            raise ValueError(f"may have {MOST_QUESTIONS} questions at most")
        if sum(len(question.phrases.every) for question in self.questions if question.phrases) > MOST_PHRASES:
            raise ValueError(f"may have {MOST_PHRASES} phrases at most")

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in order."""
        return tuple(question for section in self.sections for question in section.questions)
