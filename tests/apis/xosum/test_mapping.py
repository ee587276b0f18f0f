from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.apis.xosum.mapping import STAGE_WORDS, STATE_WORDS, from_job, status_of
from khosq.apis.xosum.wire import Status
from khosq.jobs.job import FINAL, TRANSITIONS, Job, JobEvent, JobState, Stage, Wishes
from khosq.jobs.results import Outcome
from khosq.transcript.transcript import Transcript

ORDER: tuple[Status, ...] = ("uploading", "processing", "converting", "transcribed", "failed")
JOB = Job(
    "a" * 20,
    "t",
    "xosum",
    JobState.QUEUED,
    Wishes("hy-AM"),
    {},
    "https://asr.example",
    datetime(2030, 1, 1, 9, tzinfo=UTC),
)


def job(state: JobState, stage: Stage | None) -> Job:
    return Job(JOB.id, JOB.tenant_id, JOB.door, state, JOB.wishes, {}, JOB.base_url, JOB.created_at, stage=stage)


def test_every_state_and_stage_has_a_word_of_the_vendor() -> None:
    assert set(STATE_WORDS) == set(JobState)
    assert set(STAGE_WORDS) == set(Stage)
    assert set(STATE_WORDS.values()) | set(STAGE_WORDS.values()) == set(ORDER)


@given(st.lists(st.sampled_from([*JobEvent, "stage"]), max_size=20))
def test_on_no_way_through_the_states_does_the_status_step_back(happenings: list[str]) -> None:
    state, stages, stage = JobState.AWAITING_MEDIA, iter(Stage), None
    seen = [status_of(job(state, stage))]
    for happening in happenings:
        if happening == "stage" and state is JobState.RUNNING:
            stage = next(stages, stage)
        elif happening in TRANSITIONS[state]:
            state = TRANSITIONS[state][JobEvent(happening)]
        seen.append(status_of(job(state, stage)))
    places = [ORDER.index(word) for word in seen]
    assert places == sorted(places)
    assert (seen[-1] in {"transcribed", "failed"}) == (state in FINAL)


@pytest.mark.parametrize("state", JobState)
def test_a_field_is_there_only_where_its_status_allows_it(state: JobState) -> None:
    answer = from_job(job(state, None), Outcome(Transcript("hy-AM", 1.0, ())))
    done = {"transcription", "title", "resolution", "languageCode"} if state is JobState.SUCCEEDED else set()
    failed = {"error"} if STATE_WORDS[state] == "failed" else set()
    assert set(answer) == {"docId", "status", "createdAt", "type", "duration", "metadata"} | done | failed
    assert answer["createdAt"] == "2030-01-01T09:00:00.000Z"
