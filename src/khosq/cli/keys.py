"""``khosq keys``: the secrets by which tenants are known."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, existing, print_json, settings, show, table
from khosq.cli.opening import open_or_make

app = typer.Typer(no_args_is_help=True, help="API keys: made, listed, revoked.")


class ScopeName(StrEnum):
    """What a key may do; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@app.command()
def create(
    tenant: TenantName,
    scope: Annotated[ScopeName, typer.Option(help="What the key may do.")] = ScopeName.WRITE,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key, and its tenant if there is none of that name. The key is shown this once."""
    with open_or_make(settings(data_dir=data_dir), quietly=as_json) as core:
        secret, key = core.keys.create(tenant, scope.value)
    if as_json:
        print_json({"key": secret, "id": key.id, "tenant": tenant, "scope": key.scope})
    else:
        typer.echo(secret)


@app.command("list")
def list_(tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List a tenant's keys, without their secrets."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.keys.list(tenant)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    listed = table("id", "begins", "scope", "made", "last used", "revoked", whole={"id"})
    for one in found:
        moments = [f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (one.created_at, one.last_used_at, one.revoked_at)]
        listed.add_row(one.id, one.prefix + "…", one.scope, *moments)
    show(listed)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `khosq keys list` shows it.")],
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End a key at once."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        core.keys.revoke(key_id)
    if as_json:
        print_json({"revoked": key_id})
    else:
        typer.echo(f"{key_id} is revoked")
