"""``khosq models``: which models are here, and how to get others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from khosq.cli.common import AsJson, err, print_json, settings, show, table
from khosq.cli.models_bench import bench_model
from khosq.errors import Invalid
from khosq.speech import bundles, weights
from khosq.speech.extras import lacking
from khosq.speech.hearing import try_out
from khosq.speech.languages import closeness, named
from khosq.speech.models import ModelEntry, catalogue, memory_needed

app = typer.Typer(name="models", help="Speech models: which are here, and how to get others.", no_args_is_help=True)
app.command("bench")(bench_model)

ModelsDir = Annotated[
    Path | None, typer.Option("--models-dir", help="Where models lie (KHOSQ_MODELS_DIR).", show_default=False)
]
Names = Annotated[list[str], typer.Argument(help="Models, as `khosq models list` names them.")]

ANY_LANGUAGE = "mul"
"""BCP 47 for "several languages": the parts that every job needs."""
_LANGUAGES_SHOWN = 2
_MANY = 30
"""Languages from which on only their number is shown."""


@app.command("list")
def list_models(
    language: Annotated[str | None, typer.Option(help="Only what serves this language, such as hy-AM.")] = None,
    models_dir: ModelsDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every model, what it serves and whether it is here; JSON has one row per model and language."""
    rows = list(_rows(_folder(models_dir), language))
    if as_json:
        print_json(rows)
        return
    titles = "model", "languages", "status", "size", "WER %", "licence"
    listed = table(*titles, whole={"model", "status", "size"}, right={"size"})
    listed.padding = 0, 1, 0, 0  # they stand in 80 columns
    for _, of_model in groupby(rows, key=itemgetter("model")):
        listed.add_row(*_cells(list(of_model)))
    show(listed)


