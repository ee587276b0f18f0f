"""Header fields that others choose."""

from __future__ import annotations

import pytest

from khosq.errors import Invalid
from khosq.outbound.headers import check_headers


def test_ordinary_headers_are_accepted() -> None:
    check_headers({"Authorization": "Bearer a.b-c=", "X-Trace": "1, 2\t3", "Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "inner"),
        ("hOsT", "inner"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Upgrade", "h2c"),
        ("Expect", "100-continue"),
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\nX-B: 2"),
        ("X-A", "nul\x00"),
        ("X-A", "խոսք"),
        ("X-A: 1\r\nX-B", "2"),
        ("X A", "1"),
        ("", "1"),
        ("X-A", "a" * 9000),
    ],
)
def test_a_header_that_could_change_the_request_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        check_headers({name: value})
