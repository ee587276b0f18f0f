"""Uploads to a server that is killed again and again: nothing that was there is lost, and nothing else is shown."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from tests.serving.tus.app import MOUNT

HEAD = b"RIFF\xff\xff\xff\xffWAVEfmt "
TUS = {"Tus-Resumable": "1.0.0", "X-Key": "me"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
SIZE = 24_000_000
PIECE_BYTES = 6_000_000
KILLS = 8


@contextmanager
def killed_soon(folder: Path, after: float | None) -> Iterator[str]:
    """Run a server of its own process, killed after so many seconds or else at the end; gives its address."""
    app = Path(__file__).with_name("app.py")
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, str(app), (folder / "blobs").as_uri(), str(folder / "events")],
            stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
    assert server.stdout is not None
    address = f"http://127.0.0.1:{int(server.stdout.readline())}{MOUNT}"
    _await_answer(address)
    killer = threading.Timer(after or 0, server.kill)
    if after is not None:
        killer.start()
    try:
        yield address
    finally:
        killer.cancel()
        server.kill()
        server.wait()
        server.stdout.close()


def _await_answer(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.options(address, timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def on_disk(folder: Path, place: str) -> int:
    """What the upload's file has, less what was not verified yet."""
    upload = folder / "blobs" / ".partial" / place
    marks = [int(mark.name.partition("-")[2]) for mark in upload.glob("unverified-*")]
    if not (upload / "data").exists():
        return SIZE
    return min([(upload / "data").stat().st_size, *marks])


def paced(data: bytes) -> Iterator[bytes]:
    """Slowly enough to be killed in the middle."""
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]
        time.sleep(0.001)


def send(url: str, data: bytes, offset: int, *, with_checksum: bool) -> int:
    """Send one piece; return what the server acknowledged."""
    piece = data[offset : offset + PIECE_BYTES]
    digest = base64.b64encode(hashlib.sha1(piece).digest()).decode()  # noqa: S324 - what the protocol asks for
    sum_header = {"Upload-Checksum": f"sha1 {digest}"} if with_checksum else {}
    answer = requests.patch(
        url, headers=PIECE | sum_header | {"Upload-Offset": str(offset)}, data=paced(piece), timeout=30
    )
    assert answer.status_code == 204, answer.text
    return int(answer.headers["Upload-Offset"])


@pytest.mark.parametrize("with_checksum", [False, True])
def test_a_server_killed_at_any_byte_loses_nothing(tmp_path: Path, *, with_checksum: bool) -> None:
    data = HEAD + os.urandom(SIZE - len(HEAD))
    chance = random.Random(with_checksum)  # noqa: S311 - the same moments each time, as far as they can be
    place, acknowledged, kills = "", 0, 0
    while acknowledged < SIZE:
        with killed_soon(tmp_path, chance.uniform(0.0, 0.15) if kills < KILLS else None) as address:
            kills += 1
            try:
                if not place:
                    created = requests.post(address, headers=TUS | {"Upload-Length": str(SIZE)}, timeout=30)
                    place = created.headers["Location"].rpartition("/")[2]
                there = on_disk(tmp_path, place)
                offset = int(requests.head(f"{address}/{place}", headers=TUS, timeout=30).headers["Upload-Offset"])
                assert offset == there
                assert offset >= acknowledged
                while offset < SIZE:
                    offset = send(f"{address}/{place}", data, offset, with_checksum=with_checksum)
                    acknowledged = offset
            except requests.ConnectionError:
                continue  # killed
            acknowledged = offset

    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    finished = [event for event in told if event["what"] == "finished"]
    assert {event["sha256"] for event in finished} == {hashlib.sha256(data).hexdigest()}
    assert (tmp_path / "blobs" / finished[0]["key"]).read_bytes() == data


def test_two_processes_do_not_write_to_one_upload(tmp_path: Path) -> None:
    data = HEAD + os.urandom(3_000_000)
    with killed_soon(tmp_path, None) as one, killed_soon(tmp_path, None) as other:
        created = requests.post(one, headers=TUS | {"Upload-Length": str(len(data))}, timeout=30)
        place = created.headers["Location"].rpartition("/")[2]
        may_end = threading.Event()

        def slowly() -> Iterator[bytes]:
            yield data[:1_500_000]
            may_end.wait(60)
            yield data[1_500_000:]

        def first() -> None:
            requests.patch(f"{one}/{place}", headers=PIECE | {"Upload-Offset": "0"}, data=slowly(), timeout=60)

        thread = threading.Thread(target=first)
        thread.start()
        deadline = time.monotonic() + 60
        while not on_disk(tmp_path, place) and time.monotonic() < deadline:
            time.sleep(0.02)
        answer = requests.patch(f"{other}/{place}", headers=PIECE | {"Upload-Offset": "0"}, data=data, timeout=30)
        may_end.set()
        thread.join()
        assert answer.status_code == 423
        seen = requests.head(f"{other}/{place}", headers=TUS, timeout=30)
        assert seen.headers["Upload-Offset"] == str(len(data))
