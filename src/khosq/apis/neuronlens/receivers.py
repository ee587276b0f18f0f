"""NeuronLens' words for the receivers of webhooks, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from khosq.apis.neuronlens.gate import read_fields
from khosq.apis.neuronlens.mapping import moment
from khosq.apis.neuronlens.wire import CreateWebhook
from khosq.delivery.delivery import Attempt, Delivery
from khosq.delivery.endpoint import Endpoint
from khosq.errors import Invalid

_FIELD_FAULTS: Mapping[str, str] = {
    "url": "url must be a string.",
    "events": 'events must be an array of transcription.completed, transcription.failed, or ["*"] for all.',
    "secret": "secret must be a string of at most 256 printable characters.",
}

_USUAL_PAGE, _LARGEST_PAGE = 20, 100
_DIGITS = 9


def read_page(query: Mapping[str, str]) -> tuple[int, int]:
    """Return a list's ``limit`` and ``offset``.

    Raises:
        Invalid: names the one that is wrong.

    """
    limit, offset = _count(query, "limit", _USUAL_PAGE), _count(query, "offset", 0)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise Invalid(f"limit must be from 1 to {_LARGEST_PAGE}.", field="limit")
    return limit, offset


def read_registration(body: Mapping[Any, Any]) -> CreateWebhook:
    """Return a registration, checked but for its URL.

    Raises:
        Invalid: names the field that is wrong.

    """
    registration = read_fields(CreateWebhook, body, _FIELD_FAULTS)
    if not registration.secret.isprintable():
        raise Invalid(_FIELD_FAULTS["secret"], field="secret")
    return registration


def from_endpoint(endpoint: Endpoint, last: tuple[Delivery, Attempt | None] | None) -> dict[str, Any]:
    """Return a receiver with its newest delivery; its secret stays here."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "active": endpoint.paused_at is None,
        "created_at": moment(endpoint.created_at),
        "last_delivery": None if last is None else _delivery(*last),
    }


def _delivery(delivery: Delivery, attempt: Attempt | None) -> dict[str, Any]:
    return {
        "event": delivery.event,
        "status": delivery.state,
        "status_code": None if attempt is None else attempt.status,
        "error": None if attempt is None else attempt.error,
        "attempted_at": None if attempt is None else moment(attempt.at),
    }


def _count(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise Invalid(f"{name} must be a whole number, 0 or more.", field=name)
    return int(text)
