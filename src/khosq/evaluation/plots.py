"""Where the marks of the report's plots stand; the template draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from khosq.evaluation.figures import Figures

WIDTH = 640
"""Of every plot, in its own units."""
LEFT, RIGHT = 60, 24
ROW, ROW_BAR = 76, 18
HEIGHT, FOOT = 240, 46
"""Of a plot with two axes, and what is left below it for the axis."""
TOP = 14

_BINS = 11
"""Tenths of the words, and all beyond."""
_LEAST_SCALE = 1.0
_TICKS = 5
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One model in the comparison: what was measured and what its authors say."""

    top: float
    figures: Figures
    measured: float | None
    """Width of its bar."""
    low: float | None
    high: float | None
    published: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Word error rates of models, measured and published."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One range of error rates and the clips in it."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Point:
    """One clip."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Points:
    """Error rates of clips against something else."""

    title: str
    unit: str
    points: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def comparison(found: Sequence[Figures]) -> Comparison:
    """Place the bars of all models on one scale."""
    highest = [rate for one in found for rate in _shown(one)]
    steps = _steps(0, max([_LEAST_SCALE / 2, *highest]))
    scale = (WIDTH - LEFT - RIGHT) / steps[-1]
    rows = []
    for number, one in enumerate(found):
        low, high = (one.wer.interval if one.wer and one.wer.interval else None) or (None, None)
        rows.append(
            Row(
                TOP + number * ROW,
                one,
                one.wer.value * scale if one.wer else None,
                None if low is None else LEFT + low * scale,
                None if high is None else LEFT + high * scale,
                one.published.wer / 100 * scale if one.published else None,
            )
        )
    ticks = tuple(Tick(LEFT + step * scale, f"{step:.0%}") for step in steps)
    return Comparison(tuple(rows), ticks, TOP + len(found) * ROW)


def histogram(rates: Sequence[float]) -> tuple[Bar, ...]:
    """Count clips by their error rate."""
    counts = [0] * _BINS
    for rate in rates:
        counts[min(math.floor(rate * 10 + 1e-9), _BINS - 1)] += 1
    width = (WIDTH - LEFT - RIGHT) / _BINS
    scale = (HEIGHT - FOOT - TOP * 2) / max(1, *counts)
    return tuple(
        Bar(
            f"{number * 10}%" if number < _BINS - 1 else "100% +",
            count,
            LEFT + number * width + 2,
            HEIGHT - FOOT - count * scale,
            width - 4,
            count * scale,
        )
        for number, count in enumerate(counts)
    )


def scatter(clips: Sequence[tuple[float, float, str]], *, title: str, unit: str) -> Points:
    """Place clips by a property (first) and their error rate (second)."""
    across = _steps(min(0.0, *(x for x, _, _ in clips)), max(x for x, _, _ in clips))
    upwards = _steps(0, max(_LEAST_SCALE / 2, *(y for _, y, _ in clips)))
    first, last = across[0], across[-1]

    def x_of(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y_of(rate: float) -> float:
        return HEIGHT - FOOT - rate / upwards[-1] * (HEIGHT - FOOT - TOP)

    return Points(
        title,
        unit,
        tuple(Point(x_of(x), y_of(y), f"{name}: {x:.1f} {unit}, {y:.0%}") for x, y, name in clips),
        tuple(Tick(x_of(step), f"{step:g}") for step in across),
        tuple(Tick(y_of(step), f"{step:.0%}") for step in upwards),
    )


def _shown(one: Figures) -> list[float]:
    measured = [] if one.wer is None else [one.wer.value, *(one.wer.interval or ())]
    return measured if one.published is None else [*measured, one.published.wer / 100]


def _steps(low: float, high: float) -> list[float]:
    """Return round numbers, evenly apart, from no more than ``low`` to no less than ``high``."""
    rough = max(high - low, 1e-9) / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _STEPS if factor * power >= rough - 1e-12)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
