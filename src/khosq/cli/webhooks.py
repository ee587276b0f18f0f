"""``khosq webhooks``: where a tenant is told of its jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, print_json, settings

app = typer.Typer(no_args_is_help=True, help="Where a tenant's server is told of finished jobs.")


@app.callback()
def main() -> None:
    """Where a tenant's server is told of finished jobs."""


@app.command("set")
def set_(  # noqa: PLR0913 - one option each
    tenant: TenantName,
    url: Annotated[str, typer.Option(help="Address that is posted to; it is checked at delivery.")],
    secret: Annotated[str, typer.Option(help="Sent in each webhook, so that the receiver knows it is us.")],
    api: Annotated[str, typer.Option(help="Jobs made at which API are told.")] = "",
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Set the account's webhook of one API; it replaces the one before."""
    with open_core(settings(data_dir=data_dir)) as core:
        endpoint = core.set_account_webhook(tenant, url=url, secret=secret, api=api or None)
    if as_json:
        print_json({"id": endpoint.id, "tenant": tenant, "url": endpoint.url, "api": endpoint.door})
    else:
        typer.echo(f"{tenant}: jobs made at {endpoint.door} are told to {endpoint.url}")
