"""How far machine and people agree about the same questions of the same calls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from khosq.analysis.scorecards.evaluation import Answer
from khosq.scorecards.review import KeptEvaluation

Pair = tuple[Answer, Answer]
"""The machine's answer and the person's."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two answers to the same thing agree, over many calls; None where that cannot be said."""

    count: int
    """Answers that both gave."""
    agreement: float | None
    """Share of equal answers, 0 to 1; on a scale, of those that are equal as whole points."""
    kappa: float | None
    """Cohen's, over yes, no and n/a: agreement beyond what chance would give; None where both always say the same."""
    mean_difference: float | None
    """Points of a scale by which they differ on average."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far machine and people agree about a scorecard."""

    evaluations: int
    """That a person answered or confirmed."""
    overall: Agreement
    questions: dict[str, Agreement]
    """By question, in order of id."""
    score_difference: float | None
    """By which the score changed on average, in points of 100."""


def calibrate(evaluations: Iterable[KeptEvaluation]) -> Calibration:
    """Return how far machine and people agree, over what people answered or confirmed."""
    pairs: dict[str, list[Pair]] = defaultdict(list)
    differences: list[float] = []
    count = 0
    for kept in evaluations:
        found = _pairs(kept)
        count += bool(found)
        for machine, person in found:
            pairs[machine.id].append((machine, person))
        before, after = kept.machine.score, kept.evaluation.score
        if found and before is not None and after is not None:
            differences.append(abs(before - after))
    every = [pair for found in pairs.values() for pair in found]
    by_question = {name: agreement(pairs[name]) for name in sorted(pairs)}
    return Calibration(count, agreement(every), by_question, _mean(differences, 2))


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Return how far the two of each pair agree."""
    words = [(machine.word, person.word) for machine, person in pairs if machine.method != "scale"]
    points = [(machine.points, person.points) for machine, person in pairs if machine.method == "scale"]
    differences = [abs(one - other) for one, other in points if one is not None and other is not None]
    equal = [float(one == other) for one, other in words] + [
        float(_whole(one) == _whole(other)) for one, other in points
    ]
    return Agreement(len(pairs), _mean(equal, 4), _kappa(words), _mean(differences, 3))


def _pairs(kept: KeptEvaluation) -> list[Pair]:
    overrides = kept.overrides
    return [
        (answer, replace(answer, worth=overrides[answer.id].worth) if answer.id in overrides else answer)
        for answer in kept.machine.answers
        if kept.is_confirmed or answer.id in overrides
    ]


def _whole(points: float | None) -> int | None:
    return None if points is None else round(points)


def _mean(values: Sequence[float], digits: int) -> float | None:
    return round(sum(values) / len(values), digits) if values else None


def _kappa(words: Sequence[tuple[str, str]]) -> float | None:
    if not words:
        return None
    observed = sum(one == other for one, other in words) / len(words)
    first, second = Counter(one for one, _ in words), Counter(other for _, other in words)
    by_chance = sum(first[word] * second[word] for word in first) / len(words) ** 2
    return None if by_chance == 1 else round((observed - by_chance) / (1 - by_chance), 4)
