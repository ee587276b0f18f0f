"""Reading what a client sends: bounded in size, depth and time."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncGenerator
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request

from khosq.errors import Invalid, TooLarge, TooSlow

JSON_LIMIT = 1024**2
"""Bytes of a JSON body."""
DEEPEST = 64
"""Levels of a JSON body; clients' data has a handful, parsers break near a thousand."""
LONGEST_NUMBER = 4300
"""Digits of an integer; Python itself refuses to print more."""
SLOWEST = 1000
"""Bytes per second below which a media body counts as stalled."""


def check_declared_size(request: Request, limit: int | None) -> None:
    """Refuse a body that says it is too large, before any of it is read.

    Raises:
        TooLarge: it says it has more than ``limit`` bytes.

    """
    declared = request.headers.get("content-length", "")
    if limit is not None and declared.isdecimal() and int(declared[:20]) > limit:
        raise TooLarge(f"The body is larger than the {limit} bytes that are accepted.")


async def read_body(request: Request, *, limit: int, timeout: float) -> bytes:  # noqa: ASYNC109 - becomes a 408 here
    """Return the whole body.

    Raises:
        TooLarge: it has, or says it has, more than ``limit`` bytes.
        TooSlow: it was not complete after ``timeout`` seconds.

    """
    check_declared_size(request, limit)
    body = bytearray()
    try:
        async with asyncio.timeout(timeout):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise TooLarge(f"The body is larger than the {limit} bytes that are accepted.")
    except TimeoutError as late:
        raise TooSlow from late
    return bytes(body)


async def read_json(request: Request, *, timeout: float, limit: int = JSON_LIMIT) -> Any:  # noqa: ASYNC109 - as above
    """Return the body as JSON.

    Raises:
        Invalid: it is not JSON, is nested too deeply, or holds numbers that no peer could read back.
        TooLarge: it has more than ``limit`` bytes.
        TooSlow: it was not complete after ``timeout`` seconds.

    """
    return parse_json(await read_body(request, limit=limit, timeout=timeout))


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text; numbers with a point or an exponent keep their digits.

    Raises:
        Invalid: see ``read_json``.

    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_decimal, parse_int=_int)
    except UnicodeDecodeError as error:
        raise Invalid("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise Invalid(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise Invalid(f"The body is nested more than {DEEPEST} levels deep.") from error
    _check_depth(value)
    return value


async def media_chunks(request: Request, *, patience: float) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes.

    Only waiting for the client counts: time that the disk takes is not held against it.

    Raises:
        TooSlow: fewer than 1 kB a second came for ``patience`` seconds.

    """
    stream = aiter(request.stream())
    waited, received = 0.0, 0
    while True:
        began = time.monotonic()
        try:
            async with asyncio.timeout(patience - waited):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as late:
            raise TooSlow from late
        waited, received = waited + time.monotonic() - began, received + len(chunk)
        if received >= SLOWEST * patience:
            waited, received = 0.0, 0
        yield chunk


def _refuse(constant: str) -> Any:
    raise Invalid(f"The body is not JSON: {constant} is not a JSON value.")


def _decimal(text: str) -> Decimal:
    if not math.isfinite(float(text)):
        raise Invalid("The body holds a number that is too large.")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Invalid("The body holds a number with too long an exponent.") from error


def _int(text: str) -> int:
    if len(text.removeprefix("-")) > LONGEST_NUMBER:
        raise Invalid(f"The body holds an integer of more than {LONGEST_NUMBER} digits.")
    return int(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for one in level if isinstance(one, dict | list) for child in _children(one)]
        if not level:
            return
    raise Invalid(f"The body is nested more than {DEEPEST} levels deep.")


def _children(value: dict[str, Any] | list[Any]) -> Any:
    return value.values() if isinstance(value, dict) else value
