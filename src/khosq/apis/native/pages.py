"""Where one page of a list ends and the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from khosq.apis.native.wire.model import Paged
from khosq.errors import Invalid
from khosq.identifiers import is_name
from khosq.serving.paging import read_cursor, write_cursor


class Listed(Protocol):
    """Something that is listed, newest first."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        ...


L = TypeVar("L", bound=Listed)

_YEARS = range(1970, 9000)


def read_page(
    asked: Paged, find: Callable[[tuple[datetime, str] | None, int], Sequence[L]]
) -> tuple[list[L], str | None]:
    """Return one page, and the cursor of the next if there is one.

    Args:
        asked: which page.
        find: returns so many things after the one that was made then and has that id; None: from the newest on.

    """
    after = read_cursor(asked.cursor or "")
    if after is not None and (after[0].year not in _YEARS or not is_name(after[1])):
        raise Invalid("The cursor is not one that was given here.", field="cursor")
    found = find(after, asked.limit + 1)
    page = list(found[: asked.limit])
    is_more = len(found) > asked.limit
    return page, write_cursor(page[-1].created_at, page[-1].id) if is_more else None
