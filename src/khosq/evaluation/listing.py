"""Figures as JSON values, for programs."""

from __future__ import annotations

from typing import Any

from khosq.evaluation.figures import Figures, Rate
from khosq.evaluation.spelling import NORMALISATION
from khosq.evaluation.trial import Outcome
from khosq.evaluation.wer import Errors

_PERCENT = 100
_DIGITS = 4


def to_json(figures: Figures) -> dict[str, Any]:
    """Return all figures of a trial; rates are fractions, times seconds; null is what could not be measured."""
    trial, entry = figures.trial, figures.trial.entry
    return {
        "model": entry.name,
        "engine": entry.engine,
        "kind": entry.kind,
        "language": trial.language,
        "clips": len(trial.outcomes),
        "failed": len(figures.failed),
        **_rate("wer", figures.wer),
        **_rate("cer", figures.cer),
        **_rate("der", figures.der),
        **_rate("der_without_collar", figures.der_without_collar),
        "words": _errors(figures.words),
        "coverage": _round(figures.coverage),
        "seconds": _round(figures.seconds),
        "real_time_factor": _round(figures.real_time_factor),
        "real_time_factor_cpu": _round(figures.real_time_factor_cpu),
        "load_seconds": _round(trial.loading),
        "peak_memory_bytes": trial.peak_memory,
        "published": figures.published
        and {
            "wer": _round(figures.published.wer / _PERCENT),
            "test_set": figures.published.test_set,
            "source": figures.published.address,
        },
        "warnings": [f"This is {entry.caution}."] if entry.caution else [],
        "normalisation": NORMALISATION,
        "results": [_result(outcome) for outcome in trial.outcomes],
    }


def _result(outcome: Outcome) -> dict[str, Any]:
    clip, heard = outcome.clip, outcome.heard
    transcript = heard and heard.transcript
    return {
        "file": clip.name,
        "failure": outcome.failure,
        "duration": transcript and transcript.duration,
        "wer": outcome.words and _round(outcome.words.rate),
        "cer": outcome.characters and _round(outcome.characters.rate),
        "der": outcome.voices and _round(outcome.voices.rate),
        "words": outcome.words and _errors(outcome.words),
        "coverage": transcript and transcript.coverage and transcript.coverage.share,
        "wall_seconds": heard and _round(heard.wall),
        "reference": clip.reference,
        "text": transcript and transcript.text,
        "warnings": list(transcript.warnings) if transcript else [],
    }


def _rate(name: str, rate: Rate | None) -> dict[str, Any]:
    interval = rate and rate.interval
    return {
        name: rate and _round(rate.value),
        f"{name}_interval": interval and [_round(edge) for edge in interval],
        f"{name}_clips": rate.clips if rate else 0,
    }


def _errors(errors: Errors) -> dict[str, int]:
    return {
        "reference": errors.reference,
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
