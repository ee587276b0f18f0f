"""Armenian calls with the starter: how many times faster than real time, and how long a person waits for one."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness import client_of, running_server, warm_up
from processor import processor_seconds
from report import Bound, Report, options
from sounds import armenian, armenian_call, to_mp3

from khosq.assembly.models import open_workshop
from khosq.media.recording import MediaType
from khosq.settings import Settings

if TYPE_CHECKING:
    from khosq.pipeline.workshop import Workshop
    from khosq.transcript.transcript import Transcript

LANGUAGE = "hy-AM"
SLOTS = 2
LEAST_PLAIN, LEAST_WITH_VOICES = 80.0, 40.0
"""Times real time, on two cores."""
MOST_SECONDS = 6.0
"""From upload to transcript, of a call of three minutes."""
GAP = 0.05
"""Seconds between two polls."""
WARMTH = 30.0
"""Seconds of sound for each process to warm up with."""


def main() -> int:
    """Measure the workshop, then the server."""
    parser = options(__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the recording for the workshop")
    parser.add_argument("--call", type=float, default=180.0, help="length of the call for the server, in seconds")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if given.quick:
        given.minutes, given.call, given.rounds = 1.0, 30.0, 1
    report = Report(f"Armenian with the starter, {SLOTS} slots", given.json)
    settings = Settings(slots=SLOTS)
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as name:
        folder = Path(name)
        with open_workshop(settings) as workshop:
            _measure_workshop(report, workshop, folder, seconds=60 * given.minutes, rounds=given.rounds)
        _measure_server(report, folder, seconds=given.call, rounds=given.rounds)
    return report.end()


def _measure_workshop(report: Report, workshop: Workshop, folder: Path, *, seconds: float, rounds: int) -> None:
    file, warmth = folder / "long.mp3", folder / "short.mp3"
    file.write_bytes(to_mp3(armenian_call(seconds)))
    warmth.write_bytes(to_mp3(armenian(WARMTH * SLOTS * 2)))
    asyncio.run(_transcribe(workshop, warmth, speakers=2))
    for speakers, least in ((None, LEAST_PLAIN), (2, LEAST_WITH_VOICES)):
        what = "decoding, VAD, words with times" + (", voices" if speakers else "")
        took = Took(os.getpid())
        for _ in range(rounds):
            with took:
                asyncio.run(_transcribe(workshop, file, speakers=speakers))
        report.say(f"{what}: {seconds / took.middle:.0f} × real time")
        report.rows.append(took.row(what, seconds))
        report.bounds.append(Bound(f"{what}: an hour of sound", 3600 * took.middle / seconds, 3600 / least, "s"))


async def _transcribe(workshop: Workshop, file: Path, *, speakers: int | None) -> Transcript:
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        folder = Path(scratch)
        sound = await workshop.decode(
            file, media_type=MediaType.MP3, into=folder, max_seconds=7200, most_channels=speakers or 1
        )
        plan = await workshop.plan(folder, sound, language=LANGUAGE)
        return await workshop.transcribe(folder, sound, plan, speakers=speakers)


def _measure_server(report: Report, folder: Path, *, seconds: float, rounds: int) -> None:
    call = to_mp3(armenian_call(seconds))
    with running_server(folder / "server", KHOSQ_SLOTS=str(SLOTS)) as server, client_of(server, keys=300) as client:
        warm_up(client, to_mp3(armenian_call(WARMTH)), language=LANGUAGE, slots=SLOTS)
        took = Took(server.process.pid)
        for _ in range(rounds):
            job_id, url = client.create(language=LANGUAGE, is_call=True)
            with took:
                client.upload(url, call)
                client.wait(job_id, began=time.monotonic(), gap=GAP)
            report.say(f"a call through the server: {took.seconds[-1]:.2f} s")
    report.rows.append(took.row("the server: upload to transcript, with voices", seconds))
    report.bounds.append(Bound(f"a call of {seconds:.0f} s, median", took.middle, MOST_SECONDS, "s"))


class Took:
    """What rounds of some work took, by the clock and of the processors."""

    def __init__(self, process: int) -> None:
        """Look at a process and those below it."""
        self.seconds: list[float] = []
        self._process = process
        self._of_processors: list[float] = []

    @property
    def middle(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)

    def row(self, what: str, sound: float) -> dict[str, float | str]:
        """Return what a table says."""
        return {
            "what": what,
            "sound, s": sound,
            "median, s": self.middle,
            "best, s": min(self.seconds),
            "processor, s": statistics.median(self._of_processors),
            "×": sound / self.middle,
        }

    def __enter__(self) -> None:
        """Begin a round."""
        self._began = time.monotonic(), processor_seconds(self._process)

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.seconds.append(time.monotonic() - self._began[0])
        self._of_processors.append(processor_seconds(self._process) - self._began[1])


if __name__ == "__main__":
    sys.exit(main())
