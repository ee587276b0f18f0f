from __future__ import annotations

import pytest

from khosq.transcript.parties import agent_of, voice_of_each, voices
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def call(*said: tuple[int | None, int]) -> Transcript:
    utterances = [
        Utterance("word", (Word("word", Timespan(start, start + 1)),), speaker, channel)
        for start, (speaker, channel) in enumerate(said)
    ]
    return Transcript("en", len(said) + 1.0, tuple(utterances))


def test_voices_come_by_channel_and_then_as_they_first_talk() -> None:
    assert voices(call((1, 1), (0, 0), (1, 1))) == [0, 1]
    assert voices(call((1, 0), (None, 0), (0, 0))) == [1, 0]


def test_an_unknown_voice_goes_with_the_one_before() -> None:
    assert voice_of_each(call((None, 0), (1, 0), (None, 0), (0, 0))) == [None, 1, 1, 0]


@pytest.mark.parametrize(
    ("transcript", "channel", "agent"),
    [
        (call((1, 1), (0, 0)), None, 0),  # the first channel's
        (call((1, 1), (0, 0)), 1, 1),
        (call((1, 1), (0, 0)), 2, None),
        (call((1, 0), (0, 0)), None, 1),  # the first talker's
        (call((1, 0), (0, 0)), 1, 1),  # one channel: who talks there is not told by channels
        (call((0, 0), (0, 0)), None, None),
        (call((None, 0)), None, None),
        (call(), None, None),
    ],
)
def test_the_agent_is_the_channel_named_or_the_first_channel_or_the_first_talker(
    transcript: Transcript, channel: int | None, agent: int | None
) -> None:
    assert agent_of(transcript, channel=channel) == agent
