"""What an analysis feature is: a pure function of a transcript."""

from __future__ import annotations

from typing import Any, Protocol

from khosq.transcript.transcript import Transcript


class Finding(Protocol):
    """What one feature found in one transcript: a frozen value."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        ...


class Feature(Protocol):
    """Finds something in a transcript: same transcript, same finding; nothing is asked of the outside."""

    def __call__(self, transcript: Transcript, /) -> Finding:
        """Return the finding; a transcript without words has one too."""
        ...
