"""What is wrong with a body or an address, in sentences of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from khosq.apis.native.wire.problem import Fault

NO_SCORECARD = "There is no such scorecard."

_MOST = 100
"""That are told at once."""

_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "must be text in Unicode",
    "string_too_short": "must have {min_length} characters or more",
    "string_too_long": "may have {max_length} characters at most",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must have {min_length} or more",
    "too_long": "may have {max_length} at most",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "datetime_type": "must be a moment such as 2030-01-31T09:00:00Z",
    "datetime_parsing": "must be a moment such as 2030-01-31T09:00:00Z",
    "datetime_from_date_parsing": "must be a moment such as 2030-01-31T09:00:00Z",
    "timezone_aware": "must say its time zone, such as 2030-01-31T09:00:00Z",
    "date_type": "must be a day such as 2030-01-31",
    "date_parsing": "must be a day such as 2030-01-31",
    "date_from_datetime_parsing": "must be a day such as 2030-01-31",
    "date_from_datetime_inexact": "must be a day such as 2030-01-31",
    "value_error": "{error}",
}
"""By kind of fault, as pydantic names them."""


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Return what is wrong with what should have been ``model``, and where."""
    found = error.errors(include_url=False, include_input=False)[:_MOST]
    return [Fault(pointer=pointer(*fault["loc"]), detail=_sentence(fault, model)) for fault in found]


def pointer(*place: str | int) -> str:
    """Return a JSON pointer to a place in a body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _sentence(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown; known are {', '.join(_names(model, fault['loc'][:-1]))}"
    sentence = _SENTENCES.get(fault["type"])
    return fault["msg"] if sentence is None else sentence.format_map(fault.get("ctx", {}))


def _names(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the fields that there may be at a place in a body; a number is a place in a list of objects."""
    for part in place:
        if isinstance(part, str):
            (model,) = get_args(model.model_fields[part].annotation)
    return [field.alias or name for name, field in model.model_fields.items()]
