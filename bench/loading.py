"""What a server does under a steady load: latencies, refusals and processor time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from load import Answers, Load

if TYPE_CHECKING:
    from report import Report


def request(method: str, path: str, key: str, body: str = "") -> str:
    """Return a request as HTTP/1.1 writes it."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        "Accept: application/json",
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def measure(report: Report, process: int, load: Load, row: dict[str, str]) -> Answers:
    """Send a load from a process of its own and write a row of what came of it."""
    used = _cpu_seconds(process)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("load.py")],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    used = _cpu_seconds(process) - used
    answers = Answers(**json.loads(done.stdout))
    sent = round(load.rate * load.seconds)
    report.rows.append(
        {
            **row,
            "requests": sent,
            "p50, ms": percentile(answers, 50),
            "p95, ms": percentile(answers, 95),
            "p99, ms": percentile(answers, 99),
            "most, ms": max(answers.latencies) * 1000,
            "not 200": refused(answers),
            "CPU of each, ms": used / sent * 1000,
            "API's CPU, %": used / load.seconds * 100,
            "client's CPU, %": answers.cpu_seconds / load.seconds * 100,
            "client late, ms": answers.lateness * 1000,
        }
    )
    return answers


def percentile(answers: Answers, percent: int) -> float:
    """Return milliseconds."""
    return statistics.quantiles(answers.latencies, n=100, method="inclusive")[percent - 1] * 1000


def refused(answers: Answers) -> int:
    """Return how many requests were not answered with 200."""
    return sum(count for status, count in answers.statuses.items() if status != "200")


def _cpu_seconds(process: int) -> float:
    """Return the processor time of a process, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
