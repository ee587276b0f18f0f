"""Opening the database, or making it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from khosq.assembly.core import Core, open_core
from khosq.cli.common import database_file, err, is_there
from khosq.settings import Settings


@contextmanager
def open_or_make(chosen: Settings, *, quietly: bool) -> Iterator[Core]:
    """Open the database, made now if there is none; a person is told of that, for it may be the wrong folder."""
    file = database_file(chosen)
    is_new = file is not None and not is_there(file)
    with open_core(chosen) as core:
        yield core
    if file is not None and is_new and not quietly:
        err.print(f"There was no khosq database in {file.parent}; it was made now.", style="yellow", highlight=False)
