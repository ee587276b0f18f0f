"""Creates of many keys: how many jobs a second the server opens, each synced to the disk before its answer."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from harness import running_server
from load import Load
from loading import measure, percentile, refused, request
from report import Bound, Report, options

RATE = 200.0
MOST = 1000.0
"""Milliseconds in the 99th percentile: a server that keeps up has no queue that grows."""
KEYS = 50


def main() -> int:
    """Open jobs at the rate that is promised."""
    parser = options(__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="creates a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--connections", type=int, default=50)
    given = parser.parse_args()
    if given.quick:
        given.seconds = 5.0
    report = Report(f"{given.rate:g} creates a second on {given.connections} connections", given.json)
    with (
        tempfile.TemporaryDirectory(prefix="khosq-bench-") as name,
        running_server(Path(name) / "server") as server,
    ):
        keys = server.make_keys("acme", KEYS)
        body = json.dumps({"type": "phone_call", "languageCode": "en-US", "metadata": {"call": "C-17", "agent": 4}})
        creates = [request("POST", "/api/createTranscription", key, body) for key in keys]
        report.say(f"Creating for {given.seconds:g} s with {KEYS} keys …")
        load = Load(server.port, creates, given.rate, given.seconds, given.connections)
        answers = measure(report, server.process.pid, load, {"api": "xosum"})
    report.bounds.append(Bound("99 of 100 creates", percentile(answers, 99), MOST, "ms"))
    report.bounds.append(Bound("creates not answered with 200", refused(answers), 0, "creates"))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
