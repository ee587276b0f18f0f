"""Figures of a trial: rates over all clips, how sure they are, and what the work took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from khosq.evaluation.der import DiarizationErrors
from khosq.evaluation.trial import Outcome, Trial
from khosq.evaluation.wer import Errors
from khosq.speech.models import Figure
from khosq.transcript.timespan import Seconds

_RESAMPLINGS = 1000
_SEED = 20_260_101
_MIDDLE_95 = (2.5, 97.5)
_ENOUGH = 2
"""One clip says nothing of how much clips differ."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors as a fraction of what there was to get right, over all clips that could be scored."""

    value: float
    interval: Interval | None
    """95 % confidence, from resampled clips."""
    clips: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one trial showed; rates are fractions."""

    trial: Trial
    wer: Rate | None
    cer: Rate | None
    der: Rate | None
    der_without_collar: Rate | None
    words: Errors
    seconds: Seconds
    """Of sound that was heard."""
    wall: Seconds
    coverage: float | None
    """Fraction of the detected speech that has words; None where none was detected."""
    published: Figure | None

    @property
    def failed(self) -> list[Outcome]:
        """Clips of which nothing came."""
        return [outcome for outcome in self.trial.outcomes if outcome.heard is None]

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work per second of sound, by the clock."""
        return self.wall / self.seconds if self.seconds else None

    @property
    def real_time_factor_cpu(self) -> float | None:
        """Seconds of processor time per second of sound."""
        cpu = self.trial.cpu
        return cpu / self.seconds if self.seconds and cpu is not None else None


def draw(trial: Trial) -> Figures:
    """Sum a trial up."""
    outcomes = trial.outcomes
    heard = [outcome.heard for outcome in outcomes if outcome.heard is not None]
    words = [outcome.words for outcome in outcomes if outcome.words is not None]
    coverages = [one.transcript.coverage for one in heard if one.transcript.coverage]
    speech = sum(one.speech for one in coverages)
    return Figures(
        trial=trial,
        wer=_rate_of_texts(words),
        cer=_rate_of_texts([outcome.characters for outcome in outcomes if outcome.characters is not None]),
        der=_rate_of_voices(outcome.voices for outcome in outcomes),
        der_without_collar=_rate_of_voices(outcome.voices_strictly for outcome in outcomes),
        words=sum(words, Errors()),
        seconds=sum(one.transcript.duration for one in heard),
        wall=sum(one.wall for one in heard),
        coverage=sum(one.worded for one in coverages) / speech if speech else None,
        published=trial.entry.figure_for(trial.language),
    )


def _rate_of_texts(errors: Sequence[Errors]) -> Rate | None:
    return _rate([(one.total, one.reference) for one in errors]) if errors else None


def _rate_of_voices(errors: Iterable[DiarizationErrors | None]) -> Rate | None:
    known = [one for one in errors if one is not None]
    return _rate([(one.missed + one.false_alarm + one.confusion, one.speech) for one in known]) if known else None


def _rate(clips: Sequence[tuple[float, float]]) -> Rate | None:
    """Sum first, divide once; None where there was nothing to get right."""
    wrong, total = np.array(clips, np.float64).T
    if not total.sum():
        return None
    return Rate(float(wrong.sum() / total.sum()), confidence(wrong, total), len(clips))


def confidence(wrong: np.ndarray[Any, Any], total: np.ndarray[Any, Any]) -> Interval | None:
    """Return the 95 % confidence interval of a rate: clips are drawn again, with a fixed seed; None for one clip."""
    if len(wrong) < _ENOUGH:
        return None
    generator = np.random.default_rng(_SEED)
    drawn = (generator.integers(0, len(wrong), len(wrong)) for _ in range(_RESAMPLINGS))
    sums = [(wrong[clips].sum(), total[clips].sum()) for clips in drawn]
    low, high = np.percentile([mistakes / right for mistakes, right in sums if right], _MIDDLE_95)
    return float(low), float(high)
