from __future__ import annotations

import pytest

from khosq.serving.language_tags import read_language_tag


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("hi-IN", "hi-IN"),
        ("EN", "en"),
        ("HY-am", "hy-AM"),
        ("hye", "hy"),
        ("hin-in", "hi-IN"),
        ("kok-IN", "kok-IN"),
        ("hy-ARMN-am-X-AB", "hy-Armn-AM-x-ab"),
        ("", None),
        ("x", None),
        ("hindi", None),
        ("not a tag", None),
        ("en_US", None),
        ("en\n", None),
        ("հյ", None),
        ("en-" + "a" * 9, None),
        ("en" + "-abcd" * 8, None),
    ],
)
def test_a_tag_is_read_in_its_one_spelling(given: str, read: str | None) -> None:
    assert read_language_tag(given) == read