def _cells(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what a person reads about one model, from its rows per language."""
    first = rows[0]
    yield first["model"]
    yield _spoken([row["language"] for row in rows])
    yield first["status"]
    yield decimal(first["size_bytes"]) if first["size_bytes"] else "?"
    measured = next((row for row in rows if row["wer"] is not None), None)
    which = f" {measured['language']}" if measured and len(rows) > 1 else ""
    yield f"{measured['wer']:g}{which}" if measured else "-"
    yield first["licence"]


def _spoken(languages: list[str]) -> str:
    if languages == [ANY_LANGUAGE]:
        return "any"
    if len(languages) == 1:
        return named(languages[0])
    if len(languages) >= _MANY:
        return f"{len(languages):,}"
    shown = ", ".join(languages[:_LANGUAGES_SHOWN])
    more = len(languages) - _LANGUAGES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


@app.command("pull")
def pull_models(
    names: Annotated[list[str] | None, typer.Argument(help="Models; none: the parts that every job needs.")] = None,
    models_dir: ModelsDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Fetch models; a broken download goes on where it stopped."""
    folder = _folder(models_dir)
    wanted = [weights.find_model(name, folder) for name in names or []] or list(weights.missing_parts(folder))
    for entry in wanted:
        _pull(entry, folder)
        if lack := lacking(entry.engine):
            err.print(f"{entry.name} cannot be used yet. {lack}", markup=False, highlight=False, soft_wrap=True)
    _report([_where(entry, folder) for entry in wanted], as_json=as_json, nothing="Every part is here already.")


@app.command("verify")
def verify_models(
    names: Annotated[list[str] | None, typer.Argument(help="Models; none: all that are here.")] = None,
    models_dir: ModelsDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check the files of models against their digests."""
    folder = _folder(models_dir)
    entries = [weights.find_model(name, folder) for name in names or []]
    here = [entry for entry in weights.known_models(folder) if weights.is_present(entry, folder)]
    faults = {entry.name: weights.verify(entry, folder) for entry in entries or here}
    if as_json:
        print_json(faults)
    else:
        for name, found in faults.items():
            typer.echo(f"{name}: {' '.join(found) if found else 'whole'}")
    if any(faults.values()):
        raise typer.Exit(1)


@app.command("import")
def import_model(  # noqa: PLR0913 - one parameter per option is what typer reads
    source: Annotated[Path, typer.Argument(help="A folder with the model's files, or a bundle.", exists=True)],
    *,
    name: Annotated[str | None, typer.Option(help="Of a folder: a catalogue name, or a new one.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="What a new model serves; may be repeated.")] = None,
    licence: Annotated[str, typer.Option(help="A new model's licence.")] = "unknown",
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """Take models from a bundle, or one from a folder: any that onnx-asr or Whisper reads, or a server.json."""
    folder = _folder(models_dir)
    if source.is_file():
        if name or language:
            raise Invalid("A bundle says itself what its models are called and serve: leave --name and --language out.")
        _report([_where(entry, folder) for entry in bundles.read_bundle(source, folder)], as_json=as_json)
        return
    if name is None:
        raise Invalid("A folder needs --name: what its model is called here.")
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if entry is None:
        if not language:
            raise Invalid("A model that the catalogue does not know needs --language.")
        entry = weights.describe_folder(source, name=name, languages=tuple(language), licence=licence)
    if entry.role == "recognizer":
        try_out(entry, source)
    weights.import_folder(entry, source, folder)
    _report([_where(entry, folder)], as_json=as_json)


@app.command("bundle")
def bundle_models(
    names: Names,
    output: Annotated[Path, typer.Option(help="The file to write.")],
    models_dir: ModelsDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write installed models to one file, which `khosq models import` takes on a machine without a network."""
    folder = _folder(models_dir)
    entries = [weights.find_model(name, folder) for name in dict.fromkeys(names)]
    bundles.write_bundle(entries, folder, output)
    if as_json:
        print_json({"bundle": str(output), "models": [entry.name for entry in entries]})
    else:
        typer.echo(f"{output}: {', '.join(entry.name for entry in entries)}")


@app.command("remove")
def remove_models(names: Names, models_dir: ModelsDir = None, *, as_json: AsJson = False) -> None:
    """Delete the files of models."""
    folder = _folder(models_dir)
    for name in names:
        weights.remove(weights.find_model(name, folder), folder)
    _report([{"model": name, "removed": True} for name in names], as_json=as_json)


def _folder(models_dir: Path | None) -> Path:
    return settings(models_dir=models_dir).models_dir


def _rows(models_dir: Path, language: str | None) -> Iterator[dict[str, Any]]:
    for entry in weights.known_models(models_dir):
        of_model = _of_model(entry, models_dir)
        for served in entry.languages or (ANY_LANGUAGE,):
            if language is None or closeness(language, served) or served == ANY_LANGUAGE:
                yield {"language": served} | of_model | _of_language(entry, served)


def _of_model(entry: ModelEntry, models_dir: Path) -> dict[str, Any]:
    is_here = weights.is_installed(entry, models_dir)
    return {
        "model": entry.name,
        "role": entry.role,
        "kind": entry.kind,
        "installed": is_here,
        "engine": entry.engine,
        "licence": entry.licence,
        "size_bytes": entry.size_bytes,
        "memory_bytes": memory_needed(entry),
        "runs_on": entry.runs_on,
        "status": _status(entry, is_here=is_here),
        "lacks": lacking(entry.engine),
    }


def _of_language(entry: ModelEntry, language: str) -> dict[str, Any]:
    figure = entry.figure_for(language)
    return {
        "wer": figure.wer if figure else None,
        "wer_on": figure.test_set if figure else None,
        "wer_source": figure.address if figure else None,
        "source": (figure and figure.address) or entry.address,
    }


def _status(entry: ModelEntry, *, is_here: bool) -> str:
    """Return one of installed, available, starter and fallback."""
    if not is_here:
        return "available"
    return entry.kind if entry.kind in {"starter", "fallback"} else "installed"


def _where(entry: ModelEntry, models_dir: Path) -> dict[str, Any]:
    return {"model": entry.name, "folder": str(weights.model_folder(entry, models_dir))}


def _report(results: list[dict[str, Any]], *, as_json: bool, nothing: str = "Nothing to do.") -> None:
    if as_json:
        print_json(results)
        return
    for result in results:
        typer.echo(f"{result['model']}: {result.get('folder', 'removed')}")
    if not results:
        typer.echo(nothing)


def _pull(entry: ModelEntry, models_dir: Path) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=err) as progress:
        task = progress.add_task(entry.name, total=entry.size_bytes)
        weights.pull(
            entry,
            models_dir,
            lambda done, total: progress.update(task, completed=done, total=total or entry.size_bytes),
        )
