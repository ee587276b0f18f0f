"""Sentences found in speech."""

# ruff: noqa: RUF001 (marks of several scripts are what is tested)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.transcript.sentences import LONGEST_WITHOUT_MARKS, cut_at_pauses, ends_sentence, read_words, sentences
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def spoken(text: str, start: float = 0.0, speaker: int | None = None) -> Utterance:
    words = tuple(
        Word(piece, Timespan(start + index * 0.3, start + index * 0.3 + 0.3))
        for index, piece in enumerate(text.split())
    )
    return Utterance(text, words, speaker)


def split(*utterances: Utterance, language: str = "en") -> list[str]:
    return [sentence.text for sentence in sentences(Transcript(language, 999, utterances))]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "It works. Does it? Yes!", ["It works.", "Does it?", "Yes!"]),
        ("en", 'He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("en", "Dr. Smith and J. Doe met at 3.30 in the U.S. embassy. Fine.", None),
        ("en", "well... maybe. Maybe not.", ["well... maybe.", "Maybe not."]),
        ("hy", "Ի՞նչ է սա։ Սա գիրք է։", ["Ի՞նչ է սա։", "Սա գիրք է։"]),
        ("hy", "Եկա՞ նա այսօր: Այո:", ["Եկա՞ նա այսօր:", "Այո:"]),
        ("en", "two things: one and two.", ["two things: one and two."]),
        ("hi", "यह ठीक है। धन्यवाद।", ["यह ठीक है।", "धन्यवाद।"]),
        ("ta", "இது என்ன? இது புத்தகம்.", ["இது என்ன?", "இது புத்தகம்."]),
    ],
)
def test_sentences_end_at_the_marks_of_their_script(language: str, text: str, expected: list[str] | None) -> None:
    expected = expected or ["Dr. Smith and J. Doe met at 3.30 in the U.S. embassy.", "Fine."]
    assert split(spoken(text), language=language) == expected


def test_without_marks_each_utterance_is_a_sentence() -> None:
    assert split(spoken("hello how are you"), spoken("fine", 5)) == ["hello how are you", "fine"]


def test_a_marked_sentence_may_run_over_a_pause_but_not_over_a_speaker() -> None:
    assert split(spoken("I want to", speaker=0), spoken("go home.", 3, speaker=0)) == ["I want to go home."]
    assert split(spoken("I want to", speaker=0), spoken("Go home.", 3, speaker=1)) == ["I want to", "Go home."]


def test_a_very_long_run_without_marks_is_cut_at_its_longest_pause() -> None:
    words = [Word(f"w{i}", Timespan(i * 0.3 + (i > 17), i * 0.3 + 0.3 + (i > 17))) for i in range(40)]
    assert [len(piece) for piece in cut_at_pauses(tuple(words), 30)] == [18, 22]


@given(st.integers(0, 200))
def test_cutting_loses_no_word_and_leaves_no_long_piece(count: int) -> None:
    words = spoken("a " * count).words
    pieces = cut_at_pauses(words, LONGEST_WITHOUT_MARKS)
    assert [word for piece in pieces for word in piece] == list(words)
    assert all(0 < len(piece) <= LONGEST_WITHOUT_MARKS for piece in pieces)


@given(st.lists(st.tuples(st.sampled_from(["a", "B.", "c,", "D?", "…"]), st.integers(0, 2)), max_size=80))
def test_every_word_is_in_exactly_one_sentence(said: list[tuple[str, int]]) -> None:
    utterances = tuple(spoken(text, float(i), speaker) for i, (text, speaker) in enumerate(said))
    found = sentences(Transcript("en", 999, utterances))
    assert [word for sentence in found for word in sentence.words] == [word for one in utterances for word in one.words]


def test_words_read_as_the_text_has_them_where_both_agree_in_number() -> None:
    heard = spoken("hello there")
    assert [word.text for word in read_words(Utterance("Hello, there!", heard.words))] == ["Hello,", "there!"]
    assert read_words(Utterance("Hello!", heard.words)) == heard.words


def test_a_lower_case_word_goes_on_with_the_sentence() -> None:
    assert not ends_sentence("approx.", "ten", "en")
    assert ends_sentence("ten.", "Then", "en")
    assert ends_sentence("ten.", None, "en")
