"""Streams in blocks large enough for a thread each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeVar

from khosq.errors import TooLarge

BLOCK_BYTES = 1024 * 1024

T = TypeVar("T")


async def in_blocks(chunks: AsyncIterator[bytes], *, max_bytes: int) -> AsyncGenerator[bytearray, None]:
    """Yield what comes in blocks of about 1 MiB; when the stream breaks, first what had come.

    Raises:
        TooLarge: more than ``max_bytes`` came.

    """
    size = 0
    block = bytearray()
    try:
        async for chunk in chunks:
            size += len(chunk)
            _require_room(size, max_bytes)
            block += chunk
            if len(block) >= BLOCK_BYTES:
                full, block = block, bytearray()
                yield full
    except (Exception, asyncio.CancelledError):
        yield block
        raise
    yield block


def _require_room(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLarge(f"The body is larger than the {max_bytes} bytes that are accepted.")


async def in_thread(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread, and see it end even when cancelled, so that nobody cleans up beside it."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        task.exception()  # ours is the cancellation; a failure beside it is not news
        raise
