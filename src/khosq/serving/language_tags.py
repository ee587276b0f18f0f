"""Language tags as callers write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_LONGEST = 35
_CASE_BY_LENGTH: Mapping[int, Callable[[str], str]] = {2: str.upper, 4: str.title}
"""Regions and scripts."""
_SHORTEST_CODES: Mapping[str, str] = {
    "hye": "hy",
    "arm": "hy",
    "eng": "en",
    "hin": "hi",
    "tam": "ta",
    "tel": "te",
    "mar": "mr",
    "nld": "nl",
    "dut": "nl",
    "rus": "ru",
}
"""A language's three letters → the two that a BCP 47 tag must have where there are two."""


def read_language_tag(text: str) -> str | None:
    """Return a tag in the spelling that RFC 5646 (2.1.1, 4.5) asks for: ``HYE-am`` is ``hy-AM``; None: it is none."""
    if len(text) > _LONGEST or _TAG.fullmatch(text) is None:
        return None
    language, *rest = text.lower().split("-")
    parts, in_extension = [_SHORTEST_CODES.get(language, language)], False
    for part in rest:
        in_extension = in_extension or len(part) == 1
        parts.append(part if in_extension else _CASE_BY_LENGTH.get(len(part), str.lower)(part))
    return "-".join(parts)
