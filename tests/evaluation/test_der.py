from pathlib import Path

import pytest

from khosq.errors import Invalid
from khosq.evaluation.der import NO_ERRORS, diarization_errors, read_rttm
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

RTTM = """\
;; a comment
SPEAKER call 1 1.500 2.000 <NA> <NA> customer <NA> <NA>
SPEAKER call 1 0.000 1.000 <NA> <NA> agent <NA> <NA>
SPEAKER other 1 0.000 1.000 <NA> <NA> customer <NA> <NA>
"""


def turn(start: float, end: float, speaker: int) -> Turn:
    return Turn(Timespan(start, end), speaker)


REFERENCE = [turn(0, 10, 0), turn(10, 20, 1)]


def test_the_same_turns_under_other_numbers_are_no_error() -> None:
    assert diarization_errors(REFERENCE, [turn(0, 10, 7), turn(10, 20, 3)], collar=0).rate == 0


def test_each_kind_of_error_is_measured_in_seconds() -> None:
    errors = diarization_errors(REFERENCE, [turn(1, 12, 0), turn(12, 23, 1)], collar=0)
    assert (errors.missed, errors.false_alarm, errors.confusion, errors.speech) == pytest.approx((1, 3, 2, 20))
    assert errors.rate == pytest.approx(0.3)


def test_voices_are_matched_so_that_they_agree_longest() -> None:
    errors = diarization_errors(REFERENCE, [turn(0, 4, 0), turn(4, 10, 1), turn(10, 20, 0)], collar=0)
    assert errors.confusion == pytest.approx(4)


def test_an_error_inside_the_collar_is_forgiven() -> None:
    hypothesis = [turn(0, 10.25, 0), turn(10.25, 20, 1)]
    assert diarization_errors(REFERENCE, hypothesis, collar=0).confusion == pytest.approx(0.25)
    forgiven = diarization_errors(REFERENCE, hypothesis, collar=0.25)
    assert (forgiven.rate, forgiven.speech) == pytest.approx((0, 19))


def test_overlap_counts_twice_or_not_at_all() -> None:
    reference = [turn(0, 10, 0), turn(8, 20, 1)]
    hypothesis = [turn(0, 10, 0), turn(10, 20, 1)]
    counted = diarization_errors(reference, hypothesis, collar=0)
    assert (counted.missed, counted.speech) == pytest.approx((2, 22))
    left_out = diarization_errors(reference, hypothesis, collar=0, overlap=False)
    assert (left_out.rate, left_out.speech) == pytest.approx((0, 18))


def test_a_voice_that_the_diarizer_invented_is_confusion() -> None:
    errors = diarization_errors([turn(0, 10, 0)], [turn(0, 6, 0), turn(6, 10, 1)], collar=0)
    assert errors.rate == pytest.approx(0.4)


def test_nothing_said_is_right_only_if_nothing_was_heard() -> None:
    assert diarization_errors([], []).rate == 0
    assert diarization_errors([], [turn(0, 1, 0)]).rate == 1


def test_a_set_is_summed_before_it_is_divided() -> None:
    one = diarization_errors([turn(0, 1, 0)], [], collar=0)
    assert (NO_ERRORS + one + diarization_errors(REFERENCE, REFERENCE, collar=0)).rate == pytest.approx(1 / 21)


def test_rttm_gives_turns_by_recording_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text(RTTM)
    assert read_rttm(tmp_path / "a.rttm") == {
        "call": [turn(0, 1, 0), turn(1.5, 3.5, 1)],
        "other": [turn(0, 1, 0)],
    }


def test_a_file_that_is_not_rttm_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text("SPEAKER call 1 soon 1 <NA>\n")
    with pytest.raises(Invalid, match=r"a\.rttm is not an RTTM file"):
        read_rttm(tmp_path / "a.rttm")
