"""``khosq evaluate``: how well, how fast and with how much memory models hear what was written down by people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from khosq.assembly.models import open_workshop, resolver
from khosq.cli.common import AsJson, err, print_json, settings, show, table
from khosq.cli.models import ModelsDir
from khosq.cli.serve import fetch_parts
from khosq.errors import Invalid
from khosq.evaluation.analysis import HALVES, measure
from khosq.evaluation.contestants import Contestant, contestants
from khosq.evaluation.figures import Figures, Rate, draw
from khosq.evaluation.listing import to_json
from khosq.evaluation.manifest import Clip, read_clips
from khosq.evaluation.report import render
from khosq.evaluation.trial import try_model
from khosq.settings import Settings
from khosq.speech.languages import named
from khosq.telemetry import set_up_logs

app = typer.Typer(name="evaluate", invoke_without_command=True, subcommand_metavar="")


@app.callback()
def evaluate(  # noqa: PLR0913, PLR0917 - one parameter per option is what typer reads
    context: typer.Context,
    manifest: Annotated[
        Path | None, typer.Option(help="CSV file of clips: file, transcript, language and more.", show_default=False)
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="BCP 47 tag; other rows are passed over.", show_default=False)
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A model, as `khosq models list` names it; may be repeated.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="Every installed model of this engine.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first clips, so many.")] = None,
    speakers: Annotated[
        int | None, typer.Option(min=1, max=10, help="Voices to tell apart; else as many as a clip's row names.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write a report with plots: one HTML file.")] = None,
    models_dir: ModelsDir = None,
    starters: Annotated[
        bool | None,
        typer.Option(
            "--starters/--no-starters", help="Let a starter be chosen (KHOSQ_ALLOW_STARTERS).", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure models on clips whose words are known: errors, speed, memory, beside the published figures."""
    if context.invoked_subcommand is not None:
        return
    if manifest is None:
        raise typer.BadParameter("name the CSV file of clips.", param_hint="--manifest")
    if language is None:
        raise typer.BadParameter("say which language is spoken.", param_hint="--language")
    if output is not None and not output.absolute().parent.is_dir():
        raise Invalid(f"{output} cannot be written: there is no such folder.")
    chosen = settings(models_dir=models_dir, allow_starters=starters)
    set_up_logs("error")
    clips = read_clips(manifest, language, limit=limit)
    models = contestants(
        language,
        models=model or [],
        engine=engine,
        models_dir=chosen.models_dir,
        allow_starters=chosen.allow_starters,
        resolve=resolver(chosen),
    )
    fetch_parts(chosen.models_dir)
    found = asyncio.run(_try_all(chosen, models, clips, speakers))
    if as_json:
        first, *others = map(to_json, found)
        print_json(first | {"others": others})
    else:
        _show(found)
    _tell_failures(found)
    if output is not None:
        _write(output, render(found, manifest=manifest.name))
    raise typer.Exit(1 if any(len(one.failed) == len(clips) for one in found) else 0)


@app.command("analysis")
def analysis(
    language: Annotated[str | None, typer.Option(help="BCP 47 tag; otherwise all.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Measure sentiment, intent and action items on labelled utterances: no model is needed."""
    scores = measure(language)
    if as_json:
        print_json({"scores": [one.to_json() for one in scores]})
        return
    columns = [name for half in HALVES for name in (half, "% right", "F1")]
    listed = table("language", "feature", *columns, right=set(columns), whole={"language", "feature"})
    for seen, apart in zip(scores[::2], scores[1::2], strict=True):
        figures = [(str(one.lines), f"{100 * one.accuracy:.0f}", f"{one.f1:.2f}") for one in (seen, apart)]
        listed.add_row(named(seen.language), seen.feature, *figures[0], *figures[1])
    show(listed)


async def _try_all(
    chosen: Settings, models: Sequence[Contestant], clips: Sequence[Clip], speakers: int | None
) -> list[Figures]:
    found, alone = [], chosen.model_copy(update={"slots": 1})  # nothing is measured beside anything else
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(
        *columns, console=err, transient=True, redirect_stdout=False, disable=not err.is_terminal
    ) as progress:
        for one in models:
            task = progress.add_task(one.entry.name, total=len(clips))
            with open_workshop(alone, resolve=lambda *_, one=one, **__: one.choice) as workshop:
                trial = await try_model(
                    workshop,
                    one,
                    clips,
                    max_seconds=chosen.max_duration,
                    speakers=speakers,
                    on_clip=partial(progress.advance, task),
                )
            found.append(draw(trial))
    return found


def _write(output: Path, page: str) -> None:
    try:
        output.write_text(page, "utf-8")
    except OSError as error:
        raise Invalid(f"{output} cannot be written: {error.strerror}.") from error
    err.print(f"The report is in {output}.", highlight=False, soft_wrap=True)


def _show(found: Sequence[Figures]) -> None:
    """Print a column per model: many figures stand below each other in any width."""
    listed = table("", *(one.trial.entry.name for one in found), right={one.trial.entry.name for one in found})
    for title, cells in zip(_TITLES, zip(*map(_cells, found), strict=True), strict=True):
        listed.add_row(title, *cells)
    show(listed)
    for one in found:
        if one.trial.entry.caution:
            err.print(
                Text.assemble((f"{one.trial.entry.name}:", "yellow"), f" {one.trial.entry.caution}"), soft_wrap=True
            )


_TITLES = (
    "language",
    "clips",
    "failed",
    "word errors (WER)",
    "character errors (CER)",
    "speaker errors (DER)",
    "speech with words",
    "real-time factor",
    "  of processor time",
    "peak memory",
    "published WER",
)


def _cells(one: Figures) -> tuple[str, ...]:
    published = one.published
    return (
        named(one.trial.language),
        str(len(one.trial.outcomes)),
        str(len(one.failed)),
        _rate(one.wer),
        _rate(one.cer),
        _rate(one.der),
        "-" if one.coverage is None else f"{one.coverage:.1%}",
        "-" if one.real_time_factor is None else f"{one.real_time_factor:.3f}",
        "-" if one.real_time_factor_cpu is None else f"{one.real_time_factor_cpu:.3f}",
        "-" if one.trial.peak_memory is None else decimal(one.trial.peak_memory),
        f"{published.wer:g}% on {published.test_set}" if published else "-",
    )


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "-"
    sure = f" ({rate.interval[0]:.1%} to {rate.interval[1]:.1%})" if rate.interval else ""
    return f"{rate.value:.1%}{sure}"


def _tell_failures(found: Sequence[Figures]) -> None:
    for one in found:
        for outcome in one.failed:
            err.print(Text.assemble((f"{outcome.clip.name}:", "red"), f" {outcome.failure}"), soft_wrap=True)
