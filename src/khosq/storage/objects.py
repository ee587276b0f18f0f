"""Objects of a bucket, sent in parts, and the errors of the library that sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError

from khosq.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2


class ObjectDraft:
    """An upload in parts."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        with translated():
            self._writer = obstore.open_writer(store, key, buffer_size=PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def write(self, data: bytes | bytearray) -> None:
        """Append to the object."""
        with translated():
            self._writer.write(data)

    def commit(self) -> None:
        """Let the object appear."""
        with translated():
            self._writer.close()

    def abandon(self) -> None:
        """Leave nothing behind, not even a blob that was just committed."""
        with translated():
            if self._writer.closed():
                obstore.delete(self._store, self._key)
            else:
                self._writer.__exit__(InterruptedError, None, None)  # the library's only way to abort the parts


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound from error
    except (BaseError, OSError) as error:
        raise Unavailable("The server cannot reach its object store now; try again later.") from error
