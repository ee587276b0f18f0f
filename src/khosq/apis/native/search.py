"""Calls found by what was said in them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import answer
from khosq.apis.native.description import in_query, operation
from khosq.apis.native.reading import read_query
from khosq.apis.native.wire import search as wire
from khosq.search.highlights import Snippet
from khosq.search.search import Hit, read_place, write_place
from khosq.search.speech import Party
from khosq.search.store import Narrowed

_FOUND: dict[str, Any] = {
    "data": [
        {
            "job_id": "b1T2c3D4e5F6g7H8i9J0",
            "created_at": "2030-01-31T09:00:00Z",
            "language": "en-US",
            "agent": "Ann",
            "filename": "call.mp3",
            "duration": 182.4,
            "score": 1.2041,
            "snippets": [
                {
                    "utterance": 4,
                    "speaker": 2,
                    "start": 12.4,
                    "end": 15.1,
                    "parts": [
                        {"text": "I would like a", "match": False},
                        {"text": "refund,", "match": True},
                        {"text": "please.", "match": False},
                    ],
                }
            ],
        }
    ],
    "next_cursor": None,
}

SEARCH = operation(
    "search", "Find calls by what was said", "search",
    description="In the finished jobs of every API. Any text is a query; one without words finds nothing. For example "
    '`?q=refund`, `?q="call me back" -tomorrow&language=en`, `?q=cancel* OR terminate&speaker=customer&'
    "from=2030-01-01T00:00:00Z`. One search tells of 1000 calls at most; calls that come in meanwhile do not change "
    "its later pages.",
    answer=wire.SearchResults, shown={"found": {"summary": "One call", "value": _FOUND}},
    meaning="One page.", parameters=in_query(wire.SearchQuery),
)  # fmt: skip


class Search:
    """What can be asked of what was said."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._search = access.desk.search

    def add_to(self, router: APIRouter) -> None:
        """Serve it."""
        router.add_api_route(f"{BASE}/search", self.find, methods=["GET"], **SEARCH)

    async def find(self, request: Request) -> Response:
        """Return one page of what was found."""
        asked = read_query(request, wire.SearchQuery)
        place = read_place(asked.cursor or "")
        narrowed = Narrowed(
            language=asked.language,
            agent_name=asked.agent,
            begun_from=asked.begun_from,
            begun_before=asked.begun_before,
            party=None if asked.speaker is None else Party(asked.speaker),
        )
        hits, following = await self._access.act(
            request,
            "read",
            lambda caller: self._search.find(caller.tenant_id, asked.q, narrowed, limit=asked.limit, place=place),
        )
        cursor = None if following is None else write_place(following)
        return answer(wire.SearchResults(data=[_hit(hit) for hit in hits], next_cursor=cursor))


def _hit(hit: Hit) -> wire.SearchHit:
    return wire.SearchHit(
        job_id=hit.job.id,
        created_at=hit.job.created_at,
        language=hit.language,
        agent=hit.agent_name,
        filename=hit.job.filename or None,
        duration=hit.job.duration,
        score=hit.score,
        snippets=[_snippet(one) for one in hit.snippets],
    )


def _snippet(found: Snippet) -> wire.Snippet:
    return wire.Snippet(
        utterance=found.utterance,
        speaker=None if found.speaker is None else found.speaker + 1,
        start=found.time.start,
        end=found.time.end,
        parts=[wire.SnippetPart(text=part.text, match=part.is_match) for part in found.parts],
    )
