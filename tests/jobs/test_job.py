from __future__ import annotations

import pytest

from khosq.jobs.job import FINAL, TRANSITIONS, JobEvent, JobState, sources, target

HAPPENINGS = [event for event in JobEvent if event is not JobEvent.CREATED]


def test_the_words_of_the_states_are_those_that_are_stored_and_shown() -> None:
    assert [state.value for state in JobState] == [
        "awaiting_media",
        "queued",
        "running",
        "succeeded",
        "failed",
        "cancelled",
    ]
    assert set(TRANSITIONS) == set(JobState)


def test_a_job_that_has_ended_never_changes_again() -> None:
    assert {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED} == FINAL


@pytest.mark.parametrize("state", [state for state in JobState if state not in FINAL])
def test_every_job_that_has_not_ended_can_fail_and_be_cancelled(state: JobState) -> None:
    assert JobState.FAILED in TRANSITIONS[state].values()
    assert TRANSITIONS[state][JobEvent.CANCELLED] is JobState.CANCELLED


@pytest.mark.parametrize("event", HAPPENINGS)
def test_an_event_leads_to_one_state_from_those_that_allow_it(event: JobEvent) -> None:
    allowed = {state: moves[event] for state, moves in TRANSITIONS.items() if event in moves}
    assert sources(event) == list(allowed)
    assert set(allowed.values()) == {target(event)}


def test_only_a_job_without_recording_expires() -> None:
    assert sources(JobEvent.EXPIRED) == [JobState.AWAITING_MEDIA]


def test_being_made_is_no_move() -> None:
    assert sources(JobEvent.CREATED) == []
