from __future__ import annotations

import pytest

from khosq.evaluation.spelling import as_scored


@pytest.mark.parametrize(
    ("language", "reference", "transcript"),
    [
        ("en", "It's twenty-five dollars, or 500 more.", "it's 25 dollars or five hundred more"),
        ("en", "Call 555 12 34!", "call five five five one two three four"),
        ("hy-AM", "Հինգ հարյուր քսանյոթ. Ո՞վ և որտե՞ղ", "527 ով եւ որտեղ"),
        ("hi", "१२ बजे", "12 बजे"),
        ("ka", "კი, 5", "კი 5"),
    ],
)
def test_numbers_marks_and_capitals_may_differ(language: str, reference: str, transcript: str) -> None:
    assert as_scored(reference, language=language) == as_scored(transcript, language=language)


def test_words_may_not_differ() -> None:
    assert as_scored("Twenty five", language="en") == "25"
    assert as_scored("twenty four", language="en") != "25"
