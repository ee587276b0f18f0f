"""What goes back over the wire, in forms that no input can break."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import simplejson
from starlette.responses import Response


def to_json(content: Any) -> bytes:
    """Return compact JSON in ASCII: lone surrogates and NUL travel as escapes, decimals with all their digits."""
    text = simplejson.dumps(content, ensure_ascii=True, allow_nan=False, use_decimal=True, separators=(",", ":"))
    return text.encode("ascii")


class JsonAnswer(Response):
    """A JSON body."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return to_json(content)


class TextAnswer(Response):
    """A body of plain text."""

    media_type = "text/plain"

    def render(self, content: Any) -> bytes:
        """Return the body; what UTF-8 cannot carry becomes a question mark."""
        return str(content).encode("utf-8", "replace")


class HtmlAnswer(TextAnswer):
    """A page."""

    media_type = "text/html"


def warning_headers(warnings: Iterable[str]) -> dict[str, str]:
    """Return the header in which APIs that have no field for it say what to know before trusting a result."""
    text = header_text("; ".join(warning.rstrip(". ") for warning in warnings))
    return {"x-khosq-warning": text} if text else {}


def header_text(text: str, *, longest: int = 1000) -> str:
    """Return ``text`` as a header may carry it: ASCII, on one line."""
    return " ".join(text.encode("ascii", "replace").decode("ascii").split())[:longest]
