"""Pages of a list, newest first: where one ended, the next begins."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from khosq.errors import Invalid


def write_cursor(moment: datetime, name: str) -> str:
    """Return a word that stands for the last thing on a page: when it was made, and its id."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{name}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """Return what ``write_cursor`` was given; None for an empty text.

    Raises:
        Invalid: it is no such word.

    """
    if not text:
        return None
    try:
        written = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        moment, mark, name = written.partition("|")
        read = datetime.fromisoformat(moment)
        is_whole = bool(mark) and read.tzinfo is not None and name.isprintable()
        read = read.astimezone(UTC)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Invalid("The cursor is not one that was given here.", field="cursor") from error
    if not is_whole:
        raise Invalid("The cursor is not one that was given here.", field="cursor")
    return read, name
