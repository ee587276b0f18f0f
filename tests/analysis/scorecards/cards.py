"""Scorecards and calls for tests."""

from __future__ import annotations

from typing import Any

from tests.transcript.sayings import spoken, transcript

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import Scorecard
from khosq.analysis.scorecards.reading import checked_scorecard

YAML = """
name: Greeting check
sections:
  - name: Opening
    weight: 1
    questions:
      - id: greet
        text: Did the agent greet the customer?
        method: keyword            # binary | scale | keyword | metric
        phrases: {any: ["good morning", "hello"]}
        speaker: agent             # agent | customer | any
        within: {first_seconds: 30}
        weight: 3
        automatic_fail: false
"""

CALL = Call(
    transcript(
        spoken("Good morning, you speak with Ann of Acme.", speaker=0),
        spoken("Hello. My bill is wrong and I want a refund.", start=5, speaker=1),
        spoken("I am sorry to hear that. I refund it at once.", start=10, speaker=0),
        spoken("Thank you. Goodbye.", start=50, speaker=1),
        spoken("Goodbye!", start=58, speaker=0),
        duration=60,
    ),
    agent=0,
)


def question(method: str = "keyword", *, id: str = "q", **given: Any) -> dict[str, Any]:  # noqa: A002 - as it is written
    return {"id": id, "text": f"Is {id} so?", "method": method, **given}


def card(*questions: dict[str, Any], **given: Any) -> Scorecard:
    return checked_scorecard({"name": "Card", "sections": [{"name": "All", "questions": list(questions)}], **given})
