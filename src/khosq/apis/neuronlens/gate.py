"""What every request passes first: its key, its workspace's share of the minute, its scope, its body."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.errors import Forbidden, Invalid, RateLimited, Unauthorized
from khosq.jobs.submission import IdempotencyKey
from khosq.serving.answers import to_json
from khosq.serving.bodies import read_json
from khosq.serving.credentials import bearer
from khosq.serving.refusals import HEADERS
from khosq.tenants.api_keys import Caller
from khosq.tenants.rate_limits import Window

DOOR = "neuronlens"
REQUESTS_PER_MINUTE = 1000
"""Of one workspace, over all its keys and addresses."""

Fields = TypeVar("Fields", bound=BaseModel)


async def admit(desk: Desk, request: Request, *, writes: bool = False) -> Caller:
    """Return who is asking; from here on the answer, whatever it will be, says how much of the minute is left.

    Raises:
        Unauthorized: no key in force.
        RateLimited: the workspace has used up its minute.
        Forbidden: a Read-Only key may not write.

    """
    caller: Caller = await desk.briefly(partial(_admit, desk, request))
    if writes and caller.scope == "read":
        raise Forbidden("This API key is Read-Only: it may only GET.")
    return caller


async def meet(desk: Desk, request: Request) -> None:
    """Count a request that no route takes in its workspace's minute, if it belongs to one.

    Raises:
        RateLimited: the workspace has used up its minute.

    """
    with suppress(Unauthorized, Forbidden):  # what is not here is not here for anybody
        await admit(desk, request)


def _admit(desk: Desk, request: Request) -> Caller:
    caller = desk.api_keys.authenticate(bearer(request), scope="read", door=DOOR)
    try:
        window = desk.rate_limits.count(caller.tenant_id, DOOR, limit=REQUESTS_PER_MINUTE)
    except RateLimited as error:
        _tell(request, Window(REQUESTS_PER_MINUTE, 0, int(desk.clock().timestamp()) + error.retry_after))
        raise
    _tell(request, window)
    return caller


def _tell(request: Request, window: Window) -> None:
    request.scope.setdefault("state", {})[HEADERS] = {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.resets_at),
    }


async def read_object(desk: Desk, request: Request) -> dict[Any, Any]:
    """Return the body.

    Raises:
        Invalid: it is not a JSON object, or is not declared as JSON.
        TooLarge: it is longer than any JSON is here.
        TooSlow: it did not come in time.

    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("Content-Type must be application/json.")
    body = await read_json(request, timeout=desk.body_timeout)
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    return body


def read_once(request: Request, body: Mapping[Any, Any]) -> IdempotencyKey | None:
    """Return the request's idempotency key, if it has one; how a body is spaced does not matter."""
    key = request.headers.get("idempotency-key")
    return IdempotencyKey(key, to_json(body)) if key else None


def read_fields(kind: type[Fields], body: Mapping[Any, Any], faults: Mapping[str, str]) -> Fields:
    """Return the fields of a body, checked.

    Args:
        kind: what the body must be.
        body: as it came.
        faults: by field, the sentence that tells what it must be.

    Raises:
        Invalid: names the field that is missing or wrong.

    """
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_context=False, include_url=False)[0]
        field = str(fault["loc"][0])
        text = f"{field} is required." if fault["type"] == "missing" else faults.get(field, f"{field} is not valid.")
        raise Invalid(text, field=field) from error
