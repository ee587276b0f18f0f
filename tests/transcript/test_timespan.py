"""Stretches of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.transcript.timespan import Timespan

moments = st.floats(0, 1e6)


def test_times_are_kept_to_the_millisecond_so_that_equal_ones_are_equal() -> None:
    assert Timespan(0.1 + 0.2, 1) == Timespan(0.3, 1)
    assert Timespan(0.1, 0.3).duration == 0.2


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-1, 1), (float("nan"), 1), (0, float("nan"))])
def test_a_timespan_runs_forwards_from_the_start_of_the_recording(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="runs forwards"):
        Timespan(start, end)


def test_whole_numbers_become_seconds_like_any_other() -> None:
    assert repr(Timespan(1, 2)) == "Timespan(start=1.0, end=2.0)"


def test_a_timespan_can_be_moved_but_not_before_the_recording() -> None:
    assert Timespan(1, 2).shifted(0.5) == Timespan(1.5, 2.5)
    with pytest.raises(ValueError, match="runs forwards"):
        Timespan(1, 2).shifted(-1.5)


@pytest.mark.parametrize(
    ("other", "seconds"), [((0, 1), 0), ((0, 3), 1), ((3, 4), 1), ((2, 5), 3), ((0, 9), 3), ((5, 6), 0), ((3, 3), 0)]
)
def test_overlap_counts_the_seconds_in_common(other: tuple[float, float], seconds: float) -> None:
    assert Timespan(2, 5).overlap(Timespan(*other)) == seconds


@given(moments, moments, moments, moments)
def test_overlap_is_the_same_from_both_sides_and_never_more_than_either(a: float, b: float, c: float, d: float) -> None:
    one, other = Timespan(min(a, b), max(a, b)), Timespan(min(c, d), max(c, d))
    assert one.overlap(other) == other.overlap(one) <= min(one.duration, other.duration) + 0.001
    assert one.start <= one.middle <= one.end


def test_timespans_sort_by_start_then_end() -> None:
    assert sorted([Timespan(2, 3), Timespan(1, 5), Timespan(1, 2)]) == [Timespan(1, 2), Timespan(1, 5), Timespan(2, 3)]
