"""Clients that leave before their answer."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from starlette.requests import Request

T = TypeVar("T")


async def leaving(request: Request) -> None:
    """Return when the client has gone; the body must have been read, or there is none."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def unless_gone(request: Request, work: asyncio.Task[T]) -> T | None:
    """Return what ``work`` gives; None, and no more work, once the client has gone."""
    gone = asyncio.ensure_future(leaving(request))
    try:
        await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        gone.cancel()
        work.cancel()
        await asyncio.wait({gone, work})
