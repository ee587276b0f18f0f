"""What every command shares: its options, its way of printing, its way of failing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from khosq.errors import Invalid
from khosq.settings import Settings

out = Console(markup=False, highlight=False)
"""Tables, for people; names are shown as they are."""
err = Console(stderr=True)
"""Everything else."""

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the database and the recordings (KHOSQ_DATA_DIR).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
TenantName = Annotated[str, typer.Option("--tenant", help="The tenant's name.")]


def settings(**given: Any) -> Settings:
    """Return the settings: what the command line gives, else the environment, else the defaults.

    Raises:
        Invalid: one of them cannot be; says which.

    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise Invalid(f"The setting KHOSQ_{name.upper()} is not valid: {first['msg']}.", field=name) from error


def print_json(value: Any) -> None:
    """Print one JSON value on stdout, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
