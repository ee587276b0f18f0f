"""``khosq tenants``: customers of this server and their quotas."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, existing, print_json, settings, show, table
from khosq.cli.opening import open_or_make
from khosq.tenants.tenant import Tenant

app = typer.Typer(no_args_is_help=True, help="Customers of this server and the seconds they have left.")


@app.command()
def create(tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Make a tenant; one that exists already is left as it is."""
    with open_or_make(settings(data_dir=data_dir), quietly=as_json) as core:
        _show(core.accounts.ensure(tenant), as_json=as_json)


@app.command("list")
def list_(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List every tenant."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.accounts.all()
    if as_json:
        print_json([asdict(one) for one in found])
        return
    listed = table("tenant", "seconds left", "since", right={"seconds left"})
    for one in found:
        listed.add_row(one.name, _left(one), f"{one.created_at:%Y-%m-%d %H:%M}")
    show(listed)


@app.command()
def quota(
    tenant: TenantName,
    seconds: Annotated[float | None, typer.Option(help="Seconds of audio left from now on.")] = None,
    data_dir: DataDir = None,
    *,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Lift the limit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show or set the seconds of audio that a tenant may still have transcribed."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        if seconds is not None or unlimited:
            core.accounts.set(tenant, None if unlimited else seconds)
        _show(core.accounts.named(tenant), as_json=as_json)


@app.command()
def hotwords(
    tenant: TenantName,
    terms: Annotated[list[str] | None, typer.Argument(help="Words and names; they replace those there are.")] = None,
    data_dir: DataDir = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Expect nothing in particular any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show or set the words and names that are to be expected in all of a tenant's recordings."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.accounts.named(tenant)
        kept = core.accounts.set_hotwords(found.id, terms or ()) if terms or none else found.hotwords
    if as_json:
        print_json(list(kept))
    else:
        typer.echo("\n".join(kept) or f"{found.name}: no hotwords")


def _show(tenant: Tenant, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(tenant))
    else:
        typer.echo(f"{tenant.name}: seconds left: {_left(tenant)}")


def _left(tenant: Tenant) -> str:
    return "unlimited" if tenant.seconds_left is None else f"{tenant.seconds_left:.0f}"
