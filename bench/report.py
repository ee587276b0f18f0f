"""What a measurement prints: what it did, a table, and whether each bound holds."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure and the most that it may be."""

    what: str
    measured: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Tell whether the figure is within its bound."""
        return self.measured <= self.most


@dataclass(slots=True)
class Report:
    """Collects what one measurement has to say; on a terminal it is read as it grows."""

    title: str
    as_json: bool
    rows: list[dict[str, Any]] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note the machine, and how busy it is before we begin: a busy one measures its other work too."""
        self.facts |= {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
        }
        self.say(f"{self.title} ({self.facts['cores']} cores, load {self.facts['load_before']} before it began)")

    def say(self, text: str) -> None:
        """Tell a person what is being done."""
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def end(self) -> int:
        """Print table and verdicts; return the exit status, 0 when every bound holds."""
        if self.as_json:
            bounds = [asdict(bound) | {"holds": bound.holds} for bound in self.bounds]
            print(json.dumps({"title": self.title, "facts": self.facts, "rows": self.rows, "bounds": bounds}, indent=1))
        else:
            self._show()
        return int(not all(bound.holds for bound in self.bounds))

    def _show(self) -> None:
        console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
        if self.rows:
            table = Table(box=None, padding=(0, 2))
            for name in self.rows[0]:
                table.add_column(name, justify="left" if isinstance(self.rows[0][name], str) else "right")
            for row in self.rows:
                table.add_row(*map(_written, row.values()))
            console.print(table)
        for bound in self.bounds:
            verdict = "[green]holds[/]" if bound.holds else "[bold red]broken[/]"
            most = f"{bound.measured:.3g} {bound.unit}, at most {bound.most:.3g} {bound.unit}"
            console.print(f"{verdict}  {bound.what}: {most}")


def options(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every measurement takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object; what is done goes to stderr")
    parser.add_argument("--quick", action="store_true", help="try the measurement itself out; its figures mean little")
    return parser


def _written(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
