from __future__ import annotations

import pytest

from khosq.jobs.job import JobState, Stage
from khosq.web.views import STAGE_LABELS, STATE_LABELS, clock_face


def test_every_state_and_stage_has_words() -> None:
    assert set(STATE_LABELS) == set(JobState)
    assert set(STAGE_LABELS) == set(Stage)


@pytest.mark.parametrize(
    ("seconds", "face"), [(0, "0:00"), (59.9, "0:59"), (75, "1:15"), (3600, "1:00:00"), (36_125, "10:02:05")]
)
def test_times_read_like_a_clock(seconds: float, face: str) -> None:
    assert clock_face(seconds) == face
