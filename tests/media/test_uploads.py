from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.errors import LinkRefused
from khosq.media.uploads import sign_link, verify_link

SECRET = b"k" * 32
PATH = "/upload/h4RkT0yVqLz2NwCe8SbJ"
NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
EXPIRES = NOW + timedelta(hours=1)
QUERY = sign_link(SECRET, method="PUT", path=PATH, expires=EXPIRES)


def test_a_fresh_link_opens() -> None:
    assert verify_link(SECRET, method="PUT", path=PATH, query=QUERY, now=NOW) == EXPIRES


def test_a_link_closes_at_its_last_second() -> None:
    verify_link(SECRET, method="PUT", path=PATH, query=QUERY, now=EXPIRES - timedelta(seconds=1))
    with pytest.raises(LinkRefused, match="expired"):
        verify_link(SECRET, method="PUT", path=PATH, query=QUERY, now=EXPIRES)


def test_a_link_is_good_to_the_end_of_a_time_with_a_fraction() -> None:
    expires = EXPIRES + timedelta(milliseconds=400)
    query = sign_link(SECRET, method="PUT", path=PATH, expires=expires)
    verify_link(SECRET, method="PUT", path=PATH, query=query, now=expires - timedelta(milliseconds=1))
    with pytest.raises(LinkRefused, match="expired"):
        verify_link(SECRET, method="PUT", path=PATH, query=query, now=expires + timedelta(seconds=1))


@given(st.text())
def test_no_other_path_opens_with_the_same_signature(path: str) -> None:
    if path != PATH:
        with pytest.raises(LinkRefused):
            verify_link(SECRET, method="PUT", path=path, query=QUERY, now=NOW)


@given(st.sampled_from(["GET", "POST", "PATCH", "DELETE", "put", ""]))
def test_no_other_method_opens_with_the_same_signature(method: str) -> None:
    with pytest.raises(LinkRefused):
        verify_link(SECRET, method=method, path=PATH, query=QUERY, now=NOW)


@given(st.integers(-(10**20), 10**20))
def test_nobody_moves_the_expiry(moment: int) -> None:
    if moment != int(EXPIRES.timestamp()):
        changed = QUERY.replace(f"exp={int(EXPIRES.timestamp())}", f"exp={moment}")
        with pytest.raises(LinkRefused):
            verify_link(SECRET, method="PUT", path=PATH, query=changed, now=NOW)


@given(st.integers(0, len(QUERY) - 1), st.characters())
def test_no_character_of_the_query_may_change(place: int, character: str) -> None:
    if character != QUERY[place]:
        changed = QUERY[:place] + character + QUERY[place + 1 :]
        with pytest.raises(LinkRefused):
            verify_link(SECRET, method="PUT", path=PATH, query=changed, now=NOW)


@given(st.binary(min_size=16, max_size=64))
def test_another_server_s_signature_is_refused(secret: bytes) -> None:
    query = sign_link(secret, method="PUT", path=PATH, expires=EXPIRES)
    if secret != SECRET:
        with pytest.raises(LinkRefused):
            verify_link(SECRET, method="PUT", path=PATH, query=query, now=NOW)


@pytest.mark.parametrize("query", ["", "exp=1", "sig=ab", QUERY + "&exp=1", QUERY + "&sig=00", "exp=&sig=", "\udcff"])
def test_an_incomplete_or_doubled_query_is_refused(query: str) -> None:
    with pytest.raises(LinkRefused):
        verify_link(SECRET, method="PUT", path=PATH, query=query, now=NOW)
