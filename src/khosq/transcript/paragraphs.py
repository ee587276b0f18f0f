"""Paragraphs: utterances grouped for reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance

LONG_PAUSE = 3.0
"""Seconds of silence after which a new paragraph begins."""

LONG_PARAGRAPH = 100
"""Words after which the next utterance begins a new paragraph."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What one speaker says on one channel, as long as it reads well."""

    speaker: int | None
    time: Timespan
    text: str


def paragraphs(transcript: Transcript) -> Iterator[Paragraph]:
    """Yield every utterance once, grouped, in the transcript's order."""
    open_ones: list[Utterance] = []
    for utterance in transcript.utterances:
        if open_ones and _begins_anew(utterance, open_ones):
            yield _joined(open_ones)
            open_ones = []
        open_ones.append(utterance)
    if open_ones:
        yield _joined(open_ones)


def _begins_anew(utterance: Utterance, before: list[Utterance]) -> bool:
    last = before[-1]
    return (
        (utterance.speaker, utterance.channel) != (last.speaker, last.channel)
        or utterance.time.start - last.time.end > LONG_PAUSE
        or sum(len(one.words) for one in before) >= LONG_PARAGRAPH
    )


def _joined(utterances: list[Utterance]) -> Paragraph:
    time = Timespan(utterances[0].time.start, max(one.time.end for one in utterances))
    return Paragraph(utterances[0].speaker, time, " ".join(one.text for one in utterances))
