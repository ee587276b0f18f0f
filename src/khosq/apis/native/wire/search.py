"""What was found in calls, as our API tells of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from khosq.apis.native.wire.model import Answer, Moment, Paged
from khosq.search.query import LONGEST_QUERY


class SearchQuery(Paged):
    """What is looked for, and where."""

    q: str = Field(max_length=LONGEST_QUERY)
    """Words that were said: `refund please` (both), `"call me back"` (in a row), `cancel*` (beginning so),
    `refund OR return` (one at least), `-later` (not said). Case, accents and ways of spelling do not matter."""
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{2,35}$")] | None = None
    """BCP 47 tag; `hy` stands for `hy-AM` too."""
    agent: str | None = Field(default=None, max_length=100)
    """As the job's metadata names the agent: in `agent`, `agent_id` or `agent_name`."""
    speaker: Literal["agent", "customer"] | None = None
    """Whose words; calls in which the agent is not known are left out."""
    begun_from: Moment | None = Field(default=None, alias="from")
    """Jobs made then or later."""
    begun_before: Moment | None = Field(default=None, alias="to")
    """Jobs made before."""


class SnippetPart(Answer):
    """Some words of a snippet."""

    text: str
    match: bool
    """They are what was looked for."""


class Snippet(Answer):
    """A stretch of one utterance in which something was found."""

    utterance: int
    """Place of the utterance in the transcript, from 0."""
    speaker: int | None = None
    """Number of the voice, as in the transcript."""
    start: float
    """Seconds since the recording began."""
    end: float
    parts: list[SnippetPart]
    """To be read one after another, with spaces between."""


class SearchHit(Answer):
    """A call in which something was found."""

    job_id: str
    created_at: AwareDatetime
    language: str
    agent: str | None = None
    filename: str | None = None
    duration: float | None = None
    score: float
    """How well it fits, in comparison with others of the same search."""
    snippets: list[Snippet]
    """Three at most, in the transcript's order."""


class SearchResults(Answer):
    """Calls, those that fit best first, of equals the newest."""

    data: list[SearchHit]
    next_cursor: str | None = None
    """Give it as `cursor` to get the next page; null on the last one."""
