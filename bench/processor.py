"""Processor time of a family of processes: what a busy machine does not change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_TIME, _LAST_TIME = 11, 14
"""Fields of a process's ``stat`` behind its name: its own time and that of its ended children, user and system."""


def processor_seconds(root: int) -> float:
    """Return the processor seconds of a process and all its descendants so far, those that ended included."""
    return sum(map(_seconds, _family(root)))


def _family(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in map(int, _read(task).split()):
            yield from _family(child)


def _seconds(process: int) -> float:
    fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[_FIRST_TIME : _LAST_TIME + 1])) / os.sysconf("SC_CLK_TCK")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has just ended, and counts with its parent from now on
