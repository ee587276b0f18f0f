from __future__ import annotations

import pytest

from khosq.transcript.lines import visible_length, wrap


def test_two_lines_are_about_as_long_as_each_other() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
    first, second = wrap(words, 42)
    assert abs(len(first) - len(second)) < 8


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("Ի՞նչ", 4),
        ("नमस्ते", 3),  # न म स्ते
        ("क्षत्रिय", 3),  # क्ष त्रि य
        ("र्\u200dय", 1),  # joined across a joiner
        ("తెలుగు", 3),
        ("தமிழ்", 3),  # the pulli ends a syllable, it joins nothing
        ("மக்கள்", 4),
        ("e\u0301te\u0301", 3),
        ("", 0),
    ],
)
def test_a_line_is_as_long_as_it_looks(text: str, length: int) -> None:
    assert visible_length(text) == length


def test_a_line_takes_no_more_words_than_it_may() -> None:
    assert wrap(["one", "two", "three", "four"], 42, most_words=3) == ("one two", "three four")


def test_a_letter_and_its_signs_are_never_parted() -> None:
    words = ["क्षत्रिय", "प्रार्थना", "నమస్కారం", "கொடுக்கிறேன்"]
    assert list(wrap(words, 1)) == words
