"""Whether and when a call is made again: pure decisions."""

from __future__ import annotations

import random

import httpx2

_NOT_NOW = frozenset({429, 503})
"""Statuses that say: nothing was done, come again."""
_PERHAPS_DONE = frozenset({408, 500, 502, 504})
"""Statuses after which only what may be done twice is done again."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_LONGEST_ASKED = 120.0
"""Seconds; a server that asks for more is believed, and not waited for."""


def wait_after(answer: httpx2.Response, attempt: int, *, most: int, repeatable: bool) -> float | None:
    """Return in how many seconds to call again after an answer, None if that is the last word.

    Args:
        answer: what came.
        attempt: how many calls were made, this one included.
        most: how many may be made.
        repeatable: the call may be done twice.

    """
    is_worth_it = answer.status_code in _NOT_NOW or (repeatable and answer.status_code in _PERHAPS_DONE)
    if not is_worth_it or attempt >= most:
        return None
    asked = answer.headers.get("retry-after", "")
    if not asked.isdecimal():
        return backoff(attempt)
    return float(asked) if float(asked) <= _LONGEST_ASKED else None


def wait_without_answer(error: httpx2.TransportError, attempt: int, *, most: int, repeatable: bool) -> float | None:
    """Return the same where no answer came."""
    nothing_sent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    if attempt >= most or not (repeatable or nothing_sent):
        return None
    return backoff(attempt)


def backoff(attempt: int) -> float:
    """Return a wait that grows with each attempt, and differs from client to client."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
