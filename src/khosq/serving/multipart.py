"""Forms with files in them, read as they come: a file is stored while it arrives, and never held in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from khosq.errors import Invalid, TooLarge, UnsupportedMedia
from khosq.serving.bodies import media_chunks

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_PARTS = 1000
LARGEST_FIELD = 1024 * 1024
"""Bytes of one part that is no file, and of all of them together."""

_LONGEST_BOUNDARY = 70  # RFC 2046 (5.1.1)

T = TypeVar("T")

Store = Callable[[str, AsyncIterator[bytes]], Awaitable[T]]
"""Stores a file, given its name and its bytes as they come."""


@dataclass
class Form(Generic[T]):
    """What a form holds."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    """Values by name, in order."""
    files: dict[str, tuple[str, T]] = field(default_factory=dict)
    """File name, and what storing it returned, by the field's name."""

    def value(self, name: str) -> str | None:
        """Return the last value of a field, None where it is absent."""
        return self.fields[name][-1] if self.fields.get(name) else None


async def read_form(
    request: Request,
    store: Store[T],
    *,
    files: frozenset[str],
    patience: float,
    discard: Callable[[T], Awaitable[None]],
) -> Form[T]:
    """Read a multipart form.

    Args:
        request: it carries the form.
        store: is given each file as it comes.
        files: names of the fields that are files; each may come once, files under other names are skipped.
        patience: seconds; see ``serving.bodies.media_chunks``.
        discard: is given what was stored if the form breaks after that.

    Raises:
        UnsupportedMedia: it is no multipart form.
        Invalid: it is a broken one.
        TooLarge: its fields have more than a megabyte.
        TooSlow: see ``media_chunks``.

    """
    form: Form[T] = Form()
    budget = LARGEST_FIELD
    try:
        async with (
            aclosing(media_chunks(request, patience=patience)) as chunks,
            aclosing(_events(chunks, _boundary(request))) as events,
        ):
            async for kind, data in events:
                if kind is not _Event.PART:
                    continue
                name, filename = _names(data)
                if name in files:
                    _require_first(name, form)
                    form.files[name] = (filename or "", await store(filename or "", _data(events)))
                elif filename is None:
                    value = await _value(events, budget)
                    budget -= len(value)
                    form.fields.setdefault(name, []).append(_text(value))
    except BaseException:
        for _, stored in form.files.values():
            await discard(stored)
        raise
    return form


def _require_first(name: str, form: Form[T]) -> None:
    if name in form.files:
        raise Invalid(f"The form has more than one {name}.", field=name)


class _Event(Enum):
    PART = "part"
    """Carries its Content-Disposition."""
    DATA = "data"
    END = "end"


Events = AsyncGenerator[tuple[_Event, bytes], None]


class _Listener:
    """Hears what the parser finds."""

    def __init__(self) -> None:
        self.found: list[tuple[_Event, bytes]] = []
        self._name, self._value = b"", b""
        self._disposition = b""
        self.parts = 0
        self.is_complete = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_header_field": self._hear_name,
            "on_header_value": self._hear_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self.found.append((_Event.DATA, data[start:end])),
            "on_part_end": lambda: self.found.append((_Event.END, b"")),
            "on_end": self._end,
        }

    def _hear_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _hear_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def _end_headers(self) -> None:
        self.parts += 1
        self.found.append((_Event.PART, self._disposition))
        self._disposition = b""

    def _end(self) -> None:
        self.is_complete = True


async def _events(chunks: AsyncIterator[bytes], boundary: bytes) -> Events:
    listener = _Listener()
    parser = MultipartParser(boundary, listener.callbacks())
    async for chunk in chunks:
        try:
            parser.write(chunk)
        except MultipartParseError as error:
            raise Invalid("The form is broken: it does not hold to its boundary.") from error
        if listener.parts > MOST_PARTS:
            raise TooLarge(f"The form has more than {MOST_PARTS} parts.")
        found, listener.found = listener.found, []
        for event in found:
            yield event
    if not listener.is_complete:
        raise Invalid("The form ends before its last boundary.")


async def _data(events: Events) -> AsyncGenerator[bytes, None]:
    """Yield the data of the part whose head was just read."""
    async for kind, data in events:
        if kind is _Event.END:
            return
        yield data


async def _value(events: Events, most: int) -> bytes:
    value = bytearray()
    async for piece in _data(events):
        value += piece
        if len(value) > most:
            raise TooLarge(f"The form's fields have more than {LARGEST_FIELD} bytes.")
    return bytes(value)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise UnsupportedMedia("Send a form: multipart/form-data with its boundary.")
    if len(boundary) > _LONGEST_BOUNDARY:
        raise Invalid("The form's boundary is too long.")
    return boundary


def _names(disposition: bytes) -> tuple[str, str | None]:
    """Return the field's name, and the file's if there is one."""
    kind, options = parse_options_header(disposition)
    if kind != b"form-data" or b"name" not in options:
        raise Invalid("A part of the form has no name.")
    filename = options.get(b"filename")
    return _text(options[b"name"]), None if filename is None else _text(filename)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Invalid("A field of the form is not UTF-8.") from error
