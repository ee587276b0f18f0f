"""The command line: one file per command, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from khosq import __version__, registry
from khosq.cli.common import err
from khosq.errors import KhosqError

COMMANDS = {
    "serve": "khosq.cli.serve:serve",
    "api": "khosq.cli.serve:api",
    "worker": "khosq.cli.serve:worker",
    "transcribe": "khosq.cli.transcribe:transcribe",
    "doctor": "khosq.cli.doctor:doctor",
    "models": "khosq.cli.models:app",
    "tenants": "khosq.cli.tenants:app",
    "keys": "khosq.cli.keys:app",
    "webhooks": "khosq.cli.webhooks:app",
    "jobs": "khosq.cli.jobs:app",
}
"""Name → where its function or its group of commands lies, in the order in which help shows them."""


class _Commands(TyperGroup):
    """Loads a command by name: making a key need not wait for speech engines and web frameworks to load."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every name."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command, loaded now."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        found = registry.load(cmd_name, COMMANDS, "khosq.commands")
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
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
