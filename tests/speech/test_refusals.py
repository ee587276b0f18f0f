from datetime import UTC, datetime, timedelta
from pathlib import Path

from khosq.speech import refusals

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_failure_is_remembered_for_ten_minutes(tmp_path: Path) -> None:
    refusals.remember(tmp_path, "the hub", "it is away", clock=lambda: NOW)
    assert refusals.recent(tmp_path, "the hub", clock=lambda: NOW + timedelta(minutes=9)) == "it is away"
    assert refusals.recent(tmp_path, "the hub", clock=lambda: NOW + timedelta(minutes=10)) is None


def test_a_clock_set_back_does_not_prolong_it(tmp_path: Path) -> None:
    refusals.remember(tmp_path, "the hub", "it is away", clock=lambda: NOW)
    assert refusals.recent(tmp_path, "the hub", clock=lambda: NOW - timedelta(hours=1)) is None


def test_success_makes_it_forgotten(tmp_path: Path) -> None:
    refusals.remember(tmp_path, "a", "why", clock=lambda: NOW)
    refusals.forget(tmp_path, "a", "never seen")
    assert refusals.recent(tmp_path, "a", clock=lambda: NOW) is None


def test_a_damaged_note_is_no_obstacle(tmp_path: Path) -> None:
    refusals.remember(tmp_path, "a", "why", clock=lambda: NOW)
    for note in (tmp_path / ".refused").iterdir():
        note.write_text("{")
    assert refusals.recent(tmp_path, "a", clock=lambda: NOW) is None
