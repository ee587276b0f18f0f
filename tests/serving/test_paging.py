from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.errors import Invalid
from khosq.serving.paging import read_cursor, write_cursor

MOMENT = datetime(2030, 1, 1, 9, 0, 0, 250_000, tzinfo=UTC)


@given(moment=st.datetimes(timezones=st.just(UTC)), name=st.text(st.characters(codec="ascii", categories=["L", "N"])))
def test_a_cursor_is_read_as_it_was_written(moment: datetime, name: str) -> None:
    assert read_cursor(write_cursor(moment, name)) == (moment, name)


def test_a_cursor_needs_no_escapes_in_an_address() -> None:
    assert write_cursor(MOMENT, "trx_a-b").isascii()
    assert set(write_cursor(MOMENT, "trx_a-b")) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_no_cursor_is_the_first_page() -> None:
    assert read_cursor("") is None


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        "%%%",
        "\ud800",
        "Խոսք",
        "bm8gbW9tZW50",
        write_cursor(MOMENT.replace(tzinfo=None), "a"),
        write_cursor(MOMENT, "a")[:20],
        write_cursor(MOMENT, "a\0b"),
        write_cursor(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "a"),
        write_cursor(datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "a"),
        "A" * 10_000,
    ],
)
def test_what_was_not_given_here_is_no_cursor(odd: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(odd)
    assert refused.value.field == "cursor"


def test_a_cursor_of_another_zone_is_the_same_moment() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=4)))
    assert read_cursor(write_cursor(there, "a")) == (MOMENT, "a")
