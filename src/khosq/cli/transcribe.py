"""``khosq transcribe``: the same road without a server."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from khosq.assembly.models import open_workshop
from khosq.cli.common import err, settings
from khosq.cli.serve import fetch_parts
from khosq.errors import Invalid, KhosqError, MediaUnreadable
from khosq.jobs.job import AUTO, Wishes
from khosq.media.sniff import sniff_file
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.telemetry import set_up_logs
from khosq.tenants.hotwords import checked_hotwords
from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.transcript import Transcript


class Format(StrEnum):
    """How the transcript is written."""

    TXT = "txt"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"
    SBV = "sbv"
    TTML = "ttml"
    STL = "stl"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"


def write(transcript: Transcript, written: Format) -> bytes:
    """Return the file as a command gives it: plain text without times, subtitle lines without names."""
    with_speakers = written not in {Format.SRT, Format.SBV, Format.STL}
    options = ExportOptions(with_timestamps=written is not Format.TXT, with_speakers=with_speakers)
    return render(transcript, written.value, options=options)


AMONG_OTHERS: dict[Format, Callable[[Path, Transcript], str]] = {
    Format.TXT: lambda file, transcript: f"== {file}\n{write(transcript, Format.TXT).decode()}\n",
    Format.JSON: lambda file, transcript: (
        json.dumps({"file": str(file)} | json.loads(write(transcript, Format.JSON)), ensure_ascii=False) + "\n"
    ),
}
"""How several transcripts are told apart in one stream; other files cannot be."""


class Outlet:
    """Where transcripts go: a file each, or all to stdout."""

    def __init__(self, written: Format, files: Sequence[Path], folder: Path | None) -> None:
        """Make the folder, if one is wanted.

        Raises:
            Invalid: the transcripts could not be told apart there, or there is no such place.

        """
        self._written = written
        self._is_one = len(files) == 1
        self._folder = folder
        if folder is None:
            if not self._is_one and written not in AMONG_OTHERS:
                raise Invalid(f"Several files cannot share one stream of {written.value}; give --output-dir DIR.")
            return
        names = [self._name(file) for file in files]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise Invalid(f"Two of the files would be written to {folder / twice}.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Invalid(f"{folder}: {_why(error)}") from error

    def put(self, file: Path, transcript: Transcript) -> None:
        """Write one transcript."""
        if self._folder is not None:
            (self._folder / self._name(file)).write_bytes(write(transcript, self._written))
        elif self._is_one:
            typer.echo(write(transcript, self._written), nl=False)
        else:
            typer.echo(AMONG_OTHERS[self._written](file, transcript), nl=False)

    def _name(self, file: Path) -> str:
        return f"{file.stem}.{self._written.value}"


def _why(error: KhosqError | OSError) -> str:
    """Return a sentence without numbers and class names."""
    if isinstance(error, KhosqError):
        return error.message
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    if isinstance(error, PermissionError):
        return "it may not be opened"
    return (error.strerror or str(error)).lower()


def transcribe(  # noqa: PLR0913, PLR0917 - one parameter per option is what typer reads
    files: Annotated[list[Path], typer.Argument(help="Recordings: MP3, WAV, FLAC, OGG, M4A, AAC, AMR or video.")],
    language: Annotated[str, typer.Option(help="BCP 47 tag of what is spoken, or auto to find out.")] = "en",
    speakers: Annotated[int | None, typer.Option(min=1, max=10, help="How many voices to tell apart.")] = None,
    hotword: Annotated[list[str] | None, typer.Option(help="A word or name to expect; may be repeated.")] = None,
    written: Annotated[Format, typer.Option("--format", help="How the transcript is written.")] = Format.TXT,
    output_dir: Annotated[
        Path | None, typer.Option(help="Folder for one file per recording, NAME.txt and so on; else stdout.")
    ] = None,
) -> None:
    """Transcribe recordings here and now; the text goes to stdout."""
    chosen = settings()
    set_up_logs("error")
    outlet = Outlet(written, files, output_dir)
    wishes = Wishes(language, speakers, hotwords=checked_hotwords(hotword or ()))
    fetch_parts(chosen.models_dir)
    failures = asyncio.run(_transcribe_all(chosen, files, outlet, wishes))
    raise typer.Exit(1 if failures else 0)


async def _transcribe_all(chosen: Settings, files: list[Path], outlet: Outlet, wishes: Wishes) -> int:
    failures = 0
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    # Standard output is not led through the display, which writes to the terminal: it may go to a file.
    progress = Progress(*columns, console=err, transient=True, redirect_stdout=False, disable=not err.is_terminal)
    with open_workshop(chosen) as workshop, progress:
        for file in files:
            bar = _Bar(progress, progress.add_task(file.name, total=1.0))
            try:
                try:
                    transcript = await _transcribe(workshop, chosen, file, wishes, bar)
                finally:
                    bar.remove()
                outlet.put(file, transcript)
            except (KhosqError, OSError) as error:
                failures += 1
                err.print(Text.assemble((f"{file}:", "red"), f" {_why(error)}"), soft_wrap=True)
                continue
            for warning in transcript.warnings:
                err.print(Text.assemble((f"{file.name}:", "yellow"), f" {warning}"), soft_wrap=True)
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
        self._progress.refresh()


async def _transcribe(workshop: Workshop, chosen: Settings, file: Path, wishes: Wishes, bar: _Bar) -> Transcript:
    media_type = sniff_file(file)
    if media_type is None:
        raise MediaUnreadable("It is no recording that is read here: MP3, WAV, FLAC, OGG, M4A, AAC, AMR or video.")
    with tempfile.TemporaryDirectory(prefix="khosq-") as scratch:
        folder = Path(scratch)
        sound = await workshop.decode(
            file,
            media_type=media_type,
            into=folder,
            max_seconds=chosen.max_duration,
            most_channels=wishes.speakers or 1,
        )
        bar.show(0.1)
        plan = await workshop.plan(
            folder, sound, language=None if wishes.language == AUTO else wishes.language, hotwords=wishes.hotwords
        )
        return await workshop.transcribe(
            folder, sound, plan, speakers=wishes.speakers, on_progress=lambda done: bar.show(0.1 + 0.9 * done)
        )
