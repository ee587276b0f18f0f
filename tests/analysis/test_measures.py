from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.analysis.feature import Call, Preferences
from khosq.analysis.measures import Interruption, Measures, find
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def said(voice: int | None, start: float, end: float, words: int = 2, channel: int = 0) -> Utterance:
    step = (end - start) / words
    spoken = tuple(Word("word", Timespan(start + i * step, start + (i + 1) * step)) for i in range(words))
    return Utterance(" ".join(["word"] * words), spoken, voice, channel)


def measure(
    *utterances: Utterance,
    duration: float = 60.0,
    agent: int | None = 0,
    speech: tuple[tuple[Timespan, ...], ...] = (),
    levels: tuple[float | None, ...] = (),
) -> Measures:
    transcript = Transcript("en", duration, tuple(sorted(utterances, key=lambda one: one.time.start)))
    return find(Call(transcript, speech, levels, agent), Preferences())


def test_talk_is_shared_between_those_who_talk() -> None:
    found = measure(said(0, 0, 30, 60), said(1, 31, 41, 20), said(0, 42, 52, 20))
    agent, customer = found.voices
    assert (agent.role, agent.talk_time, agent.talk_share, agent.turns, agent.speech_rate) == ("agent", 40, 0.8, 2, 120)
    assert (customer.role, customer.talk_time, customer.talk_share, customer.turns) == ("customer", 10, 0.2, 1)
    assert (found.talk_time, found.turns, found.words) == (50, 3, 100)
    assert found.figures["customer.time_to_first_word"] == 31


def test_silence_is_when_nobody_speaks_whether_or_not_words_were_heard() -> None:
    heard_without_words = ((Timespan(20, 25),),)
    found = measure(said(0, 5, 10), said(1, 12, 15), speech=heard_without_words)
    assert (found.silence, found.longest_silence) == (47, 35)
    assert found.figures["silence_share"] == pytest.approx(47 / 60, abs=1e-4)


def test_the_line_is_on_hold_where_a_long_pause_is_followed_by_talk() -> None:
    found = measure(said(0, 20, 25), said(1, 45, 50), duration=100)
    assert found.holds == (Timespan(25, 45),)  # not before the first word, nor after the last
    assert found.figures["hold_time"] == 20


def test_who_starts_while_another_speaks_and_goes_on_cuts_in() -> None:
    found = measure(said(0, 0, 10), said(1, 8, 14), said(0, 14, 20), said(1, 16, 17), said(1, 19.9, 25))
    assert found.interruptions == (Interruption(8, 1, 0),)  # a yes in between and an early start are none
    assert found.overlap == pytest.approx(2 + 1 + 0.1)
    assert [(one.interruptions, one.interrupted) for one in found.voices] == [(0, 1), (1, 0)]


def test_loudness_is_the_mean_power_of_what_a_voice_says() -> None:
    found = measure(said(0, 0, 10), said(1, 10, 20), said(0, 20, 30), levels=(-20.0, None, -30.0))
    assert [voice.loudness for voice in found.voices] == [-22.6, None]


def test_each_minute_has_its_own_talk_and_silence() -> None:
    found = measure(said(0, 50, 70), said(1, 65, 80), duration=130)
    assert [minute.talk for minute in found.minutes] == [(10, 0), (10, 15), (0, 0)]
    assert [minute.silence for minute in found.minutes] == [50, 40, 10]
    assert [minute.overlap for minute in found.minutes] == [0, 5, 0]


def test_nobody_has_a_role_where_no_agent_is_known() -> None:
    assert [voice.role for voice in measure(said(0, 0, 1), said(1, 1, 2), agent=None).voices] == [None, None]
    three = measure(said(0, 0, 1), said(1, 1, 2), said(2, 2, 3))
    assert [voice.role for voice in three.voices] == ["agent", None, None]


def test_of_a_call_without_words_everything_is_silence() -> None:
    found = measure(duration=90)
    assert (found.silence, found.longest_silence, found.talk_time, found.voices) == (90, 90, 0, ())
    assert found.time_to_first_word is None


moments = st.integers(0, 3000).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(st.none() | st.integers(0, 3), moments, st.integers(1, 200)), max_size=30), moments)
def test_talk_and_silence_make_up_the_call(drawn: list[tuple[int | None, float, int]], duration: float) -> None:
    utterances = [said(voice, start, start + tenths / 10) for voice, start, tenths in drawn]
    found = measure(*utterances, duration=max([duration, *(one.time.end for one in utterances)]))
    assert found.talk_time + found.silence == pytest.approx(found.duration)
    assert sum(minute.silence for minute in found.minutes) == pytest.approx(found.silence, abs=0.01)
    assert sum(minute.overlap for minute in found.minutes) == pytest.approx(found.overlap, abs=0.01)
    for number, voice in enumerate(found.voices):
        assert sum(minute.talk[number] for minute in found.minutes) == pytest.approx(voice.talk_time, abs=0.01)
    assert json.loads(json.dumps(found.to_json())) == found.to_json()
