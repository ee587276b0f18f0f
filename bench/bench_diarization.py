"""Two voices on one line: how often words would go to the wrong one, and what it costs to tell them apart."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from phone_calls import phone_calls
from report import Bound, Report, options
from sounds import ROOT

from khosq.evaluation.der import NO_ERRORS, DiarizationErrors, diarization_errors
from khosq.media.waveform import PcmFile
from khosq.settings import Settings
from khosq.speech import hearing
from khosq.speech.processes import ModelProcesses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from khosq.transcript.timespan import Seconds
    from khosq.transcript.turns import Turn

CLIPS = ROOT.parent / "shared" / "audio" / "en" / "librispeech"
ROUNDS = 3
COLLAR = 0.25
TUNED_ON = {"1688", "2033", "3005"}
"""The edges of speech were tuned on calls between these people; those between the others are held out."""
PARTS = "held out", "one of each", "tuned on"
MOST_ERRORS, MOST_ERRORS_WITH_COLLAR = 13.2, 6.0
MOST_SECONDS = 0.03
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Who speaks when, and the seconds that it took to find out."""

    turns: tuple[Turn, ...]
    processor: Seconds
    wall: Seconds


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums over some calls."""

    calls: int = 0
    audio: Seconds = 0.0
    processor: Seconds = 0.0
    wall: Seconds = 0.0
    strict: DiarizationErrors = NO_ERRORS
    lenient: DiarizationErrors = NO_ERRORS

    def __add__(self, other: Tally) -> Tally:
        """Return the sums over both."""
        return Tally(
            self.calls + other.calls,
            self.audio + other.audio,
            self.processor + other.processor,
            self.wall + other.wall,
            self.strict + other.strict,
            self.lenient + other.lenient,
        )

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the errors in percent of the speech without and with collar, and seconds spent per second of sound."""
        for collar, errors in (("none", self.strict), (f"{COLLAR} s", self.lenient)):
            yield {
                "calls": f"{self.calls} {name}",
                "collar": collar,
                "DER": 100 * errors.rate,
                "missed": 100 * errors.missed / errors.speech,
                "false alarm": 100 * errors.false_alarm / errors.speech,
                "confusion": 100 * errors.confusion / errors.speech,
                "processor": f"{self.processor / self.audio:.4f}",
                "wall": f"{self.wall / self.audio:.4f}",
            }


def main() -> int:
    """Tell the voices of every call apart, in one warm process."""
    parser = options(__doc__)
    parser.add_argument("--clips", type=Path, default=CLIPS, help="LibriSpeech clips, named PERSON-CHAPTER-NUMBER.flac")
    given = parser.parse_args()
    report = Report("Two voices on one line", given.json)
    if not given.clips.is_dir():
        report.say(f"Not measured: there are no clips in {given.clips}")
        return 0
    models_dir = Settings().models_dir
    tallies = dict.fromkeys(PARTS, Tally())
    processes = ModelProcesses(1, prepare=partial(hearing.warm_up, models_dir))
    try:
        with tempfile.TemporaryDirectory(prefix="khosq-bench-") as folder:
            sound = PcmFile(Path(folder) / "call.pcm")
            for call in phone_calls(given.clips, 1 if given.quick else ROUNDS):
                (np.clip(call.samples, -1, 1) * 32_767).astype("<i2").tofile(sound.path)
                heard = asyncio.run(processes.run(_hear, sound, models_dir, within=PATIENCE))
                tally = _compare(call.turns, heard, sound.duration)
                tallies[PARTS[len(TUNED_ON.intersection(call.people))]] += tally
                report.say(f"{' and '.join(call.people)}: {100 * tally.strict.rate:.1f} %")
    finally:
        processes.close()
    _sum_up(report, tallies.items())
    return report.end()


def _hear(sound: PcmFile, models_dir: Path) -> Heard:
    """Find the speech and tell the voices apart; runs inside a warm process."""
    wall, processor = time.perf_counter(), time.process_time()
    (regions,) = hearing.detect_speech([sound], models_dir)
    turns = hearing.tell_voices_apart(sound, regions, 2, models_dir)
    return Heard(turns, time.process_time() - processor, time.perf_counter() - wall)


def _compare(reference: tuple[Turn, ...], heard: Heard, seconds: Seconds) -> Tally:
    strict, lenient = (diarization_errors(reference, heard.turns, collar=collar) for collar in (0.0, COLLAR))
    return Tally(1, seconds, heard.processor, heard.wall, strict, lenient)


def _sum_up(report: Report, tallies: Iterable[tuple[str, Tally]]) -> None:
    total = Tally()
    for name, tally in tallies:
        report.rows.extend(tally.rows(name))
        total += tally
    report.rows.extend(total.rows("in all"))
    report.facts["audio_seconds"] = round(total.audio)
    for what, errors, most in (
        ("DER, no collar", total.strict, MOST_ERRORS),
        (f"DER, ±{COLLAR} s collar", total.lenient, MOST_ERRORS_WITH_COLLAR),
    ):
        report.bounds.append(Bound(what, 100 * errors.rate, most, "%"))
    spent = total.processor / total.audio
    report.bounds.append(Bound("processor per second of sound, one thread", spent, MOST_SECONDS, "s"))


if __name__ == "__main__":
    sys.exit(main())
