"""What every command shares: its options, its way of printing, its way of failing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from khosq.errors import Invalid, NotFound, Unavailable
from khosq.settings import Settings

err = Console(stderr=True)
"""All but what was asked for."""
_WIDE = 200
"""Columns of a table that goes to a file or another program, which have no width of their own."""

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


def existing(chosen: Settings) -> Settings:
    """Return the settings if there is a database: only some commands may make one.

    Raises:
        NotFound: there is none where they say.

    """
    file = database_file(chosen)
    if file is not None and not is_there(file):
        raise NotFound(f"There is no khosq database in {file.parent}; set KHOSQ_DATA_DIR or --data-dir.")
    return chosen


def database_file(chosen: Settings) -> Path | None:
    """Return the file that is the database, or None where a server keeps it."""
    if not chosen.database.startswith("sqlite:"):
        return None
    from sqlalchemy import make_url  # noqa: PLC0415 - help and version wait for no database library

    name = make_url(chosen.database).database
    return None if not name or name.startswith((":memory:", "file:")) else Path(name)


def is_there(file: Path) -> bool:
    """Tell whether a file is there."""
    try:
        return file.exists()
    except OSError as error:
        raise Unavailable(f"The data folder cannot be used: {error.strerror}.") from error


def table(*titles: str, whole: Collection[str] = (), right: Collection[str] = ()) -> Table:
    """Return an empty table in the one style; columns named in ``whole`` never wrap, the others fold."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        made.add_column(title, no_wrap=title in whole, overflow="fold", justify="right" if title in right else "left")
    return made


def show(made: Table) -> None:
    """Print a table on stdout, for people; names are shown as they are and nothing is cut."""
    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    Console(markup=False, highlight=False, width=None if has_width else _WIDE).print(made)


def print_json(value: Any) -> None:
    """Print one JSON value on stdout, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
