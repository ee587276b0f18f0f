"""The client of khosq's own API: ``Client``, and ``AsyncClient`` for programs that use asyncio.

with Client("http://localhost:8080", "kq_…") as client:
    print(client.transcribe("call.mp3", language="en", speakers=2).text)
"""

from __future__ import annotations

from khosq.client.aio import AsyncClient
from khosq.client.errors import (
    BadAddress,
    ClientError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    Invalid,
    JobFailed,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    TooLarge,
    Unauthorized,
    UnsupportedMedia,
    WaitedTooLong,
)
from khosq.client.models import Job, JobEvent, Recording, Transcript, Utterance, Word
from khosq.client.sync import Client

__all__ = [
    "AsyncClient",
    "BadAddress",
    "Client",
    "ClientError",
    "Conflict",
    "ConnectionFailed",
    "Forbidden",
    "Invalid",
    "Job",
    "JobEvent",
    "JobFailed",
    "NotFound",
    "RateLimited",
    "Recording",
    "Refused",
    "ServerFault",
    "TooLarge",
    "Transcript",
    "Unauthorized",
    "UnsupportedMedia",
    "Utterance",
    "WaitedTooLong",
    "Word",
]
