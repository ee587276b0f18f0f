"""Trials as if models had heard something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from khosq.evaluation.manifest import Clip
from khosq.evaluation.trial import Heard, Trial, mark
from khosq.speech.models import Figure, ModelEntry, catalogue
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

Said = tuple[str | None, str | None]
"""What was said and what was heard; None: not known, or the clip failed."""


def starter() -> ModelEntry:
    return next(entry for entry in catalogue() if entry.name == "starter-hy")


def published() -> ModelEntry:
    figure = Figure("hy", 9.9, "Common Voice 17", "https://example.org/card")
    return replace(starter(), name="published-hy", caution=None, figures=(figure,))


def heard(text: str, *, seconds: float = 10.0, turns: tuple[Turn, ...] = ()) -> Heard:
    words = tuple(Word(word, Timespan(number, number + 1), None) for number, word in enumerate(text.split()))
    utterances = (Utterance(text, words),) if words else ()
    return Heard(Transcript("hy", seconds, utterances), seconds / 10, turns)


def trial(*said: Said, entry: ModelEntry | None = None, snr: bool = False) -> Trial:
    """Return a trial with a clip for each pair, 10 s long."""
    outcomes = []
    for number, (reference, text) in enumerate(said):
        name = f"{number}.wav"
        clip = Clip(name, Path(name), "hy", reference, snr=float(number) if snr else None)
        came = None if text is None else heard(text)
        outcomes.append(mark(clip, "hy", came, "It <broke>." if came is None else None))
    return Trial(entry or starter(), "hy", tuple(outcomes), loading=1.0, cpu=0.5 * len(said), peak_memory=300_000_000)
