"""``khosq webhooks``: where a tenant is told of its jobs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, existing, print_json, settings, show, table
from khosq.errors import Invalid

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
    _check(url)
    with open_core(existing(settings(data_dir=data_dir))) as core:
        endpoint = core.set_account_webhook(tenant, url=url, secret=secret, api=api or None)
    if as_json:
        print_json({"id": endpoint.id, "tenant": tenant, "url": endpoint.url, "api": endpoint.door})
    else:
        typer.echo(f"{tenant}: jobs made at {endpoint.door} are told to {endpoint.url}")


@app.command("list")
def list_(tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List a tenant's webhooks, without their secrets."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.deliveries.endpoints_of_tenant(core.accounts.named(tenant).id)
    if as_json:
        print_json([{"id": one.id, "tenant": tenant, "url": one.url, "api": one.door} for one in found])
        return
    listed = table("API", "url", whole={"API"})
    for one in found:
        listed.add_row(one.door, one.url)
    show(listed)


def _check(url: str) -> None:
    """Refuse what no webhook could be posted to; whether it may be called is asked at each delivery."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # such as brackets that do not close
        is_address = False
    if not is_address:
        raise Invalid("A webhook's url begins with http:// or https:// and names a host.", field="url")
