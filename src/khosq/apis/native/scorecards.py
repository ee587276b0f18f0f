"""Scorecards: written, revised, published, archived; and how far people agree with what comes of them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import scoring_operations as operations
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import PRIVATE, answer, attachment
from khosq.apis.native.errors import ManyFaults
from khosq.apis.native.faults import pointer
from khosq.apis.native.pages import read_page
from khosq.apis.native.reading import read_query
from khosq.apis.native.scoring_words import from_calibration, from_evaluation, from_revision, from_scorecard
from khosq.apis.native.wire import scorecards as wire
from khosq.apis.native.wire.problem import Fault
from khosq.errors import NotFound
from khosq.scorecards.scorecard import ScorecardRevision
from khosq.scorecards.written import LARGEST_FILE, BadScorecard, Scorecard, read_scorecard, write_yaml
from khosq.serving.bodies import read_body
from khosq.tenants.api_keys import Caller

_LONGEST_NUMBER = 6


class Scorecards:
    """What can be asked of scorecards."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk
        self._scorecards = access.desk.scorecards

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add, one = router.add_api_route, f"{BASE}/scorecards/{{scorecard_id}}"
        add(f"{BASE}/scorecards", self.create, methods=["POST"], **operations.CREATE_SCORECARD)
        add(f"{BASE}/scorecards", self.every, methods=["GET"], **operations.LIST_SCORECARDS)
        add(one, self.get, methods=["GET"], **operations.GET_SCORECARD)
        add(one, self.change, methods=["PUT"], **operations.CHANGE_SCORECARD)
        add(one, self.delete, methods=["DELETE"], **operations.DELETE_SCORECARD)
        add(f"{one}/archive", self.archive, methods=["POST"], **operations.ARCHIVE_SCORECARD)
        add(f"{one}/yaml", self.export, methods=["GET"], **operations.EXPORT_SCORECARD)
        add(f"{one}/revisions", self.revisions, methods=["GET"], **operations.LIST_REVISIONS)
        add(f"{one}/revisions/{{number}}", self.revision, methods=["GET"], **operations.GET_REVISION)
        add(f"{one}/revisions/{{number}}/publish", self.publish, methods=["POST"], **operations.PUBLISH_REVISION)
        add(f"{one}/evaluations", self.evaluations, methods=["GET"], **operations.LIST_EVALUATIONS)
        add(f"{one}/calibration", self.calibration, methods=["GET"], **operations.GET_CALIBRATION)

    async def create(self, request: Request) -> Response:
        """Keep a new scorecard."""
        caller, asked, definition = await self._written(request)
        made = await run_in_threadpool(
            lambda: self._scorecards.create(caller.tenant_id, definition, publish=asked.publish, by=caller.key_id)
        )
        return answer(from_revision(made), 201, headers={"location": f"{BASE}/scorecards/{made.scorecard_id}"})

    async def every(self, request: Request) -> Response:
        """Return one page of scorecards."""
        asked = read_query(request, wire.ScorecardsQuery)
        page, cursor = await self._access.look(
            request,
            "read",
            lambda caller: read_page(
                asked,
                lambda after, limit: self._scorecards.all(
                    caller.tenant_id, limit=limit, after=after, with_archived=asked.archived
                ),
            ),
        )
        return answer(wire.ScorecardPage(data=[from_scorecard(one) for one in page], next_cursor=cursor))

    async def get(self, request: Request) -> Response:
        """Return a scorecard."""
        name = _id(request)
        found = await self._access.look(request, "read", lambda caller: self._scorecards.find(caller.tenant_id, name))
        return answer(from_scorecard(found))

    async def change(self, request: Request) -> Response:
        """Change what a scorecard asks."""
        caller, asked, definition = await self._written(request)
        name = _id(request)
        made = await run_in_threadpool(
            lambda: self._scorecards.change(caller.tenant_id, name, definition, publish=asked.publish, by=caller.key_id)
        )
        return answer(from_revision(made))

    async def delete(self, request: Request) -> Response:
        """Remove a scorecard that nobody asked for."""
        name = _id(request)
        await self._access.act(request, "write", lambda caller: self._scorecards.remove(caller.tenant_id, name))
        return Response(status_code=204)

    async def archive(self, request: Request) -> Response:
        """Let a scorecard score nothing any more."""
        name = _id(request)
        kept = await self._access.act(request, "write", lambda caller: self._scorecards.archive(caller.tenant_id, name))
        return answer(from_scorecard(kept))

    async def export(self, request: Request) -> Response:
        """Return a revision as YAML."""
        asked = read_query(request, wire.RevisionQuery)
        found = await self._find(request, asked.revision)
        headers = {"content-disposition": attachment(f"{found.definition.name[:100]}.yaml"), **PRIVATE}
        headers["x-content-type-options"] = "nosniff"
        return Response(write_yaml(found.definition).encode(), media_type="application/yaml", headers=headers)

    async def revisions(self, request: Request) -> Response:
        """Return every revision."""
        name = _id(request)
        found = await self._access.look(
            request, "read", lambda caller: self._scorecards.revisions(caller.tenant_id, name)
        )
        return answer(wire.ScorecardRevisions(data=[from_revision(one) for one in found]))

    async def revision(self, request: Request) -> Response:
        """Return one revision."""
        return answer(from_revision(await self._find(request, _number(request))))

    async def publish(self, request: Request) -> Response:
        """Let a revision score calls from now on."""
        name, number = _id(request), _number(request)
        made = await self._access.act(
            request, "write", lambda caller: self._scorecards.publish(caller.tenant_id, name, number)
        )
        return answer(from_revision(made))

    async def evaluations(self, request: Request) -> Response:
        """Return one page of what came of a scorecard."""
        asked, name = read_query(request, wire.EvaluationsQuery), _id(request)

        def find(caller: Caller) -> wire.EvaluationPage:
            kept = self._scorecards.find(caller.tenant_id, name)
            page, cursor = read_page(
                asked,
                lambda after, limit: self._scorecards.reviews.of_scorecard(
                    kept.id, limit=limit, after=after, is_disputed=asked.disputed
                ),
            )
            return wire.EvaluationPage(data=[from_evaluation(one) for one in page], next_cursor=cursor)

        return answer(await self._access.act(request, "read", find))

    async def calibration(self, request: Request) -> Response:
        """Return how far machine and people agree."""
        asked, name = read_query(request, wire.RevisionQuery), _id(request)

        def find(caller: Caller) -> wire.Calibration:
            kept = self._scorecards.find(caller.tenant_id, name)
            return from_calibration(self._scorecards.reviews.calibration(kept.id, revision=asked.revision))

        return answer(await self._access.act(request, "read", find))

    async def _find(self, request: Request, number: int | None) -> ScorecardRevision:
        name = _id(request)
        return await self._access.look(
            request, "read", lambda caller: self._scorecards.revision(caller.tenant_id, name, number)
        )

    async def _written(self, request: Request) -> tuple[Caller, wire.PublishQuery, Scorecard]:
        """Return who writes, what is asked for, and the scorecard in the body."""
        caller = await self._access.admit(request, "write")
        asked = read_query(request, wire.PublishQuery)
        body = await read_body(request, limit=LARGEST_FILE, timeout=self._desk.body_timeout)
        try:
            return caller, asked, await run_in_threadpool(read_scorecard, body)
        except BadScorecard as error:
            faults = [Fault(pointer=pointer(*place), detail=sentence) for place, sentence in error.faults]
            raise ManyFaults(faults=faults) from error


def _id(request: Request) -> str:
    return str(request.path_params["scorecard_id"])


def _number(request: Request) -> int:
    given = str(request.path_params["number"])
    if not (given.isascii() and given.isdecimal() and len(given) <= _LONGEST_NUMBER):
        raise NotFound
    return int(given)
