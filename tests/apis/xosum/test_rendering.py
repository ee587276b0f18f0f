from __future__ import annotations

import pytest

from khosq.apis.xosum.rendering import conversation
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def call(*said: tuple[int | None, str]) -> Transcript:
    return Transcript(
        "hy-AM",
        60.0,
        tuple(
            Utterance(text, (Word(text, Timespan(place, place + 0.5)),), speaker)
            for place, (speaker, text) in enumerate(said)
        ),
    )


def test_who_talks_first_is_number_one_and_turns_are_merged() -> None:
    text = conversation(call((1, "a"), (1, "b"), (0, "c"), (1, "d")), language="hy-AM")
    assert text == "Խոսնակ 1: a b\nԽոսնակ 2: c\nԽոսնակ 1: d"  # noqa: RUF001 - Armenian


def test_words_of_an_unknown_voice_stay_with_the_turn_before() -> None:
    text = conversation(call((None, "a"), (0, "b"), (None, "c"), (1, "d")), language="en")
    assert text == "Speaker 1: a b c\nSpeaker 2: d"


def test_a_call_without_words_is_an_empty_text() -> None:
    assert conversation(call(), language="hy-AM") == ""


@pytest.mark.parametrize(
    ("language", "label"), [("nl", "Spreker"), ("NL-be", "Spreker"), ("hi-IN", "वक्ता"), ("tlh", "Speaker")]
)
def test_labels_are_in_the_language_of_the_call(language: str, label: str) -> None:
    assert conversation(call((0, "a")), language=language) == f"{label} 1: a"
