"""What an analysis feature is: a pure function of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a recording once it is written down."""

    transcript: Transcript
    speech: tuple[tuple[Timespan, ...], ...] = ()
    """Where somebody speaks, per channel, as detected; empty where nobody looked."""
    levels: tuple[float | None, ...] = ()
    """How loud each utterance is, in dBFS (RMS); None, or nothing at all, where it was not measured."""
    agent: int | None = None
    """The agent's voice; None where there is no such role."""


@dataclass(frozen=True, slots=True)
class IntentRule:
    """An intent, and how people word it."""

    name: str
    """In snake_case."""
    phrases: tuple[str, ...]
    language: str | None = None
    """Base language of the phrases; None: any."""


@dataclass(frozen=True, slots=True)
class RedactionRule:
    """A tenant's own kind of personal data."""

    name: str
    pattern: str
    """In RE2's syntax, which no text can make slow."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a tenant chose for its analyses."""

    intents: tuple[IntentRule, ...] = ()
    """Beside the default ones."""
    redact: tuple[str, ...] = ()
    """Names of the redaction rules in force; empty: all."""
    redaction_rules: tuple[RedactionRule, ...] = ()
    agent_channel: int | None = None
    """Where the agent speaks, if the job does not say so."""


class Finding(Protocol):
    """What one feature found in one call: a frozen value."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        ...


class Feature(Protocol):
    """Finds something in a call: same call, same finding; nothing is asked of the outside."""

    def __call__(self, call: Call, preferences: Preferences, /) -> Finding:
        """Return the finding; a call without words has one too."""
        ...
