"""The client for asyncio; all that ``test_sync`` shows is made from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from khosq.client import AsyncClient

RECORDING: dict[str, Any] = {
    "id": "r1", "filename": "a.mp3", "media_type": "audio/mpeg", "size_bytes": 600_000, "sha256": "00", "kind": None,
    "duration": None, "belongs_to_job": False, "created_at": "2030-01-01T09:00:00Z",
}  # fmt: skip


def test_a_recording_is_streamed_up_and_down_while_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"x" * 600_000)
    seen: list[httpx2.Request] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        seen.append(request)
        if request.url.path.endswith("/audio"):
            return httpx2.Response(200, content=b"y" * 600_000)
        if request.method == "POST":
            return httpx2.Response(201, json=RECORDING)
        return httpx2.Response(200, json={"data": [RECORDING], "next_cursor": None})

    async def go() -> list[str]:
        async with AsyncClient("https://asr.example.org", "kq_1", transport=httpx2.MockTransport(answer)) as client:
            await asyncio.gather(
                client.recordings.create(tmp_path / "a.mp3"), client.recordings.download("r1", tmp_path / "b.mp3")
            )
            return [recording.id async for recording in client.recordings.list()]

    assert asyncio.run(go()) == ["r1"]
    sent = next(request for request in seen if request.method == "POST")
    assert sent.content == b"x" * 600_000
    assert sent.url.params["filename"] == "a.mp3"
    assert (tmp_path / "b.mp3").read_bytes() == b"y" * 600_000
