# ruff: noqa: RUF001 - other alphabets look like ours

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.evaluation.wer import Errors, character_errors, normalise, word_errors

texts = st.lists(st.sampled_from(["a", "b", "c", "dd"]), min_size=1, max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("language", "written", "agreed"),
    [
        ("en", "It's  a “well-known” Café, isn’t it?", "it's a well known café isn't it"),
        ("en", "'quoted' rock 'n' roll", "quoted rock n roll"),
        ("nl", "\u2019s Morgens foto's", "s morgens foto's"),
        ("hy", "Ինչպե՞ս ես, Աննա՛։ Մայրը և հայրը", "ինչպես ես աննա մայրը եւ հայրը"),
        ("hy", "այո՝ոչ", "այո ոչ"),
        ("hi", "नमस्ते। १२ क्\u200dष", "नमस्ते 12 क्ष"),
        ("tr", "IŞIK İzmir", "ışık izmir"),
        ("en", "\ufb01ve … $5\u00ad0", "five 50"),
    ],
)
def test_spelling_that_does_not_matter_is_agreed_on(language: str, written: str, agreed: str) -> None:
    assert normalise(written, language=language) == agreed


def test_each_kind_of_mistake_is_counted() -> None:
    assert word_errors("a b c d", "A x, c d e", language="en") == Errors(1, 0, 1, 4)
    assert word_errors("a b c", "a c", language="en") == Errors(0, 1, 0, 3)


def test_armenian_and_is_one_word_in_both_spellings() -> None:
    assert word_errors("ես և դու", "ես եւ դու։", language="hy-AM").total == 0


def test_languages_without_spaces_are_counted_by_character() -> None:
    assert word_errors("今日は", "今日 わ", language="ja") == Errors(1, 0, 0, 3)


def test_characters_are_counted_with_their_spaces() -> None:
    assert character_errors("ab cd", "abcd", language="en") == Errors(0, 1, 0, 5)


def test_a_set_is_summed_before_it_is_divided() -> None:
    total = sum((word_errors("a b c d e f g h i", "a b c d e f g h i", language="en"), Errors(1, 0, 0, 1)), Errors())
    assert total.rate == pytest.approx(0.1)


def test_an_empty_reference_counts_as_one_word() -> None:
    assert word_errors("", "", language="en").rate == 0
    assert word_errors("…", "oh no", language="en").rate == 2


@given(texts, texts)
def test_the_rate_is_the_one_jiwer_computes(reference: str, hypothesis: str) -> None:
    assert word_errors(reference, hypothesis, language="en").rate == pytest.approx(jiwer.wer(reference, hypothesis))
    assert character_errors(reference, hypothesis, language="en").rate == pytest.approx(
        jiwer.cer(reference, hypothesis)
    )
