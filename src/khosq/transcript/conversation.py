"""A transcript as it reads aloud: who says what, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """Everything one speaker says until another takes over."""

    speaker: int
    """From 1, in the order in which they first talk."""
    time: Timespan
    text: str


def spoken_turns(transcript: Transcript) -> list[SpokenTurn]:
    """Return the turns in order; an utterance whose speaker is unknown goes with the turn before it."""
    numbers: dict[int, int] = {}
    turns: list[SpokenTurn] = []
    for utterance in transcript.utterances:
        if not utterance.text:
            continue
        if utterance.speaker is None:
            number = turns[-1].speaker if turns else 1
        else:
            number = numbers.setdefault(utterance.speaker, len(numbers) + 1)
        if turns and turns[-1].speaker == number:
            turns[-1] = _joined(turns[-1], utterance.text, utterance.time)
        else:
            turns.append(SpokenTurn(number, utterance.time, utterance.text))
    return turns


def _joined(turn: SpokenTurn, text: str, time: Timespan) -> SpokenTurn:
    return SpokenTurn(turn.speaker, Timespan(turn.time.start, max(turn.time.end, time.end)), f"{turn.text} {text}")
