from __future__ import annotations

import pytest

from khosq.speech.tokens import Token, spread, words_of
from khosq.transcript.timespan import Timespan


def heard(*tokens: tuple[str, float], duration: float = 2.0) -> list[tuple[str, float, float]]:
    words = words_of((Token(text, start, -0.1) for text, start in tokens), duration=duration)
    return [(word.text, word.time.start, word.time.end) for word in words]


def test_a_marks_own_token_stays_with_the_word_before_it() -> None:
    assert heard((" yes", 0.0), (" .", 0.4), (" no", 1.0), ("?", 1.2)) == [("yes.", 0.0, 0.8), ("no?", 1.0, 1.6)]


def test_blanks_of_their_own_part_words() -> None:
    assert heard(("h", 0.0), ("i", 0.1), (" ", 0.2), ("y", 0.5), ("o", 0.6)) == [("hi", 0.0, 0.5), ("yo", 0.5, 1.0)]


def test_characters_of_a_script_without_blanks_are_words_of_their_own() -> None:
    assert [text for text, _, _ in heard(("你", 0.0), ("好", 0.5), ("。", 0.9), ("ok", 1.0))] == ["你", "好。ok"]


def test_words_lie_inside_what_was_heard() -> None:
    assert heard((" a", -0.02), (" b", 2.5)) == [("a", 0.0, 0.4), ("b", 2.0, 2.0)]


def test_confidence_is_the_mean_of_a_words_tokens_and_unknown_where_one_is() -> None:
    (sure,) = words_of([Token(" a", 0, -0.2), Token("b", 0.1, 0.0)], duration=1)
    (unsure,) = words_of([Token(" a", 0, -0.2), Token("b", 0.1)], duration=1)
    assert sure.confidence == pytest.approx(0.905, abs=0.001)
    assert unsure.confidence is None


def test_text_without_times_is_spread_by_its_letters() -> None:
    words = spread("a bcd", Timespan(1, 4))
    assert [(word.text, word.time) for word in words] == [("a", Timespan(1, 2)), ("bcd", Timespan(2, 4))]
    assert all(word.confidence is None for word in words)


def test_no_text_has_no_words() -> None:
    assert spread(" ", Timespan(0, 1)) == []
    assert list(words_of([], duration=1)) == []
