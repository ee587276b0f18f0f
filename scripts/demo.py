"""Send real recordings through a server as a client would, and show what comes out beside what was said."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2
from demo_server import DemoServer, ServerTrouble
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from khosq.evaluation.mp3 import as_mp3
from khosq.evaluation.recordings import Recording, Recordings, cache_folder
from khosq.evaluation.wer import word_errors

ROOT = Path(__file__).resolve().parents[1]
LOG_WIDTH = 110
PATIENCE = 600
"""Seconds until a recording must have come out."""
FIRST_GAP, GAP_GROWTH, LONGEST_GAP = 0.4, 1.3, 3.0
"""Seconds between two polls: quick at first, and well under the server's limit per minute."""

ALWAYS_SERVED = {"en", "hy"}
"""Languages of the models that come with khosq."""

console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH, highlight=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one recording."""

    recording: Recording
    status: str
    """``transcribed``, ``failed``, or ``refused`` where no model here serves the language."""
    text: str
    """The transcript, or why there is none."""
    seconds: float = 0.0
    duration: float = 0.0
    warning: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether it should have come out and did not; a language without a model here is told, not missed."""
        base = self.recording.language.partition("-")[0]
        return self.status == "failed" or (self.status == "refused" and base in ALWAYS_SERVED)

    @property
    def wer(self) -> float | None:
        """Word error rate against the reference."""
        if self.status != "transcribed":
            return None
        words = re.sub(r"^\S+ \d+:", "", self.text, flags=re.MULTILINE)
        return word_errors(self.recording.reference, words, language=self.recording.language).rate


def main() -> int:
    """Run the demo and give the exit code: 0 when every recording came out that can."""
    recordings = Recordings(ROOT / "recordings" / "manifest.toml", cache_folder(os.environ))
    with console.status("Fetching recordings of people …"):
        sounds = [(recording, as_mp3(recordings.audio(recording))) for recording in recordings.all()]
    with tempfile.TemporaryDirectory(prefix="khosq-demo-") as folder:
        try:
            with console.status("Starting khosq serve …"):
                server = DemoServer(Path(folder))
            with server:
                heard = send_all(server, sounds)
                summarise(heard, server)
        except ServerTrouble as trouble:
            console.print(Text(str(trouble), "red"), soft_wrap=True)
            return 1
    console.print("The server has stopped cleanly. [bold]make serve[/] starts one that stays.")
    return int(any(each.is_missed for each in heard))


def send_all(server: DemoServer, sounds: list[tuple[Recording, bytes]]) -> list[Heard]:
    """Send one after another, so that the seconds are each recording's own."""
    console.print(f"khosq is ready at {server.address}\n")
    heard, page = [], Page()
    with httpx2.Client(base_url=server.address, headers={"Authorization": f"Bearer {server.key}"}, timeout=60) as http:
        for recording, mp3 in sounds:
            with console.status(f"{recording.name} …"):
                heard.append(send(http, recording, mp3))
            page.show(heard[-1])
    return heard


def send(http: httpx2.Client, recording: Recording, mp3: bytes) -> Heard:
    """Create, upload, poll: the three calls of the API."""
    started = time.monotonic()
    wish = {"type": recording.kind, "languageCode": recording.language, "metadata": {"name": recording.name}}
    created = http.post("/api/createTranscription", json=wish)
    if created.status_code == httpx2.codes.BAD_REQUEST:
        return Heard(recording, "refused", created.json()["error"])
    created.raise_for_status()
    http.put(created.json()["uploadUrl"], content=mp3, headers={"Content-Type": "audio/mpeg"}).raise_for_status()
    answer = wait(http, created.json()["docId"])
    job = answer.json()
    return Heard(
        recording,
        job["status"],
        job.get("transcription") or job.get("error") or "",
        seconds=time.monotonic() - started,
        duration=job["duration"] or 0.0,
        warning=answer.headers.get("x-khosq-warning", ""),
    )


def wait(http: httpx2.Client, job: str) -> httpx2.Response:
    """Poll until the job has ended, and no faster than the server lets us."""
    gap, deadline = FIRST_GAP, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(gap)
        gap = min(gap * GAP_GROWTH, LONGEST_GAP)
        answer = http.get("/api/getTranscription", params={"docId": job})
        if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            gap = float(answer.headers["Retry-After"])
            continue
        if answer.raise_for_status().json()["status"] in {"transcribed", "failed"}:
            return answer
    raise ServerTrouble(f"{job} was not done after {PATIENCE} s.")


class Page:
    """Prints recordings one below the other and says no warning twice."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def show(self, heard: Heard) -> None:
        """Print reference and transcript side by side."""
        known = heard.recording
        kind = known.kind.replace("_", " ") + (", a party per channel" if known.channels > 1 else "")
        console.print(Text.assemble((known.name, "bold"), f"  {known.language}, {kind}", style="cyan"))
        if heard.status == "transcribed":
            self._compare(known, heard)
        else:
            self._remark(heard.text, "red" if heard.status == "failed" else "yellow")
        if heard.warning:
            self._remark(heard.warning, "yellow")
        console.print()

    def _compare(self, known: Recording, heard: Heard) -> None:
        table = Table(box=None, padding=(0, 2), expand=True)
        table.add_column("said", ratio=1, style="dim", header_style="dim")
        table.add_column("heard", ratio=1, header_style="dim")
        table.add_row(reference(known), Text(heard.text))
        console.print(table)
        figures = f"WER {heard.wer:.0%} · {heard.seconds:.1f} s for {heard.duration:.1f} s of sound"
        console.print(Padding(Text(figures, "green"), (0, 2)))

    def _remark(self, text: str, style: str) -> None:
        shown = text if text not in self._said else f"{text.split('.', maxsplit=1)[0]}. (as above)"
        self._said.add(text)
        console.print(Padding(Text(shown, style), (0, 2)))


def reference(known: Recording) -> Text:
    """Write the reference as a transcript is written: a call turn by turn."""
    if known.kind == "single_voice":
        return Text(known.reference)
    numbers = {speaker: number for number, speaker in enumerate(known.speakers, start=1)}
    return Text("\n".join(f"{numbers[turn.speaker]}: {turn.text}" for turn in known.turns))


def summarise(heard: list[Heard], server: DemoServer) -> None:
    """Print one line per recording and the dashboard's address."""
    table = Table(title="All recordings", title_justify="left", title_style="bold", box=None, padding=(0, 2))
    for title in ("recording", "language", "came out", "WER", "seconds", "of sound"):
        table.add_column(title, justify="right" if title in {"WER", "seconds", "of sound"} else "left")
    for each in heard:
        done = each.wer is not None
        style = {"transcribed": "green", "refused": "yellow"}.get(each.status, "bold red")
        figures = (f"{each.wer:.0%}", f"{each.seconds:.1f}", f"{each.duration:.1f}") if done else ("", "", "")
        word = "no model here" if each.status == "refused" else each.status
        table.add_row(each.recording.name, each.recording.language, Text(word, style), *figures)
    console.print(table)
    console.print(f"\nDashboard: {server.address}/  (opens with an API key: {server.key})")


if __name__ == "__main__":
    sys.exit(main())
