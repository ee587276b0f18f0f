from __future__ import annotations

from dataclasses import replace

import pytest
from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports.printable import printable, printable_transcript


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" two\r\nlines\t ", "two lines"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("\ud83d!", "\ufffd!"),
        ("\u202eabc\u2066", "abc"),
        ("र्\u200dय", "र्\u200dय"),  # a joiner shapes the letters beside it
        ("\ufeff", ""),
    ],
)
def test_text_becomes_one_line_that_can_be_written(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_words_of_which_nothing_is_left_are_left_out_and_the_others_keep_their_marks() -> None:
    said = transcript(replace(spoken("hello \x00 you"), text="Hello, \x00 you!"), spoken("\x00"))
    (utterance,) = printable_transcript(said).utterances
    assert utterance.text == "Hello, you!"
    assert [word.text for word in utterance.words] == ["hello", "you"]
