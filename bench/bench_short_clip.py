"""One short clip on an idle server: how long until it is transcribed, and where the time goes."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bare import open_bare_loop
from harness import Client, Server, client_of, running_server, warm_up
from report import Bound, Report, options
from sounds import english, to_mp3

from khosq.assembly.core import open_core
from khosq.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGE = "en-US"
MOST_TIMES, MOST_BESIDES = 1.3, 0.5
"""Of the bare engine's seconds, and seconds besides."""
GAP = 0.02
"""Seconds between two polls."""
REST = 0.5
"""Seconds between two clips: the server is idle when the next one comes."""


def main() -> int:
    """Measure bare engine and server by turns, clip by clip."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the clip")
    parser.add_argument("--runs", type=int, default=10)
    given = parser.parse_args()
    if given.quick:
        given.runs = 2
    report = Report(f"A clip of {given.seconds:g} s, {given.runs} times", given.json)
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as name:
        folder = Path(name)
        clip = folder / "clip.mp3"
        clip.write_bytes(to_mp3(english(given.seconds)))
        with (
            running_server(folder / "server") as server,
            client_of(server, keys=300) as client,
            open_bare_loop(Settings(), slots=1, language=LANGUAGE) as bare,
        ):
            warm_up(client, clip.read_bytes(), language=LANGUAGE, slots=Settings().slots)
            bare.run([clip, clip])
            alone, through = [], []
            for _ in range(given.runs):
                alone.append(bare.run([clip])[0])
                time.sleep(REST)
                through.append(_measure(client, server, clip.read_bytes()))
                report.say(f"bare {alone[-1]:.2f} s, server {through[-1]['all']:.2f} s")
                time.sleep(REST)
    _sum_up(report, alone, through)
    return report.end()


def _measure(client: Client, server: Server, clip: bytes) -> dict[str, float]:
    """Send the clip; return the seconds of every part of its road."""
    started_at, began = datetime.now(UTC), time.monotonic()
    done = client.send(clip, language=LANGUAGE, gap=GAP)
    return dict(_parts(server, done.job_id, started_at)) | {"all": done.seen - began}


def _parts(server: Server, job_id: str, started_at: datetime) -> Iterator[tuple[str, float]]:
    """Yield how long each part took, by the job's history and the server's log, up to the job's end."""
    with open_core(server.settings) as core:
        history = dict(core.jobs.history(job_id))
    yield "create", (history["created"] - started_at).total_seconds()
    yield "upload", (history["media_received"] - history["created"]).total_seconds()
    lines = [line for line in server.lines(job_id) if line["action"] in {"job_started", "stage_done"}]
    moments = [(_name(line), datetime.fromisoformat(line["timestamp"])) for line in lines]
    yield "wait in queue", (moments[0][1] - history["media_received"]).total_seconds()
    for (_, before), (name, after) in pairwise(moments):
        yield name, (after - before).total_seconds()


def _name(line: dict[str, Any]) -> str:
    return str(line.get("stage", "start"))


def _sum_up(report: Report, alone: list[float], through: list[dict[str, float]]) -> None:
    report.rows.append({"part": "bare engine", "median, s": statistics.median(alone), "most, s": max(alone)})
    for part in dict.fromkeys(name for one in through for name in one):
        seconds = [one.get(part, 0.0) for one in through]
        report.rows.append({"part": part, "median, s": statistics.median(seconds), "most, s": max(seconds)})
    allowed = MOST_TIMES * statistics.median(alone) + MOST_BESIDES
    median, most = (function([one["all"] for one in through]) for function in (statistics.median, max))
    report.bounds.append(Bound("until it is transcribed, median", median, allowed, "s"))
    report.bounds.append(Bound("until it is transcribed, longest", most, allowed, "s"))


if __name__ == "__main__":
    sys.exit(main())
