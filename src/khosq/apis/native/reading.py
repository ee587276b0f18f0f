"""Bodies and parameters, checked: every fault is named at once."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from khosq.apis.native.errors import ManyFaults
from khosq.apis.native.faults import faults_of
from khosq.errors import Invalid
from khosq.serving.bodies import JSON_LIMIT, parse_json, read_body

M = TypeVar("M", bound=BaseModel)


async def read_model(request: Request, model: type[M], *, timeout: float, limit: int = JSON_LIMIT) -> M:  # noqa: ASYNC109 - becomes a 408
    """Return the body, checked; no body is an empty object.

    Raises:
        Invalid: it is not JSON, or not such an object.
        TooLarge: it has more than ``limit`` bytes.
        TooSlow: it did not come in time.

    """
    body = await read_body(request, limit=limit, timeout=timeout)
    return await run_in_threadpool(parse_model, body, model)


def parse_model(body: bytes, model: type[M], *, name: str | None = None) -> M:
    """Return a JSON text as ``model``, checked; nothing is an empty object.

    Args:
        body: the text.
        model: what it should be.
        name: of the form's field that it is; None: it is the body.

    """
    try:
        return validated(model, parse_json(body) if body else {})
    except ManyFaults:
        raise
    except Invalid as error:
        if name is None:
            raise
        raise Invalid(error.message.replace("The body", f"The field {name}", 1), field=name) from error


def read_query(request: Request, model: type[M]) -> M:
    """Return the parameters of an address, checked; only lists may be given more than once.

    Raises:
        Invalid: one is unknown, cannot be accepted, or came twice.

    """
    lists = {
        field.alias or name for name, field in model.model_fields.items() if typing.get_origin(field.annotation) is list
    }
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Invalid(f"The parameter {name} came more than once.", field=name)
        else:
            given[name] = value
    return validated(model, given)


def validated(model: type[M], value: Any) -> M:
    """Return ``value`` as ``model``.

    Raises:
        ManyFaults: it is no such thing.

    """
    if not isinstance(value, Mapping):
        raise Invalid("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ManyFaults(faults=faults_of(error, model)) from error
