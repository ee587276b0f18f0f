"""Production models on one GPU: how many times faster than real time, alone and from file to transcript.

Where no real models are given, models of their architecture and size with random weights are made: speed does not need
sense. They say made-up words, at the pace of people.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from random_models import CONFORMERS, WHISPERS, quantize, write_conformer
from random_whisper import write_whisper
from report import Report, options
from sounds import english, to_mp3

from khosq.media.recording import MediaType
from khosq.media.waveform import SAMPLE_RATE
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.speech import hearing
from khosq.speech.batches import Recognition
from khosq.speech.devices import Use, choose_devices
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from khosq.speech.decoding import Part
    from khosq.speech.hub import Progress
    from khosq.transcript.timespan import Seconds
    from khosq.transcript.transcript import Transcript

CHUNK = 15.0
"""Seconds of sound in each chunk."""
LOOKS = 0.1
"""Seconds between two looks at the GPU's memory."""
PATIENCE = 3600.0


def main() -> int:
    """Measure each model at each batch size by itself, then through the workshop."""
    given = _read_arguments()
    uses = choose_devices(given.device)
    report = Report(f"Production models ({given.size})", given.json)
    report.facts |= {engine: f"{use.device}: {use.why}" for engine, use in uses.items()}
    report.facts |= {"gpu": _gpu_name(), "chunk_s": CHUNK, "jobs": given.jobs, "job_s": 60 * given.minutes}
    with tempfile.TemporaryDirectory(prefix="khosq-bench-") as name:
        for choice in _models(given, Path(name), uses):
            report.say(f"{choice.model}: on {dict(choice.settings).get('device', 'cpu')}")
            for batch in map(int, given.batches.split(",")):
                report.rows.append(_alone(report, choice, batch, seconds=60 * given.minutes))
            report.rows.append(_through(report, choice, uses, Path(name), given))
    return report.end()


def _read_arguments() -> argparse.Namespace:
    parser = options(__doc__)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1 and so on")
    parser.add_argument("--conformer", type=Path, help="folder of a real NeMo CTC model in onnx-asr's form")
    parser.add_argument("--whisper", type=Path, help="folder of a real Whisper in CTranslate2's form")
    parser.add_argument("--batches", default="1,4,8,16,32,64", help="chunks at once")
    parser.add_argument("--minutes", type=float, default=30.0, help="sound to measure with; of each job too")
    parser.add_argument("--jobs", type=int, default=8, help="how many go through the workshop at once")
    parser.add_argument("--slots", type=int, default=Settings().slots, help="processes beside the GPU's")
    given = parser.parse_args()
    given.size = "tiny" if given.quick else "real sizes"
    if given.quick:
        given.batches, given.minutes, given.jobs = "1,4", 1.0, 2
    return given


def _models(given: argparse.Namespace, folder: Path, uses: Mapping[str, Use]) -> Iterator[ModelChoice]:
    """Yield the models, made where none are given; each is removed when the next one is wanted."""
    conformer, whisper = ("tiny", "tiny") if given.quick else ("large", "large-v3-turbo")
    on_gpu = uses["onnx-asr"].is_gpu
    made = given.conformer
    if made is None:
        made = write_conformer(folder / "conformer", CONFORMERS[conformer], half=on_gpu)
        if not on_gpu:
            quantize(made)
    settings: dict[str, Any] = {"model_type": "nemo-conformer-ctc"}
    if not on_gpu and any(made.glob("*int8.onnx")):
        settings["quantization"] = "int8"
    yield _choice(f"FastConformer {conformer}", "onnx-asr", made, settings, uses)
    shutil.rmtree(folder / "conformer", ignore_errors=True)
    made = given.whisper or write_whisper(folder / "whisper", WHISPERS[whisper])
    yield _choice(f"Whisper {whisper}", "faster-whisper", made, {}, uses)


def _choice(name: str, engine: str, folder: Path, settings: dict[str, Any], uses: Mapping[str, Use]) -> ModelChoice:
    told = tuple((settings | {"device": uses[engine].device}).items())
    return ModelChoice(name, engine, folder, "production", "en-US", 30.0, told)


def _alone(report: Report, choice: ModelChoice, batch: int, *, seconds: float) -> dict[str, Any]:
    """Measure the engine by itself, in a fresh process."""
    with closing(ModelProcesses(1, prepare=_nothing)) as processes, GpuMemory() as memory:
        run = processes.run(_recognize, choice, batch, seconds, within=PATIENCE)
        sound, took, resident = asyncio.run(run)
    report.say(f"  {batch} at once: {sound / took:.1f} × real time")
    return _row(choice, "alone", batch, sound, took, resident, memory.grown)


