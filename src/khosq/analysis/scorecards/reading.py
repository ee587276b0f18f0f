"""Scorecards as YAML and JSON; what is wrong with one is said in a sentence that names the place."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from khosq.analysis.scorecards.definition import Scorecard
from khosq.errors import Invalid

LARGEST_FILE = 128 * 1024
"""Bytes."""
_DEEPEST = 20
"""Levels of nesting; a scorecard has six."""
_MOST_FAULTS = 20

_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "missing_argument": "is missing",
    "unexpected_keyword_argument": "is unknown",
    "string_type": "must be text; put it in quotation marks",
    "string_unicode": "must be text",
    "string_too_short": "may not be empty",
    "string_too_long": "may have {max_length} characters at most",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "too_long": "may have {max_length} at most",
    "dataclass_type": "must be a group of named fields",
    "value_error": "{error}",
}
"""By kind of fault, as pydantic names them."""


class BadScorecard(Invalid):
    """The scorecard is not valid."""

    def __init__(self, message: str | None = None, *, faults: Sequence[tuple[tuple[str | int, ...], str]] = ()) -> None:
        super().__init__(message or "; ".join(f"{_named(place)} {sentence}" for place, sentence in faults))
        self.faults = tuple(faults)
        """Where, as names and places in lists, and what is wrong there."""


def read_scorecard(written: bytes) -> Scorecard:
    """Return a scorecard that was written as YAML or JSON.

    Raises:
        Invalid: it is neither, or no scorecard; says where and why.

    """
    if len(written) > LARGEST_FILE:
        raise Invalid(f"A scorecard's file has at most {LARGEST_FILE // 1024} KiB.")
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("A scorecard's file is text in UTF-8.") from error
    return checked_scorecard(_from_json(text) if text.lstrip().startswith("{") else _from_yaml(text))


def checked_scorecard(value: Any) -> Scorecard:
    """Return plain lists, dicts and scalars as a scorecard.

    Raises:
        BadScorecard: they are none.

    """
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
        raise BadScorecard(faults=[(fault["loc"], _sentence(fault)) for fault in faults]) from error


def plain_scorecard(scorecard: Scorecard) -> dict[str, Any]:
    """Return a scorecard as lists, dicts and scalars, without what is by default."""
    plain: dict[str, Any] = _plain(scorecard)
    return plain


def write_yaml(scorecard: Scorecard) -> str:
    """Return a scorecard as YAML; reading it gives the same scorecard."""
    return yaml.safe_dump(plain_scorecard(scorecard), allow_unicode=True, sort_keys=False, width=120)


_ADAPTER = TypeAdapter(Scorecard)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if getattr(value, one.name) != one.default
        }
    return value


def _named(place: Sequence[str | int]) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{name.lstrip('.')}:" if name else "The scorecard"


def _sentence(fault: Mapping[str, Any]) -> str:
    sentence = _SENTENCES.get(fault["type"])
    return fault["msg"] if sentence is None else sentence.format_map(fault.get("ctx", {}))


# --- JSON


def _from_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except RecursionError as error:
        raise Invalid("The scorecard is nested too deeply.") from error
    except ValueError as error:
        raise Invalid(f"The scorecard is not valid JSON: {error}.") from error


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid(f"The scorecard names a field twice in one group: {', '.join(found)}.")
    return found


# --- YAML


class _Loader(yaml.SafeLoader):
    """Makes plain values only, and as many as are written.

    Numbers, true, false and null are told from text as YAML 1.2 does: no, 12:30, 0800 and 2030-01-01 are text.
    """

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse what makes little text into much, or into more than plain values, before any of it is made."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Invalid(f"A scorecard has no anchors and aliases (line {line}).")
        if getattr(event, "tag", None) not in {None, "!"}:
            raise Invalid(f"A scorecard has no tags (line {line}).")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Invalid(f"The scorecard is nested too deeply (line {line}).")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - as it is called
        """Refuse a name that comes twice: which of the two is meant nobody knows."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, "a name stands here a second time, or is no text", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"(~|null|)", ["~", "n", ""]),
    ("bool", r"(true|false)", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]{0,15})", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]{0,15})\.[0-9]{1,15}", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern + r"\Z"), _first)


def _from_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, narrowed
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise Invalid(f"The scorecard is not valid YAML{where}: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise Invalid(f"The scorecard is not valid YAML: {str(error).partition(chr(10))[0]}.") from error
