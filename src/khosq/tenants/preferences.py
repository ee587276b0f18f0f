"""What a tenant chose for its analyses, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MOST_INTENTS = 100
MOST_PHRASES = 50
"""Of one intent."""
MOST_PHRASES_IN_ALL = 1000
"""Looking for these in an hour's call takes about a second."""
LONGEST_PHRASE = 200
MOST_REDACTION_RULES = 50
LONGEST_PATTERN = 500
LAST_CHANNEL = 7


@dataclass(frozen=True, slots=True)
class OwnIntent:
    """An intent, and how people word it."""

    name: str
    phrases: tuple[str, ...]
    language: str | None = None
    """Base language of the phrases; None: any."""


@dataclass(frozen=True, slots=True)
class OwnRedaction:
    """A kind of personal data."""

    name: str
    pattern: str
    """In RE2's syntax."""


@dataclass(frozen=True, slots=True)
class TenantPreferences:
    """What a tenant chose."""

    intents: tuple[OwnIntent, ...] = ()
    """Beside those that everybody has."""
    redact: tuple[str, ...] = ()
    """Names of the redaction rules in force; empty: all."""
    redaction_rules: tuple[OwnRedaction, ...] = ()
    agent_channel: int | None = None
    """Where the agent speaks in calls whose job does not say so."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> TenantPreferences:
        """Return what ``to_json`` made."""
        return cls(
            tuple(OwnIntent(one["name"], tuple(one["phrases"]), one["language"]) for one in stored["intents"]),
            tuple(stored["redact"]),
            tuple(OwnRedaction(**one) for one in stored["redaction_rules"]),
            stored["agent_channel"],
        )
