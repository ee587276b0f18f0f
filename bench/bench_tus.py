"""A large upload in resumable pieces against the same bytes in one plain PUT, over loopback, both to the disk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from report import Bound, Report, options

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 0.8
"""Times the speed of the plain PUT."""
MOST_MEMORY = 100.0
"""MiB that the server may grow while it takes one upload."""
MIB = 1024 * 1024
_HEAD = b"RIFF\xff\xff\xff\xffWAVEfmt "
_SENT_AT_ONCE = 256 * 1024
_TUS = {"Tus-Resumable": "1.0.0"}


def main() -> int:
    """Measure both by turns, in pieces as large as the vendor's examples send and as one."""
    parser = options(__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the upload")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--piece-mib", type=int, default=50, help="size of a piece, as in the vendor's examples")
    given = parser.parse_args()
    size, rounds = (64 if given.quick else given.mib), (1 if given.quick else given.rounds)
    report = Report(f"Uploads of {size} MiB", given.json)
    ways = {"plain PUT": 0, "one PATCH": size, f"pieces of {given.piece_mib} MiB": given.piece_mib}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    grown: dict[str, float] = dict.fromkeys(ways, 0.0)
    for number in range(rounds):
        for way, piece in ways.items():
            report.say(f"Round {number + 1}: {way} …")
            took, more = _measure(size, piece)
            seconds[way].append(took)
            grown[way] = max(grown[way], more)
    for way, times in seconds.items():
        middle = statistics.median(times)
        report.rows.append(
            {"way": way, "seconds": middle, "best": min(times), "MiB/s": size / middle, "grown, MiB": grown[way]}
        )
    plain = statistics.median(seconds["plain PUT"])
    for way in list(ways)[1:]:
        slower = statistics.median(seconds[way]) / plain
        report.bounds.append(Bound(f"{way} / plain PUT, time", slower, 1 / LEAST, "×"))
        report.bounds.append(Bound(f"{way}, memory beside the plain PUT's", grown[way], MOST_MEMORY, "MiB"))
    return report.end()


def _measure(size: int, piece: int) -> tuple[float, float]:
    """Send to a fresh server; return the seconds and the MiB by which it grew."""
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as folder:
        server = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("upload_server.py"), folder], stdout=subprocess.PIPE, text=True
        )
        try:
            port = int((server.stdout.readline() if server.stdout else "") or 0)
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as client:
                _send(client, 1, piece and 1)  # what is loaded at the first request is not measured
                before, began = _peak(server.pid), time.monotonic()
                _send(client, size, piece)
                return time.monotonic() - began, _peak(server.pid) - before
        finally:
            server.kill()
            server.wait()
            if server.stdout:
                server.stdout.close()


def _send(client: httpx2.Client, size: int, piece: int) -> None:
    if not piece:
        client.put("/plain", content=_sound(0, size)).raise_for_status()
        return
    created = client.post("/files", headers={**_TUS, "Upload-Length": str(size * MIB)}).raise_for_status()
    for offset in range(0, size, piece):
        length = min(piece, size - offset)
        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length * MIB),
            "Upload-Offset": str(offset * MIB),
        }
        client.patch(created.headers["Location"], content=_sound(offset, length), headers=headers).raise_for_status()


def _sound(offset: int, length: int) -> Iterator[bytes]:
    noise = os.urandom(_SENT_AT_ONCE)
    for number in range(length * MIB // _SENT_AT_ONCE):
        yield _HEAD + noise[len(_HEAD) :] if number == offset == 0 else noise


def _peak(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
