"""Pages, and the headers that every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from khosq.errors import KhosqError, Refused
from khosq.serving.answers import HtmlAnswer

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}

STATUSES: Mapping[str, int] = {
    "address_refused": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "link_refused": 403,
    "not_found": 404,
    "method_refused": 405,
    "too_slow": 408,
    "conflict": 409,
    "too_large": 413,
    "unsupported_media": 415,
    "rate_limited": 429,
    "unavailable": 503,
}

_HEADINGS = {
    400: "This request cannot be accepted",
    401: "Log in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Too late",
    503: "Come back later",
}

_templates = Environment(
    loader=PackageLoader("khosq.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
)


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page, or a part of one."""
    return HtmlAnswer(_templates.get_template(template).render(**values), status_code=status, headers=HEADERS)


def render_error(error: KhosqError) -> Response:
    """Return the page that tells of ``error``."""
    status = STATUSES.get(error.code, 400 if isinstance(error, Refused) else 500)
    heading = _HEADINGS.get(status, "Something went wrong")
    return page("error.html", status=status, heading=heading, message=error.message)
