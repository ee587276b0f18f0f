"""Answers with our manners: validators, cursors, names of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from khosq.serving.answers import JsonAnswer, to_json

NO_STORE = {"cache-control": "no-store"}
PRIVATE = {"cache-control": "private, no-cache"}
"""May be kept by the caller, and must be asked for again before use."""


def answer(shown: BaseModel, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a body."""
    return JsonAnswer(plain(shown), status, headers=dict(headers or {}))


def plain(shown: BaseModel) -> Any:
    """Return what JSON can carry; what a caller gave us stays as it was given."""
    return _json_ready(shown.model_dump(by_alias=True))


def _json_ready(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_ready(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_ready(part) for part in value]
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def etag_of(shown: BaseModel, *, leaving_out: frozenset[str] = frozenset()) -> str:
    """Return a weak validator of what is shown, some of which may change from moment to moment."""
    dumped = {name: value for name, value in plain(shown).items() if name not in leaving_out}
    return f'W/"{hashlib.sha256(to_json(dumped)).hexdigest()[:20]}"'


def matches(request: Request, etag: str, *, header: str = "if-none-match") -> bool:
    """Tell whether a request names this validator (RFC 9110, 13.1.2: compared weakly)."""
    named = [part.strip().removeprefix("W/") for part in request.headers.get(header, "").split(",")]
    return "*" in named or etag.removeprefix("W/") in named


def not_modified(etag: str) -> Response:
    """Return the answer to one who has it already."""
    return Response(status_code=304, headers={"etag": etag, **PRIVATE})


def attachment(name: str) -> str:
    """Return the header that names a file to be saved (RFC 6266), whatever its name is made of."""
    ascii_name = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%/' else "_" for one in name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}"
