"""What every body has in common."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")

_YEARS = range(1970, 9000)


def _is_plausible(moment: date) -> date:
    if moment.year not in _YEARS:
        raise ValueError(f"the year must be from {_YEARS.start} to {_YEARS.stop - 1}")
    return moment


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_is_plausible)]
"""RFC 3339, with its zone."""
Day = Annotated[date, AfterValidator(_is_plausible)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
"""Of a thing that was made here."""


class Request(BaseModel):
    """What a caller sends: nothing is guessed, and nothing that is not known is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Query(BaseModel):
    """What a caller asks for in an address: everything comes as text there."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)


def _all_required(schema: dict[str, Any]) -> None:
    schema["required"] = list(schema["properties"])


class Answer(BaseModel):
    """What we send: every field is always there, null where it is not known."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=_all_required)


class Page(Answer, Generic[T]):
    """One page of a list, newest first."""

    data: list[T]
    next_cursor: str | None = None
    """Give it as `cursor` to get the next page; null on the last one."""


class Paged(Query):
    """Which page of a list."""

    cursor: str | None = None
    """`next_cursor` of the page before."""
    limit: int = Field(default=20, ge=1, le=100)
    """How many a page holds at most."""
