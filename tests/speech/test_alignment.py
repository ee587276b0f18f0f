from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.speech.alignment import assign_speakers, merge_channels, to_utterances
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Utterance
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

times = st.tuples(st.integers(0, 60_000), st.integers(0, 3_000)).map(
    lambda pair: Timespan(pair[0] / 1_000, sum(pair) / 1_000)
)
words = st.builds(Word, st.sampled_from(["yes", "no", "maybe", "այո"]), times, st.none() | st.floats(0, 1))
turns = st.lists(st.builds(Turn, times, st.integers(0, 3)), max_size=12)


def word(text: str, start: float, end: float) -> Word:
    return Word(text, Timespan(start, end))


def speakers(spoken: list[tuple[Word, int]]) -> list[int]:
    return [speaker for _, speaker in spoken]


def all_words(utterances: tuple[Utterance, ...]) -> Counter[Word]:
    return Counter(word for utterance in utterances for word in utterance.words)


CALL = [Turn(Timespan(0, 5), 0), Turn(Timespan(5, 10), 1)]


def test_a_word_belongs_to_the_voice_that_covers_most_of_it() -> None:
    assert speakers(assign_speakers([word("a", 4.5, 5.2), word("b", 4.8, 5.6)], CALL)) == [0, 1]


def test_a_word_between_turns_belongs_to_the_nearest_voice() -> None:
    turns = [Turn(Timespan(0, 2), 0), Turn(Timespan(4, 6), 1)]
    heard = [word("early", 2.2, 2.6), word("late", 3.5, 3.9), word("last", 9, 9.5)]
    assert speakers(assign_speakers(heard, turns)) == [0, 1, 1]


def test_a_short_turn_inside_a_long_one_does_not_hide_it() -> None:
    turns = [Turn(Timespan(0, 20), 0), Turn(Timespan(3, 4), 1), Turn(Timespan(30, 31), 1)]
    heard = [word("aside", 3, 3.9), word("on", 15, 15.5), word("still", 21, 21.4)]
    assert speakers(assign_speakers(heard, turns)) == [0, 0, 0]


def test_without_turns_one_voice_says_everything() -> None:
    assert speakers(assign_speakers([word("alone", 0, 1)], [])) == [0]


def test_a_short_word_in_the_middle_of_anothers_breath_goes_with_it() -> None:
    turns = [Turn(Timespan(0, 1), 0), Turn(Timespan(1, 1.3), 1), Turn(Timespan(1.3, 3), 0)]
    heard = [word("how", 0.6, 1), word("are", 1.02, 1.28), word("you", 1.3, 1.6)]
    assert speakers(assign_speakers(heard, turns)) == [0, 0, 0]


def test_a_reply_between_pauses_keeps_its_voice() -> None:
    turns = [Turn(Timespan(0, 1), 0), Turn(Timespan(1.4, 1.8), 1), Turn(Timespan(2.2, 4), 0)]
    heard = [word("sure", 0.6, 1), word("yes", 1.4, 1.8), word("fine", 2.2, 2.6)]
    assert speakers(assign_speakers(heard, turns)) == [0, 1, 0]


@pytest.mark.parametrize(
    ("edge", "heard"),
    [
        (3.3, [word("bye", 1, 1.5), word("well", 3.0, 3.25), word("hello", 3.3, 3.8)]),
        (1.5, [word("so", 1, 1.45), word("bye", 1.5, 1.75), word("hello", 3.3, 3.8)]),
    ],
)
def test_a_word_at_a_misplaced_turn_edge_goes_where_it_is_joined(edge: float, heard: list[Word]) -> None:
    spoken = assign_speakers(heard, [Turn(Timespan(0, edge), 0), Turn(Timespan(edge, 6), 1)])
    assert speakers(spoken) == ([0, 1, 1] if edge > 2 else [0, 0, 1])


@given(st.lists(words, max_size=20), turns)
def test_assigning_keeps_every_word_in_its_place(heard: list[Word], turns: list[Turn]) -> None:
    spoken = assign_speakers(heard, turns)
    assert [one for one, _ in spoken] == heard
    assert {speaker for _, speaker in spoken} <= ({turn.speaker for turn in turns} or {0})


def test_an_utterance_ends_at_a_pause_or_another_voice() -> None:
    spoken = [(word("a", 0, 1), 0), (word("b", 1.7, 2), 0), (word("c", 2.8, 3), 0), (word("d", 3, 4), 1)]
    assert [(one.text, one.speaker) for one in to_utterances(spoken)] == [("a b", 0), ("c", 0), ("d", 1)]


@given(st.lists(st.tuples(words, st.none() | st.integers(0, 2)), max_size=20), st.floats(0.1, 3))
def test_utterances_hold_every_word_once_in_order(spoken: list[tuple[Word, int | None]], pause: float) -> None:
    utterances = to_utterances(spoken, channel=1, pause=pause)
    assert all_words(utterances) == Counter(word for word, _ in spoken)
    assert [one.time.start for one in utterances] == sorted(one.time.start for one in utterances)
    assert all(one.text == " ".join(word.text for word in one.words) and one.channel == 1 for one in utterances)


def test_the_channel_that_speaks_first_is_speaker_0() -> None:
    utterances = merge_channels([[word("later", 5, 6)], [], [word("hello", 0, 1), word("bye", 7, 8)]])
    assert [(one.text, one.speaker, one.channel) for one in utterances] == [
        ("hello", 0, 2),
        ("later", 1, 0),
        ("bye", 0, 2),
    ]


@given(st.lists(st.lists(words, max_size=8), max_size=3))
def test_merging_channels_loses_and_doubles_nothing(channels: list[list[Word]]) -> None:
    utterances = merge_channels(channels)
    assert all_words(utterances) == Counter(word for channel in channels for word in channel)
    assert [one.time.start for one in utterances] == sorted(one.time.start for one in utterances)
    for index, channel in enumerate(channels):
        assert all_words(tuple(one for one in utterances if one.channel == index)) == Counter(channel)
