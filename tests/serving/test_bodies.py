from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from khosq.errors import Invalid
from khosq.serving.answers import to_json
from khosq.serving.bodies import DEEPEST, LONGEST_NUMBER, parse_json

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(ANY_JSON)
def test_every_json_value_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(to_json(parse_json(json.dumps(value).encode()))) == value


@pytest.mark.parametrize("text", ['{"a":"\\ud800"}', '{"\\udfff":"\\u0000"}', '"\\u0000"', "-" + "9" * LONGEST_NUMBER])
def test_what_breaks_other_servers_is_carried_through(text: str) -> None:
    assert json.loads(to_json(parse_json(text.encode()))) == json.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999999]",
        b"9" * (LONGEST_NUMBER + 1),
        b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 500_000,
        b"{'a': 1}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"[1e-9999999999999999999]",
    ],
    ids=lambda body: str(body[:12]),
)
def test_what_is_not_sound_json_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        parse_json(body)


@pytest.mark.parametrize("text", ["12345678901234567890.123", "1.10", "1E-400", "-0.0", "0E+99999", "1.7E+308"])
def test_a_number_keeps_its_own_digits(text: str) -> None:
    assert to_json(parse_json(text.encode())) == text.encode()


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    with suppress(Invalid):
        to_json(parse_json(body))


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_hundred_megabytes_are_refused_before_they_are_parsed(port: int, is_chunked: bool) -> None:
    body = b'{"metadata":"' + b"x" * 100_000_000
    data: Any = (body[start : start + 65536] for start in range(0, len(body), 65536)) if is_chunked else body
    answer = requests.post(f"http://127.0.0.1:{port}/things/json", data=data, timeout=20)
    assert answer.status_code == 413
    assert "larger" in answer.json()["fault"]
