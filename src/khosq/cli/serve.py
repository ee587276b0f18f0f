"""``khosq serve``, ``khosq api`` and ``khosq worker``: the whole server, or its halves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from khosq.assembly import models
from khosq.assembly.core import FIRST_TENANT, open_core
from khosq.assembly.server import listen, run_api
from khosq.assembly.supervisor import run_server
from khosq.assembly.work import run_worker
from khosq.cli.common import DataDir, err, settings
from khosq.settings import Settings
from khosq.telemetry import set_up_logs

Host = Annotated[str | None, typer.Option(help="Address to listen on (KHOSQ_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (KHOSQ_PORT).")]


def serve(data_dir: DataDir = None, host: Host = None, port: Port = None) -> None:
    """Start everything: the API, the dashboard and a worker."""
    chosen = _chosen(data_dir, host, port)
    with listen(chosen) as listener:
        fetch_parts(chosen.models_dir)
        _greet(chosen)
        raise typer.Exit(run_server(chosen, listener))


def api(data_dir: DataDir = None, host: Host = None, port: Port = None) -> None:
    """Start the API and the dashboard alone; workers run elsewhere on the same database."""
    chosen = _chosen(data_dir, host, port)
    with listen(chosen) as listener:
        run_api(chosen, listener)


def worker(
    data_dir: DataDir = None,
    name: Annotated[str | None, typer.Option(help="Name among the workers; it must be new. Default: made up.")] = None,
) -> None:
    """Start a worker alone; it takes jobs from the database until it is stopped."""
    chosen = _chosen(data_dir, None, None)
    fetch_parts(chosen.models_dir)
    run_worker(chosen, name=name)


def _chosen(data_dir: Path | None, host: str | None, port: int | None) -> Settings:
    chosen = settings(data_dir=data_dir, host=host, port=port)
    set_up_logs(chosen.log_level)
    return chosen


def fetch_parts(models_dir: Path) -> None:
    """Fetch the models that every job needs, if they are not here."""
    missing = models.missing_parts(models_dir)
    if missing:
        err.print(f"Fetching {', '.join(missing)} into {models_dir} …", highlight=False)
        models.fetch_parts(models_dir)


def _greet(chosen: Settings) -> None:
    with open_core(chosen) as core:
        secret = core.first_key()
    if secret:
        typer.echo(f"The tenant {FIRST_TENANT!r} was made. Its API key (scope admin), shown this once: {secret}")
    address = chosen.public_url or f"http://{chosen.host}:{chosen.port}"
    typer.echo(f"khosq answers at {address}; its data is in {chosen.data_dir}")
