"""Take a recording in: stream it to the blob store, and refuse it as soon as its bytes show a wrong format."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from khosq.errors import Invalid, UnsupportedMedia
from khosq.media.recording import MediaType, StoredRecording
from khosq.media.sniff import Sniffer
from khosq.storage.blobs import Blobs


async def take_in(
    chunks: AsyncIterator[bytes], *, blobs: Blobs, key: str, accept: frozenset[MediaType], max_bytes: int
) -> StoredRecording:
    """Store a recording under ``key``; whatever ends this early leaves nothing there.

    Raises:
        Invalid: the body is empty.
        UnsupportedMedia: it is not in one of the formats of ``accept``.
        TooLarge: it has more than ``max_bytes``.
        Unavailable: the store is full or away.

    """
    sniffer = Sniffer()
    async with aclosing(_accepted(chunks, sniffer, accept)) as checked:
        size, sha256 = await blobs.write(key, checked, max_bytes=max_bytes)
    media_type = require_accepted(sniffer.media_type, accept)
    return StoredRecording(key=key, media_type=media_type, size_bytes=size, sha256=sha256)


async def _accepted(
    chunks: AsyncIterator[bytes], sniffer: Sniffer, accept: frozenset[MediaType]
) -> AsyncGenerator[bytes, None]:
    is_empty = True
    async for chunk in chunks:
        if not sniffer.is_decided and sniffer.feed(chunk):
            require_accepted(sniffer.media_type, accept)
        is_empty = is_empty and not chunk
        yield chunk
    if is_empty:
        raise Invalid("The body is empty: send the bytes of the recording.")
    sniffer.end()
    require_accepted(sniffer.media_type, accept)


def require_accepted(media_type: MediaType | None, accept: frozenset[MediaType]) -> MediaType:
    """Return a format that is accepted.

    Raises:
        UnsupportedMedia: it is unknown, or not in ``accept``.

    """
    if media_type is None or media_type not in accept:
        *others, last = sorted(accepted.label for accepted in accept)
        raise UnsupportedMedia(
            f"Only {', '.join(others)} and {last} are accepted here; these bytes are none of them."
            if others
            else f"Only {last} is accepted here; these bytes are not {last}."
        )
    return media_type
