"""Polls of many keys while a recording is being recognised: how long they take, with every limit on."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from contextlib import closing
from itertools import cycle
from pathlib import Path

from harness import Client, MeasurementFailed, Server, client_of, running_server, warm_up
from load import Answers, Load
from loading import measure, percentile, refused, request
from report import Bound, Report, options
from sounds import english, repeated, to_mp3

from khosq.settings import Settings

LANGUAGE = "en-US"
MOST = 50.0
"""Milliseconds in the 99th percentile."""
PER_MINUTE = 50
"""Polls that we make with each key in a minute; the limit is 60."""
TENANTS = 10
FINISHED = 5
"""One poll in so many asks for a finished transcript, the others for a job that waits for its recording."""
_HOUR_MINUTES = 60


def main() -> int:
    """Measure an idle server too, to tell what the recognition beside it costs."""
    parser = options(__doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="polls a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, each time")
    parser.add_argument("--connections", type=int, default=50)
    given = parser.parse_args()
    if given.quick:
        given.seconds = 5.0
    report = Report(f"{given.rate:g} polls a second on {given.connections} connections", given.json)
    with (
        tempfile.TemporaryDirectory(prefix="khosq-bench-") as name,
        running_server(Path(name) / "server") as server,
        client_of(server) as client,
    ):
        clip = to_mp3(english(2.5))
        warm_up(client, clip, language=LANGUAGE, slots=Settings().slots)
        polls = _polls(server, clip, keys=math.ceil(given.rate * 60 / PER_MINUTE / TENANTS))
        report.say(f"Polling for {given.seconds:g} s with {len({key for key, _ in polls})} keys, nothing at work …")
        load = Load(server.port, [_request(*poll) for poll in polls], given.rate, given.seconds, given.connections)
        _measure(report, server, load, "idle")
        _wait_for_next_minute()
        job_id = _start_long_job(client)
        report.say(f"Polling for {given.seconds:g} s while a recording is being recognised …")
        answers = _measure(report, server, load, "recognising")
        if (status := client.look(job_id)["status"]) != "converting":
            raise MeasurementFailed(f"The recording was {status} before the polls had ended.")
    report.bounds.append(Bound("99 of 100 polls while recognising", percentile(answers, 99), MOST, "ms"))
    report.bounds.append(Bound("polls not answered with 200", refused(answers), 0, "polls"))
    return report.end()


def _polls(server: Server, clip: bytes, *, keys: int) -> list[tuple[str, str]]:
    """Return key and job of each poll: every key in turn, each asking for a job of its own tenant."""
    tenants = []
    for number in range(TENANTS):
        own = server.make_keys(f"tenant-{number}", keys)
        with closing(Client(server, own)) as client:
            finished = client.send(clip, language=LANGUAGE, gap=0.1).job_id
            waiting, _ = client.create(language=LANGUAGE)
        tenants.append((own, cycle([finished] + [waiting] * (FINISHED - 1))))
    return [(own[turn], next(jobs)) for turn in range(keys) for own, jobs in tenants]


def _start_long_job(client: Client) -> str:
    """Send a recording that keeps every model process busy for minutes; return when it is being recognised."""
    job_id, url = client.create(language=LANGUAGE)
    client.upload(url, repeated(to_mp3(english(60.0)), _HOUR_MINUTES))
    deadline = time.monotonic() + 600
    while client.look(job_id)["status"] != "converting":
        if time.monotonic() > deadline:
            raise MeasurementFailed("The long recording was not recognised.")
        time.sleep(1.5)
    time.sleep(2)
    return job_id


def _request(key: str, job: str) -> str:
    return request("GET", f"/api/getTranscription?docId={job}", key)


def _measure(report: Report, server: Server, load: Load, name: str) -> Answers:
    return measure(report, server.process.pid, load, {"server": name})


def _wait_for_next_minute() -> None:
    """Let the limits' clock minute end: what was counted in it does not add up with what comes."""
    time.sleep(60 - time.time() % 60 + 0.5)


if __name__ == "__main__":
    sys.exit(main())
