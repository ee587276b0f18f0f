"""Memory of all processes of the server while it works at a long recording, against a short one."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Client, Server, client_of, running_server
from report import Bound, Report, options
from sounds import armenian, english, repeated, to_mp3

from khosq.settings import Settings
from khosq.speech import weights
from khosq.speech.models import Bundled, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

MOST = 1.3
"""Times the memory of the short recording."""
EVERY = 0.2
"""Seconds between two looks at the memory."""
MINUTE = 60
BIT_RATE = 32_000
_KIB_PER_MIB = 1024
_ROLES = {"decode_child": "decoder", "resource_tracker": "tracker", "spawn_main": "model process", "worker": "worker"}


def main() -> int:
    """Measure both, each on a fresh server."""
    parser = options(__doc__)
    parser.add_argument("--minutes", type=int, nargs=2, default=(10, 480), metavar=("SHORT", "LONG"))
    parser.add_argument("--language", choices=("hy", "en"), default="hy", help="en: the embedded English engine")
    parser.add_argument("--model-dir", type=Path, help="use the model in this folder instead of the Armenian starter")
    given = parser.parse_args()
    short, long = (1, 20) if given.quick else given.minutes
    report = Report(f"Memory over {short} and {long} minutes, sum of PSS", given.json)
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as name:
        folder = Path(name)
        models_dir = _models(folder, given.model_dir) if given.model_dir else Settings().models_dir
        if given.language == "hy" and not given.model_dir and not _has_starter(models_dir):
            raise SystemExit("The Armenian starter is not here: give --model-dir or --language en.")
        voice = armenian if given.language == "hy" else english
        minute = to_mp3(voice(MINUTE), bit_rate=BIT_RATE)
        peaks = []
        for minutes in (short, long):
            report.say(f"Transcribing {minutes} minutes …")
            with (
                running_server(folder / f"server-{minutes}", KHOSQ_MODELS_DIR=str(models_dir)) as server,
                client_of(server, keys=5) as client,
            ):
                time.sleep(1)  # the model processes still load
                peaks.append(_measure(report, server, client, repeated(minute, minutes), language=given.language))
    report.bounds.append(Bound(f"{long} minutes / {short} minutes", peaks[1] / peaks[0], MOST, "×"))
    return report.end()


def _measure(report: Report, server: Server, client: Client, recording: Iterator[bytes], *, language: str) -> float:
    """Have a recording transcribed; return the peak in MiB."""
    with Watch(server.process.pid) as watch:
        began = time.monotonic()
        job_id, url = client.create(language=language)
        client.upload(url, recording)
        done = client.wait(job_id, began=began, gap=2.0, within=6 * 3600)
    minutes = round(done.answer["duration"] / MINUTE)
    words = len(done.answer["transcription"].split())
    report.say(f"{minutes} minutes: {words} words in {done.seen - began:.0f} s, {watch.peak:.0f} MiB at most")
    for role in sorted(watch.most):
        at_peak = watch.at_peak.get(role, 0.0)
        report.rows.append({"process": role, "minutes": minutes, "most, MiB": watch.most[role], "at peak": at_peak})
    report.rows.append({"process": "all", "minutes": minutes, "most, MiB": watch.peak, "at peak": watch.peak})
    return watch.peak


class Watch:
    """Looks at the memory of a process and all its descendants: PSS, which counts shared pages once."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.peak = 0.0
        self.at_peak: dict[str, float] = {}
        """MiB of each kind of process when the sum was largest."""
        self.most: dict[str, float] = {}
        """Each kind's own largest."""

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._stop.wait(EVERY):
            self._note(_by_role(self._root))

    def _note(self, now: dict[str, float]) -> None:
        for role, size in now.items():
            self.most[role] = max(size, self.most.get(role, 0.0))
        if (total := sum(now.values())) > self.peak:
            self.peak, self.at_peak = total, now


def _by_role(root: int) -> dict[str, float]:
    """Return the MiB of each kind of process."""
    sizes: dict[str, float] = {}
    waiting = [root]
    while waiting:
        process = waiting.pop()
        try:
            role, size, children = _role(process), _size(process), _children(process)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        sizes[role] = sizes.get(role, 0.0) + size
        waiting += children
    return sizes


def _role(process: int) -> str:
    command = Path(f"/proc/{process}/cmdline").read_text("utf-8", "replace")
    return next((role for mark, role in _ROLES.items() if mark in command), "server")


def _size(process: int) -> float:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / _KIB_PER_MIB
    return 0.0


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]


def _models(folder: Path, model_dir: Path) -> Path:
    """Return a models folder in which this model serves Armenian, beside the parts that every job needs."""
    models_dir = folder / "models"
    entry = weights.describe_folder(model_dir, name="hy-measured", languages=("hy",), licence="none")
    weights.import_folder(entry, model_dir, models_dir)
    for part in (entry for entry in catalogue() if entry.kind == "part"):
        (models_dir / part.name).symlink_to(weights.model_folder(part, Settings().models_dir))
    return models_dir


def _has_starter(models_dir: Path) -> bool:
    return any(
        weights.is_installed(entry, models_dir)
        for entry in catalogue()
        if "hy" in entry.languages and isinstance(entry.source, Bundled)
    )


if __name__ == "__main__":
    sys.exit(main())
