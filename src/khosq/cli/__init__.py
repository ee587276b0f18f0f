"""The command line: one file per command."""

from __future__ import annotations

import sys

import typer

from khosq import __version__
from khosq.cli import doctor, jobs, keys, models, serve, tenants, transcribe, webhooks
from khosq.cli.common import err
from khosq.errors import KhosqError

app = typer.Typer(
    name="khosq",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn recordings into transcripts on your own machines.",
)
app.command()(serve.serve)
app.command()(serve.api)
app.command()(serve.worker)
app.command()(transcribe.transcribe)
app.command()(doctor.doctor)
app.add_typer(models.app, name="models")
app.add_typer(tenants.app, name="tenants")
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(jobs.app, name="jobs")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; an expected trouble is one sentence and exit status 1."""
    try:
        app()
    except KhosqError as error:
        err.print(f"[red]khosq:[/red] {error.message}", highlight=False)
        sys.exit(1)
