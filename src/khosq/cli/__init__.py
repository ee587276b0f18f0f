"""The command line: one file per command, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from khosq import __version__, registry
from khosq.cli.common import err
from khosq.errors import KhosqError

COMMANDS = {
    "serve": ("khosq.cli.serve:serve", "Start everything: the API, the dashboard and a worker."),
    "api": (
        "khosq.cli.serve:api",
        "Start the API and the dashboard alone; workers run elsewhere on the same database.",
    ),
    "worker": (
        "khosq.cli.serve:worker",
        "Start a worker alone; it takes jobs from the database until it is stopped.",
    ),
    "transcribe": ("khosq.cli.transcribe:transcribe", "Transcribe recordings here and now; the text goes to stdout."),
    "evaluate": (
        "khosq.cli.evaluate:app",
        "Measure models on clips whose words are known: errors, speed, memory, beside the published figures.",
    ),
    "doctor": (
        "khosq.cli.doctor:doctor",
        "Say what is installed, which models serve which languages, and what to do about each fault.",
    ),
    "models": ("khosq.cli.models:app", "Speech models: which are here, and how to get others."),
    "tenants": ("khosq.cli.tenants:app", "Customers of this server and the seconds they have left."),
    "keys": ("khosq.cli.keys:app", "API keys: made, listed, revoked."),
    "webhooks": ("khosq.cli.webhooks:app", "Where a tenant's server is told of finished jobs."),
    "jobs": ("khosq.cli.jobs:app", "A tenant's jobs: listed, cancelled."),
    "scorecards": ("khosq.cli.scorecards:app", "Scorecards: imported, listed, exported, archived, tried."),
}
"""Name → where its function or its group of commands lies, and its own first line of help; in the order of the list."""


class _Commands(TyperGroup):
    """Loads the one command that is run: neither help nor making a key waits for speech engines and web frameworks."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every name."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command as the list in help shows it."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Return the command that is to run, loaded now."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name in COMMANDS else command, rest


def _load(name: str) -> Any:
    found = registry.load(name, {name: COMMANDS[name][0]}, "khosq.commands")
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = typer.main.get_command(alone)
    command.name = name
    return command


_PRIVATE = 0o077
"""Database, recordings and models are for nobody else to read."""

app = typer.Typer(
    name="khosq",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn recordings into transcripts on your own machines.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _khosq(
    *,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Turn recordings into transcripts on your own machines."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; an expected trouble is one sentence and exit status 1."""
    os.umask(_PRIVATE)
    try:
        app()
    except KhosqError as error:
        err.print(Text.assemble(("khosq:", "red"), " ", error.message), soft_wrap=True)
        sys.exit(1)
