"""``khosq models bench``: how long a model takes to load and to hear, and what memory it needs."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from khosq.cli.common import AsJson, print_json, settings, show, table
from khosq.errors import Invalid, MediaUnreadable, ModelMissing
from khosq.evaluation.metering import peak_memory
from khosq.media.decode import DecodeLimits, decode
from khosq.media.sniff import sniff_file
from khosq.media.waveform import PcmFile
from khosq.speech import weights
from khosq.speech.bench import Pace, measure, vowels
from khosq.speech.models import ModelEntry
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice, choose
from khosq.transcript.timespan import Seconds

_MADE_UP: Seconds = 60.0
"""Length of the sound where none is given."""
_PATIENCE = 3600.0
_FULL_SCALE = 32_767


def bench_model(
    name: Annotated[str, typer.Argument(help="A recogniser, as `khosq models list` names it.")],
    sound: Annotated[
        Path | None, typer.Option(help="A recording to hear; else a minute of made-up vowels.", dir_okay=False)
    ] = None,
    language: Annotated[str | None, typer.Option(help="What to hear it as, for a model of several languages.")] = None,
    models_dir: Annotated[Path | None, typer.Option(help="Where models lie (KHOSQ_MODELS_DIR).")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how long a model takes to load and to hear a sound on one thread, and the memory it needs."""
    chosen = settings(models_dir=models_dir)
    entry = weights.find_model(name, chosen.models_dir)
    choice = choose(entry, _language(entry, language), models_dir=chosen.models_dir)
    if not weights.is_installed(entry, chosen.models_dir):
        raise ModelMissing(f"{name} is not installed. Run: khosq models pull {name}")
    pace, memory = asyncio.run(_bench(choice, sound, chosen.max_duration))
    found = {
        "model": name,
        "engine": entry.engine,
        "language": choice.language,
        "load_seconds": round(pace.loading, 2),
        "sound_seconds": round(pace.sound, 2),
        "real_time_factor": round(pace.hearing / pace.sound, 4),
        "times_real_time": round(pace.sound / pace.hearing, 1),
        "peak_memory_bytes": memory,
        "words": pace.words,
    }
    if as_json:
        print_json(found)
        return
    show(_table(found))


def _language(entry: ModelEntry, asked: str | None) -> str:
    if entry.role != "recognizer":
        raise Invalid(f"{entry.name} writes down nothing: it is a {entry.role}, and only recognisers are measured.")
    if asked is None:
        return "en" if entry.closeness("en") else entry.languages[0]
    if not entry.closeness(asked):
        raise Invalid(f"{entry.name} does not know {asked}.")
    return asked


async def _bench(choice: ModelChoice, recording: Path | None, max_seconds: Seconds) -> tuple[Pace, int | None]:
    with (
        tempfile.TemporaryDirectory(prefix="khosq-") as scratch,
        closing(ModelProcesses(1, prepare=_nothing)) as processes,
    ):
        sound = await _decoded(recording, Path(scratch), max_seconds) if recording else _made_up(Path(scratch))
        pace = await processes.run(measure, choice, sound, within=_PATIENCE)
        return pace, peak_memory()


async def _decoded(recording: Path, folder: Path, max_seconds: Seconds) -> PcmFile:
    media_type = sniff_file(recording)
    if media_type is None:
        raise MediaUnreadable(f"{recording} is no recording that khosq reads.")
    limits = DecodeLimits(max_seconds=max_seconds)
    decoded = await decode(recording, media_type=media_type, into=folder, limits=limits, most_channels=1)
    return decoded.channels[0]


def _made_up(folder: Path) -> PcmFile:
    path = folder / "vowels.pcm"
    path.write_bytes((vowels(_MADE_UP) * _FULL_SCALE).astype("<i2").tobytes())
    return PcmFile(path)


def _nothing() -> None:
    """Prepare nothing: what a model needs is to be measured alone."""


def _table(found: dict[str, Any]) -> Any:
    listed = table("what", "measured", whole={"what"})
    memory = found["peak_memory_bytes"]
    listed.add_row("model", f"{found['model']} ({found['engine']}, {found['language']})")
    listed.add_row("to load", f"{found['load_seconds']:.2f} s")
    listed.add_row("to hear", f"{found['times_real_time']:g} × real time (factor {found['real_time_factor']:g})")
    listed.add_row("peak memory", decimal(memory) if memory else "this system does not tell")
    listed.add_row("sound", f"{found['sound_seconds']:g} s, in which it heard {found['words']} words")
    return listed
