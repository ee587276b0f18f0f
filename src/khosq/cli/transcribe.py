"""``khosq transcribe``: the same road without a server."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from khosq.assembly.models import open_workshop
from khosq.cli.common import err, settings
from khosq.cli.serve import fetch_parts
from khosq.errors import KhosqError, MediaUnreadable
from khosq.media.sniff import sniff_file
from khosq.pipeline.workshop import Workshop, join
from khosq.settings import Settings
from khosq.telemetry import set_up_logs
from khosq.transcript.subtitles import build_cues, to_srt, to_text, to_vtt
from khosq.transcript.transcript import Transcript


class Format(StrEnum):
    """How the transcript is written."""

    TXT = "txt"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


WRITERS: dict[Format, Callable[[Transcript], str]] = {
    Format.TXT: to_text,
    Format.JSON: lambda transcript: json.dumps(transcript.to_json(), ensure_ascii=False, indent=2) + "\n",
    Format.SRT: lambda transcript: to_srt(build_cues(transcript)),
    Format.VTT: lambda transcript: to_vtt(build_cues(transcript)),
}


def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings: MP3, WAV, FLAC, OGG or M4A.")],
    language: Annotated[str, typer.Option(help="BCP 47 tag of what is spoken.")] = "en",
    speakers: Annotated[int | None, typer.Option(min=1, max=10, help="How many voices to tell apart.")] = None,
    written: Annotated[Format, typer.Option("--format", help="How the transcript is written.")] = Format.TXT,
) -> None:
    """Transcribe recordings here and now; the text goes to stdout."""
    chosen = settings()
    set_up_logs("error")
    fetch_parts(chosen.models_dir)
    failures = asyncio.run(_transcribe_all(chosen, files, language=language, speakers=speakers, written=written))
    raise typer.Exit(1 if failures else 0)


async def _transcribe_all(
    chosen: Settings, files: list[Path], *, language: str, speakers: int | None, written: Format
) -> int:
    failures = 0
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with open_workshop(chosen) as workshop, Progress(*columns, console=err, transient=True) as progress:
        for file in files:
            bar = _Bar(progress, progress.add_task(file.name, total=1.0))
            try:
                transcript = await _transcribe(workshop, chosen, file, language, speakers, bar)
            except (KhosqError, OSError) as error:
                failures += 1
                err.print(Text.assemble((f"{file}:", "red"), f" {error}"), soft_wrap=True)
                continue
            finally:
                bar.remove()
            for warning in transcript.warnings:
                err.print(Text.assemble((f"{file.name}:", "yellow"), f" {warning}"), soft_wrap=True)
            typer.echo(WRITERS[written](transcript), nl=False)
    return failures


class _Bar:
    """One file's line in the progress display."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: float) -> None:
        self._progress.update(self._task, completed=done)

    def remove(self) -> None:
        self._progress.remove_task(self._task)


async def _transcribe(  # noqa: PLR0913, PLR0917 - one file's wishes
    workshop: Workshop, chosen: Settings, file: Path, language: str, speakers: int | None, bar: _Bar
) -> Transcript:
    media_type = sniff_file(file)
    if media_type is None:
        raise MediaUnreadable("It is not an MP3, WAV, FLAC, OGG or M4A file.")
    with tempfile.TemporaryDirectory(prefix="khosq-") as scratch:
        folder = Path(scratch)
        sound = await workshop.decode(
            file, media_type=media_type, into=folder, max_seconds=chosen.max_duration, speakers=speakers
        )
        bar.show(0.1)
        plan = await workshop.plan(folder, sound, language=language)
        voices = asyncio.create_task(workshop.diarize(folder, sound, plan, speakers=speakers))
        pieces = [asyncio.create_task(workshop.recognize(folder, sound, plan, n)) for n in range(len(plan.pieces))]
        for done, piece in enumerate(asyncio.as_completed(pieces), start=1):
            await piece
            bar.show(0.1 + 0.9 * done / len(pieces))
        return join(sound, plan, await voices, [piece.result() for piece in pieces])
