"""Clients that leave before their answer."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import Message

from khosq.serving.leaving import unless_gone


def request(*messages: Message) -> Request:
    """A request whose client says this and then stays silent."""
    rest = list(messages)

    async def receive() -> Message:
        if rest:
            return rest.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive)


BODY: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


def test_who_stays_gets_what_was_worked_for() -> None:
    async def go() -> int | None:
        return await unless_gone(request(BODY), asyncio.ensure_future(asyncio.sleep(0, result=7)))

    assert asyncio.run(go()) == 7


def test_nobody_works_on_for_a_client_that_has_gone() -> None:
    async def go() -> tuple[int | None, bool]:
        work = asyncio.ensure_future(asyncio.sleep(60, result=7))
        return await unless_gone(request(BODY, GONE), work), work.cancelled()

    assert asyncio.run(go()) == (None, True)


def test_what_breaks_reaches_who_asked() -> None:
    async def broken() -> None:
        raise LookupError

    async def go() -> str:
        try:
            await unless_gone(request(BODY), asyncio.ensure_future(broken()))
        except LookupError:
            return "told"
        return "kept back"

    assert asyncio.run(go()) == "told"
