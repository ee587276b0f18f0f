"""What the processes below this one cost: decoders, model processes and what engines start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from khosq.transcript.timespan import Seconds

_PROC = Path("/proc")
_TIMES = slice(11, 15)
"""A process's own times and those of its ended children, in its ``stat`` behind its name."""


def cpu_seconds() -> Seconds | None:
    """Return the processor time of all processes below this one so far; None where the system does not tell."""
    if not _PROC.is_dir():
        return None
    ended = os.times()
    return ended.children_user + ended.children_system + sum(map(_cpu_of, _below(os.getpid())))


def peak_memory() -> int | None:
    """Return the most bytes that a process below this one, with what it started, has had; None if nobody tells."""
    totals = (_peak_of(child) + sum(map(_peak_of, _below(child))) for child in _children(os.getpid()))
    return max(totals, default=0) or None


def _below(process: int) -> Iterator[int]:
    for child in _children(process):
        yield child
        yield from _below(child)


def _children(process: int) -> Iterator[int]:
    for task in _PROC.glob(f"{process}/task/*/children"):
        yield from map(int, _read(task).split())


def _cpu_of(process: int) -> Seconds:
    fields = _read(_PROC / str(process) / "stat").rpartition(")")[2].split()
    return sum(map(int, fields[_TIMES])) / os.sysconf("SC_CLK_TCK")


def _peak_of(process: int) -> int:
    # Not what getrusage says: a fresh process begins there with its parent's peak.
    lines = _read(_PROC / str(process) / "status").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _read(path: Path) -> str:
    """Return a file of a process, empty when it has ended."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
