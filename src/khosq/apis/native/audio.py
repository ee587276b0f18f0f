"""A recording's bytes, whole or a part of them (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from khosq.apis.native.answers import PRIVATE, attachment, matches
from khosq.recordings.recording import Recording

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)
_BLOCK = 256 * 1024

Open = Callable[[str], BinaryIO]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def read_range(header: str | None, size: int) -> Part | None:
    """Return the one part that is asked for; None where the whole is to be sent, as for what cannot be understood.

    Raises:
        ValueError: there is no such part.

    """
    asked = _RANGE.fullmatch((header or "").strip())
    if asked is None or not (asked["first"] or asked["last"]):
        return None
    if not asked["first"]:
        first, last = max(0, size - int(asked["last"])), size - 1
    else:
        first, last = int(asked["first"]), min(int(asked["last"] or size), size - 1)
        if asked["last"] and int(asked["last"]) < first:
            return None
    if first >= size or last < first:
        raise ValueError(header)
    return Part(first, last)


async def audio(request: Request, recording: Recording, open_blob: Open) -> Response:
    """Return the answer that carries a recording."""
    size, etag = recording.size_bytes, f'"{recording.sha256}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "content-disposition": attachment(recording.filename or recording.id),
        "x-content-type-options": "nosniff",
        **PRIVATE,
    }
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    is_same = request.headers.get("if-range", etag) == etag
    try:
        part = read_range(request.headers.get("range"), size) if is_same else None
    except ValueError:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if part is not None:
        headers["content-range"] = f"bytes {part.first}-{part.last}/{size}"
    wanted = part or Part(0, size - 1)
    headers["content-length"] = str(wanted.length)
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=recording.media_type)
    file = await run_in_threadpool(open_blob, recording.key)
    return StreamingResponse(_blocks(file, wanted), status, headers=headers, media_type=recording.media_type)


async def _blocks(file: BinaryIO, part: Part) -> AsyncGenerator[bytes, None]:
    try:
        await run_in_threadpool(file.seek, part.first)
        left = part.length
        while left > 0 and (block := await run_in_threadpool(file.read, min(_BLOCK, left))):
            left -= len(block)
            yield block
    finally:
        file.close()
