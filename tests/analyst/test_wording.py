from __future__ import annotations

import pytest
from tests.analyst.calls import call

from khosq.analyst.wording import bare, is_written_in, shortened, tidy


def test_control_characters_go_and_joiners_stay() -> None:
    assert tidy(" a\x00b\n\u202ec  ") == "a b c"
    assert tidy("क्\u200dष") == "क्\u200dष"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Short.", "Short."),
        ("One sentence. Another one.", "One sentence."),
        ("अच्छा है। फिर मिलेंगे।", "अच्छा है।"),
        ("no end in all of this", "no end in all of…"),
        ("x" * 40, "x" * 18 + "…"),
    ],
)
def test_a_text_is_shortened_between_sentences_else_between_words(text: str, cut: str) -> None:
    assert shortened(text, 19) == cut


def test_marks_go_from_the_edges_and_signs_of_vowels_stay() -> None:
    assert bare(" «by Friday.» ") == "by Friday"
    assert bare("शुक्रवार को।") == "शुक्रवार को"
    assert bare("…") == ""


@pytest.mark.parametrize(
    ("text", "is_right"),
    [("Քարտը կորել է", True), ("The card is lost", False), ("12:30", True), ("Visa քարտը կորել է", True)],
)
def test_the_script_tells_whether_the_language_can_be_right(text: str, is_right: bool) -> None:
    assert is_written_in(call((0, "իմ քարտը կորել է"), language="hy-AM").transcript, text) is is_right
