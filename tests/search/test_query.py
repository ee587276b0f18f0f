"""What people type into a search box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.errors import Invalid
from khosq.search.query import LONGEST_QUERY, SearchQuery, Term, read_query


def word(text: str) -> Term:
    return Term((text,))


def test_words_must_all_be_said() -> None:
    assert read_query("Refund  PLEASE refund").clauses == ((word("refund"),), (word("please"),))


def test_a_phrase_is_one_term_in_any_quotes() -> None:
    for text in ('"good morning"', "“Good morning”", "«good, morning»", '"good morning'):
        assert read_query(text) == SearchQuery(((Term(("good", "morning")),),))


def test_what_is_written_with_a_hyphen_is_a_phrase() -> None:
    assert read_query("e-mail") == read_query('"e mail"')


def test_a_star_lets_the_word_go_on() -> None:
    assert read_query('cancel* "call me b*"').terms == (
        Term(("cancel",), is_prefix=True),
        Term(("call", "me", "b"), is_prefix=True),
    )


def test_or_joins_what_stands_beside_it() -> None:
    query = read_query('a OR b OR "c d" e')
    assert query.clauses == ((word("a"), word("b"), Term(("c", "d"))), (word("e"),))
    assert read_query("OR a OR") == read_query("a")
    assert read_query("a or b").clauses == ((word("a"),), (word("or"),), (word("b"),))


def test_a_minus_excludes() -> None:
    query = read_query('refund -later -"call back"')
    assert (query.terms, query.excluded) == ((word("refund"),), (word("later"), Term(("call", "back"))))


@pytest.mark.parametrize("text", ["", "   ", '"', "*", "-", "()", "OR", "' ; --", "\x00", "\ud800", '""""', ":&|!<->"])
def test_text_without_words_says_nothing(text: str) -> None:
    assert read_query(text) == SearchQuery()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Ի՞նչ եւ", "ինչ և"),
        ("ज़रूर", "जरूर"),
        ("हिन्दी", "हिंदी"),
        ("ＣＡＦÉ", "cafe"),
        ("१२३", "123"),
    ],
)
def test_two_ways_of_writing_are_one_word(typed: str, said: str) -> None:
    assert read_query(typed) == read_query(said)
    assert read_query(typed).clauses


def test_vowel_signs_are_part_of_words() -> None:
    assert read_query("कि") != read_query("की")
    assert read_query("వందనం").terms == (word("వందనం"),)
    assert read_query("நன்றி").terms == (word("நன்றி"),)


@given(st.text(max_size=200))
def test_any_text_is_a_query(text: str) -> None:
    for term in (*read_query(text).terms, *read_query(text).excluded):
        assert all(token and not set(token) & set(" '\"\\%_*:") for token in term.tokens)


def test_a_query_has_an_end() -> None:
    read_query("a" * LONGEST_QUERY)
    with pytest.raises(Invalid, match="at most 1000 characters"):
        read_query("a" * (LONGEST_QUERY + 1))
