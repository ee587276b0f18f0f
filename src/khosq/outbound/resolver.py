"""Name → addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns every address of a host for a port, best first; raises ``OSError`` where there is none."""

# Own threads, as many as there may be requests at once (they are made when needed): names whose servers never answer
# must hold up neither the event loop's few nor anybody else's names.
_THREADS = ThreadPoolExecutor(max_workers=512, thread_name_prefix="resolve")


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Ask the machine's own resolver."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _resolve, host, port)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]
