"""A job's course as server-sent events, until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from khosq.errors import NotFound, Refused, Unavailable
from khosq.jobs.job import FINAL, Job
from khosq.serving.answers import to_json
from khosq.serving.watch import Watch

KEEP_ALIVE = 15.0
"""Seconds after which something is sent, so that nobody on the way takes the stream for dead."""
LONGEST = 3600.0
"""Seconds after which a stream ends; clients come again by themselves and go on."""
_COME_AGAIN_MS = 2000

Look = Callable[[], Awaitable[Job]]
"""Returns the job as it is now, for the same caller."""
Tell = Callable[[Job], tuple[str, object]]
"""Returns the id and the body of the event that tells how far a job has come."""


async def events(job: Job, look: Look, tell: Tell, watch: Watch, *, after: str | None) -> AsyncGenerator[bytes, None]:
    """Yield ``update`` whenever the job has come further, and ``end`` once it has ended.

    Args:
        job: as it is.
        look: looks at it again.
        tell: words the events.
        watch: tells when to look.
        after: id of the last event that the client has seen.

    """
    yield f"retry: {_COME_AGAIN_MS}\n\n".encode()
    ends_at = asyncio.get_running_loop().time() + LONGEST
    while True:
        event_id, body = tell(job)
        if event_id != after:
            yield _event("end" if job.state in FINAL else "update", event_id, body)
            after = event_id
        if job.state in FINAL or asyncio.get_running_loop().time() >= ends_at:
            return
        if not await watch.change(job, within=KEEP_ALIVE):
            yield b": still here\n\n"
        if watch.is_closed:  # another server goes on
            return
        try:
            job = await look()
        except NotFound:
            yield _event("deleted", "deleted", {})
            return
        except Refused:  # the key was revoked
            return
        except Unavailable:
            await asyncio.sleep(1)  # the database is away; what was seen last stands


def _event(name: str, event_id: str, body: object) -> bytes:
    return f"event: {name}\nid: {event_id}\ndata: ".encode() + to_json(body) + b"\n\n"