def _recognize(choice: ModelChoice, batch: int, seconds: float) -> tuple[float, float, float]:
    """Hear noise, after once without looking at the clock; return the seconds of sound, of work, and the MiB held."""
    engine = hearing.load_recognizer(choice.engine, choice.model_dir, choice.settings)
    random = np.random.default_rng(0)
    chunks = [random.normal(0, 0.05, round(CHUNK * SAMPLE_RATE)).astype(np.float32) for _ in range(batch)]
    engine.recognize(chunks, language=choice.language)
    calls = max(1, round(seconds / (CHUNK * batch)))
    began = time.monotonic()
    for _ in range(calls):
        engine.recognize(chunks, language=choice.language)
    return calls * batch * CHUNK, time.monotonic() - began, _most_resident()


def _through(
    report: Report, choice: ModelChoice, uses: Mapping[str, Use], folder: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """Measure recordings that come at once, from file to transcript: decoding, VAD, words, checks."""
    file = folder / "recording.mp3"
    file.write_bytes(to_mp3(english(60 * given.minutes)))

    def resolve(language: str, *, on_progress: Progress | None = None) -> ModelChoice:  # noqa: ARG001 - as it is called
        return choice

    with ExitStack() as stack:
        warm_up = partial(hearing.warm_up, Settings().models_dir)
        processes = stack.enter_context(closing(ModelProcesses(given.slots, prepare=warm_up)))
        memory = stack.enter_context(GpuMemory())
        gpu = stack.enter_context(closing(ModelProcesses(1, prepare=_nothing))) if uses[choice.engine].is_gpu else None
        workshop = Workshop(
            processes,
            resolve=resolve,
            languages=list,
            models_dir=Settings().models_dir,
            recognition=(counting := _Counting(processes, gpu=gpu, uses=uses)),
        )
        asyncio.run(_transcribe_all(workshop, file, jobs=2 * given.slots if given.quick else given.jobs))
        counting.seconds = 0.0
        began = time.monotonic()
        transcripts = asyncio.run(_transcribe_all(workshop, file, jobs=given.jobs))
        took = time.monotonic() - began
    sound = sum(transcript.duration for transcript in transcripts)
    report.say(f"  from file to transcript, {given.jobs} at once: {sound / took:.1f} × real time")
    return _row(choice, f"{given.jobs} jobs", 0, sound, took, 0, memory.grown) | {"heard, s": counting.seconds}


async def _transcribe_all(workshop: Workshop, file: Path, *, jobs: int) -> list[Transcript]:
    return await asyncio.gather(*(_transcribe(workshop, file) for _ in range(jobs)))


async def _transcribe(workshop: Workshop, file: Path) -> Transcript:
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        folder = Path(scratch)
        sound = await workshop.decode(
            file, media_type=MediaType.MP3, into=folder, max_seconds=PATIENCE * 10, most_channels=1
        )
        plan = await workshop.plan(folder, sound, language="en-US")
        return await workshop.transcribe(folder, sound, plan)


def _row(  # noqa: PLR0913, PLR0917 - the columns of the table
    choice: ModelChoice, what: str, batch: int, sound: float, took: float, resident: float, on_gpu: float | None
) -> dict[str, Any]:
    return {
        "model": choice.model,
        "what": what,
        "batch": batch or "",
        "sound, s": sound,
        "took, s": took,
        "× real time": sound / took,
        "MiB": round(resident) or "",
        "GPU MiB": "" if on_gpu is None else round(on_gpu),
        "heard, s": sound,
    }


class _Counting(Recognition):
    """Counts how much sound the engine is given: more than there is, where it looks as if words were missing."""

    seconds = 0.0

    async def recognize(
        self, choice: ModelChoice, part: Part, hotwords: Sequence[str] = (), *, within: Seconds
    ) -> hearing.Answer:
        """Count, and recognise."""
        self.seconds += sum(chunk.duration for chunk in part.chunks)
        return await super().recognize(choice, part, hotwords, within=within)


class GpuMemory:
    """Looks at how much memory of the first GPU is used; on a GPU of which nothing else makes use."""

    def __init__(self) -> None:
        self.grown: float | None = None
        """MiB that it grew by at most; None without a GPU."""
        self._before = _gpu_memory()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def __enter__(self) -> Self:
        """Begin to look, where there is a GPU."""
        if self._before is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._ended.set()
        if self._before is not None:
            self._thread.join()

    def _look_on(self) -> None:
        while not self._ended.wait(LOOKS):
            self.grown = max(self.grown or 0.0, (_gpu_memory() or 0.0) - (self._before or 0.0))


def _gpu_memory() -> float | None:
    found = _ask_gpu("memory.used")
    return float(found) if found else None


def _gpu_name() -> str:
    return _ask_gpu("name") or "none"


def _ask_gpu(what: str) -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return found[0].strip() if found else None


def _most_resident() -> float:
    """Return the MiB that this process ever held at once."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _nothing() -> None:
    """Prepare nothing."""


if __name__ == "__main__":
    sys.exit(main())
