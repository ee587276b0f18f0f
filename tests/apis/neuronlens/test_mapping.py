"""The words of a transcription, ours and NeuronLens'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from khosq import errors
from khosq.apis.neuronlens.mapping import FAILURES, STATE_WORDS, moment
from khosq.apis.neuronlens.routes import owns
from khosq.apis.neuronlens.speakers import speaker_labels
from khosq.errors import KhosqError
from khosq.jobs.job import JobState
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def labels(*voices: tuple[int | None, int]) -> list[str | None]:
    """Label utterances that come one after another, each given as its voice and its channel."""
    utterances = tuple(
        Utterance("a", (Word("a", Timespan(at, at + 1)),), voice, channel) for at, (voice, channel) in enumerate(voices)
    )
    return speaker_labels(Transcript("hy-AM", 60.0, utterances))


def test_a_moment_of_any_year_is_iso_8601() -> None:
    assert (
        moment(datetime(2030, 1, 1, 13, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=4)))) == "2030-01-01T09:00:00Z"
    )
    assert moment(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


def test_every_state_has_a_word() -> None:
    assert set(STATE_WORDS) == set(JobState)


def test_every_code_that_has_a_word_exists() -> None:
    def codes(kind: type[KhosqError]) -> set[str]:
        return {kind.code, *(code for deeper in kind.__subclasses__() for code in codes(deeper))}

    assert set(FAILURES) <= codes(errors.KhosqError)


def test_of_two_on_one_channel_the_first_talker_is_the_agent() -> None:
    assert labels((0, 0), (1, 0), (0, 0)) == ["agent", "customer", "agent"]
    assert labels((1, 0), (0, 0)) == ["agent", "customer"]


def test_of_two_channels_the_first_is_the_agent_whoever_talks_first() -> None:
    assert labels((0, 1), (1, 0), (0, 1)) == ["customer", "agent", "customer"]


@pytest.mark.parametrize("count", [1, 3, 10])
def test_one_or_more_than_two_speakers_have_numbers(count: int) -> None:
    assert labels(*((voice, 0) for voice in range(count))) == [f"speaker_{number + 1}" for number in range(count)]


def test_an_unknown_voice_goes_with_the_one_before() -> None:
    assert labels((None, 0), (0, 0), (None, 0), (1, 0)) == [None, "agent", "agent", "customer"]


def test_speakers_that_nobody_told_apart_have_no_name() -> None:
    assert labels((None, 0), (None, 0)) == [None, None]


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/transcription", True),
        ("/transcription/trx_1", True),
        ("/webhooks", True),
        ("/analytics/calls", True),
        ("/calls/cal_1", True),
        ("/v1", True),
        ("/v1/nothing\n", True),
        ("/v1/audio/transcriptions", False),
        ("/v1/models", False),
        ("/v10", False),
        ("/api/v1/session", False),
        ("/khosq/v1/jobs", False),
        ("/", False),
    ],
)
def test_paths_are_ours_as_agreed(path: str, *, is_ours: bool) -> None:
    assert owns(path) is is_ours
