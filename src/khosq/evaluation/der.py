"""DER: how much speech is given to the wrong voice, missed, or heard where there is none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from khosq.errors import Invalid
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.turns import Turn


@dataclass(frozen=True, slots=True)
class DiarizationErrors:
    """Seconds of each kind of error, over one recording or, summed, over many."""

    missed: Seconds
    false_alarm: Seconds
    confusion: Seconds
    speech: Seconds
    """Speaker time in the reference: two at once count twice."""

    def __add__(self, other: DiarizationErrors) -> DiarizationErrors:
        """Return the errors of both, so that a set is summed first and divided once."""
        return DiarizationErrors(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confusion + other.confusion,
            self.speech + other.speech,
        )

    @property
    def rate(self) -> float:
        """Errors as a fraction of the reference's speech; without any, 0 if nothing was heard, else 1."""
        wrong = self.missed + self.false_alarm + self.confusion
        return wrong / self.speech if self.speech else float(wrong > 0)


NO_ERRORS = DiarizationErrors(0.0, 0.0, 0.0, 0.0)


def diarization_errors(
    reference: Sequence[Turn], hypothesis: Sequence[Turn], *, collar: Seconds = 0.25, overlap: bool = True
) -> DiarizationErrors:
    """Compare turns, with voices matched so that they agree longest.

    Args:
        reference: what was really said when, voices under any numbers.
        hypothesis: what a diarizer made of it, under other numbers.
        collar: seconds to either side of each edge of a reference turn that are not scored.
        overlap: whether to score where the reference has several voices at once.

    """
    scored = [
        moment
        for moment in _moments(reference, hypothesis, collar)
        if not moment.in_collar and (overlap or len(moment.reference) < 2)  # noqa: PLR2004 - two make an overlap
    ]
    together: defaultdict[tuple[int, int], Seconds] = defaultdict(float)
    for moment in scored:
        for pair in ((real, heard) for real in moment.reference for heard in moment.hypothesis):
            together[pair] += moment.duration
    match = _best_match(together)
    total = NO_ERRORS
    for moment in scored:
        total += moment.errors(match)
    return total


@dataclass(frozen=True, slots=True)
class _Moment:
    """A stretch in which nobody starts or stops."""

    duration: Seconds
    reference: frozenset[int]
    hypothesis: frozenset[int]
    in_collar: bool

    def errors(self, match: Mapping[int, int]) -> DiarizationErrors:
        real, heard = len(self.reference), len(self.hypothesis)
        right = sum(match.get(voice) in self.hypothesis for voice in self.reference)
        return DiarizationErrors(
            missed=self.duration * max(0, real - heard),
            false_alarm=self.duration * max(0, heard - real),
            confusion=self.duration * (min(real, heard) - right),
            speech=self.duration * real,
        )


_COLLAR = -1


def _moments(reference: Sequence[Turn], hypothesis: Sequence[Turn], collar: Seconds) -> Iterator[_Moment]:
    """Yield the recording cut wherever anything starts or stops."""
    edges = sorted([*_edges(reference, 0), *_edges(hypothesis, 1), *_collar_edges(reference, collar)])
    active = (Counter[int](), Counter[int](), Counter[int]())
    before = 0.0
    for time, kind, voice, change in edges:
        if time > before:
            real, heard, collars = (frozenset(+counts) for counts in active)
            yield _Moment(time - before, real, heard, in_collar=bool(collars))
            before = time
        active[kind][voice] += change


def _edges(turns: Iterable[Turn], kind: int) -> Iterator[tuple[Seconds, int, int, int]]:
    for turn in turns:
        yield turn.time.start, kind, turn.speaker, 1
        yield turn.time.end, kind, turn.speaker, -1


def _collar_edges(reference: Iterable[Turn], collar: Seconds) -> Iterator[tuple[Seconds, int, int, int]]:
    if not collar:
        return
    for turn in reference:
        for edge in (turn.time.start, turn.time.end):
            yield edge - collar, 2, _COLLAR, 1
            yield edge + collar, 2, _COLLAR, -1


def _best_match(together: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """Return, for each voice of the reference, the hypothesis' voice that it is."""
    real, heard = (sorted({pair[side] for pair in together}) for side in (0, 1))
    seconds = np.array([[together.get((one, other), 0.0) for other in heard] for one in real])
    if not seconds.size:
        return {}
    rows, columns = linear_sum_assignment(seconds, maximize=True)
    return {real[row]: heard[column] for row, column in zip(rows, columns, strict=True)}


def read_rttm(path: Path) -> dict[str, list[Turn]]:
    """Return the turns in an RTTM file by recording, in order; voices are numbered as they first appear.

    Raises:
        Invalid: a line is not RTTM.

    """
    turns: dict[str, list[Turn]] = {}
    numbers: dict[str, dict[str, int]] = {}
    rows = [line.split() for line in path.read_text("utf-8").splitlines() if line.startswith("SPEAKER")]
    try:
        found = [(row[1], float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]
    except (IndexError, ValueError) as error:
        raise Invalid(f"{path} is not an RTTM file: {error}") from error
    for recording, start, end, name in sorted(found):
        known = numbers.setdefault(recording, {})
        turn = Turn(Timespan(start, end), known.setdefault(name, len(known)))
        turns.setdefault(recording, []).append(turn)
    return turns
