from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from khosq.web.sessions import LIFETIME, form_token, is_form_token, open_session, read_session

SECRET = b"k" * 32
NOW = datetime(2030, 1, 1, tzinfo=UTC)
TOKEN = open_session(SECRET, "abcDEF123", NOW)


def test_a_session_names_its_key_until_it_ends() -> None:
    assert read_session(SECRET, TOKEN, NOW) == "abcDEF123"
    assert read_session(SECRET, TOKEN, NOW + LIFETIME) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_character_of_a_session_may_change(place: int, character: str) -> None:
    if character != TOKEN[place]:
        assert read_session(SECRET, TOKEN[:place] + character + TOKEN[place + 1 :], NOW) is None


@given(st.text())
def test_nothing_else_is_a_session_or_a_form_token(text: str) -> None:
    assert read_session(SECRET, text, NOW) is None
    assert not is_form_token(SECRET, TOKEN, text)


def test_a_form_token_belongs_to_one_session() -> None:
    assert is_form_token(SECRET, TOKEN, form_token(SECRET, TOKEN))
    assert not is_form_token(SECRET, open_session(SECRET, "other", NOW), form_token(SECRET, TOKEN))
