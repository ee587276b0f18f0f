"""Many recordings at once: what the server adds to a bare loop of decoder, voice activity detector and engine."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bare import BareLoop, open_bare_loop
from harness import Client, Server, client_of, running_server, warm_up
from processor import processor_seconds
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process
from report import Bound, Report, options
from sounds import english, to_mp3

from khosq.settings import Settings

LANGUAGE = "en-US"
MOST = 1.05
"""Times the bare loop's seconds."""
GAP = 0.5
"""Seconds between two polls: few enough that looking takes no time from the work."""


def main() -> int:
    """Measure by turns, and compare the medians."""
    parser = options(__doc__)
    parser.add_argument("--recordings", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each recording")
    parser.add_argument("--rounds", type=int, default=2, help="how often both are measured, by turns")
    given = parser.parse_args()
    if given.quick:
        given.recordings, given.seconds, given.rounds = 4, 6.0, 1
    report = Report(f"{given.recordings} English recordings of {given.seconds:g} s", given.json)
    slots = Settings().slots
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as name:
        folder = Path(name)
        files = [folder / f"{number}.mp3" for number in range(given.recordings)]
        for number, file in enumerate(files):
            file.write_bytes(to_mp3(english(given.seconds, turn=number)))
        with (
            running_server(folder / "server") as server,
            client_of(server) as client,
            open_bare_loop(Settings(), slots=slots, language=LANGUAGE) as bare,
        ):
            report.say(f"Warming {slots} model processes of the server and {slots} of the bare loop …")
            warm_up(client, to_mp3(english(3.0)), language=LANGUAGE, slots=slots)
            bare.run([files[0]] * slots * 2)
            _measure(report, server, client, bare, files, given.rounds)
    return report.end()


def _measure(  # noqa: PLR0913, PLR0917 - both sides
    report: Report, server: Server, client: Client, bare: BareLoop, files: list[Path], rounds: int
) -> None:
    ratios: list[float] = []
    for number in range(1, rounds + 1):
        before = _processor_seconds(server)
        by_itself, texts = bare.run(files)
        report.say(f"Round {number}: bare loop {by_itself:.1f} s")
        between = _processor_seconds(server)
        through, answers = _through_server(client, [file.read_bytes() for file in files])
        after = _processor_seconds(server)
        report.say(f"Round {number}: server {through:.1f} s")
        ratios.append(through / by_itself)
        report.rows.append(
            {
                "round": number,
                "bare loop, s": by_itself,
                "server, s": through,
                "server / bare": ratios[-1],
                "processor: bare, s": between[1] - before[1],
                "server, s ": after[0] - between[0],
                "alike, %": statistics.mean(map(_likeness, texts, answers)),
            }
        )
    report.bounds.append(Bound("server / bare loop, median", statistics.median(ratios), MOST, "×"))


def _likeness(text: str, answer: str) -> float:
    """Return how alike two texts are, 100 at most: the server sets marks, and hears doubtful parts again."""
    return fuzz.ratio(text, answer, processor=default_process)


def _processor_seconds(server: Server) -> tuple[float, float]:
    """Return what the server has used so far, and what we and the bare loop have."""
    of_server = processor_seconds(server.process.pid)
    return of_server, processor_seconds(os.getpid()) - of_server


def _through_server(client: Client, recordings: list[bytes]) -> tuple[float, list[str]]:
    """Send all; return the seconds from the first creation to the last transcript, and the texts."""
    began = time.monotonic()
    jobs: list[str] = []
    for recording in recordings:
        job_id, url = client.create(language=LANGUAGE)
        client.upload(url, recording)
        jobs.append(job_id)
    done = [client.wait(job_id, began=began, gap=GAP) for job_id in jobs]
    return max(one.seen for one in done) - began, [str(one.answer["transcription"]) for one in done]


if __name__ == "__main__":
    sys.exit(main())
