"""What came of scorecards in a job, and what people say to it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import scoring_operations as operations
from khosq.apis.native.access import BASE, Access
from khosq.apis.native.answers import answer
from khosq.apis.native.reading import read_model, read_query
from khosq.apis.native.scoring_words import from_evaluation
from khosq.apis.native.wire import scorecards as wire
from khosq.scorecards.review import KeptEvaluation, Reviewer
from khosq.tenants.api_keys import Caller


class Evaluations:
    """What can be asked of evaluations."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk
        self._reviews = access.desk.scorecards.reviews

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add, one = router.add_api_route, f"{BASE}/evaluations/{{evaluation_id}}"
        add(f"{BASE}/jobs/{{job_id}}/evaluations", self.of_job, methods=["GET"], **operations.LIST_JOB_EVALUATIONS)
        add(one, self.get, methods=["GET"], **operations.GET_EVALUATION)
        question = f"{one}/answers/{{question_id}}"
        add(question, self.override, methods=["PUT"], **operations.OVERRIDE_ANSWER)
        add(question, self.withdraw, methods=["DELETE"], **operations.WITHDRAW_ANSWER)
        add(f"{one}/confirm", self.confirm, methods=["POST"], **operations.CONFIRM_EVALUATION)
        add(f"{one}/dispute", self.dispute, methods=["POST"], **operations.DISPUTE_EVALUATION)
        add(f"{one}/resolve", self.resolve, methods=["POST"], **operations.RESOLVE_EVALUATION)

    async def of_job(self, request: Request) -> Response:
        """Return every evaluation of a job."""
        job_id = str(request.path_params["job_id"])

        def find(caller: Caller) -> list[KeptEvaluation]:
            return self._reviews.of_jobs([self._desk.lookup.job(caller.tenant_id, job_id).id])

        found = await self._access.act(request, "read", find)
        return answer(wire.Evaluations(data=[from_evaluation(one) for one in found]))

    async def get(self, request: Request) -> Response:
        """Return an evaluation."""
        name = _id(request)
        found = await self._access.act(request, "read", lambda caller: self._reviews.find(caller.tenant_id, name))
        return answer(from_evaluation(found))

    async def override(self, request: Request) -> Response:
        """Answer a question in the machine's place."""
        caller, name, question = await self._who(request), _id(request), str(request.path_params["question_id"])
        asked = await read_model(request, wire.OverrideAnswer, timeout=self._desk.body_timeout)
        by = Reviewer(caller.key_id, asked.reviewer)
        return await _shown(
            lambda: self._reviews.override(caller.tenant_id, name, question, asked.answer, why=asked.reason, by=by)
        )

    async def withdraw(self, request: Request) -> Response:
        """Take a person's answer back."""
        caller, name, question = await self._who(request), _id(request), str(request.path_params["question_id"])
        asked = read_query(request, wire.WithdrawQuery)
        by = Reviewer(caller.key_id, asked.reviewer)
        return await _shown(lambda: self._reviews.withdraw(caller.tenant_id, name, question, why=asked.reason, by=by))

    async def confirm(self, request: Request) -> Response:
        """Agree with the machine."""
        caller, name = await self._who(request), _id(request)
        asked = await read_model(request, wire.Confirm, timeout=self._desk.body_timeout)
        by = Reviewer(caller.key_id, asked.reviewer)
        return await _shown(lambda: self._reviews.confirm(caller.tenant_id, name, why=asked.text, by=by))

    async def dispute(self, request: Request) -> Response:
        """Disagree with an evaluation."""
        caller, name = await self._who(request), _id(request)
        asked = await read_model(request, wire.Why, timeout=self._desk.body_timeout)
        by = Reviewer(caller.key_id, asked.reviewer)
        return await _shown(lambda: self._reviews.dispute(caller.tenant_id, name, why=asked.text, by=by))

    async def resolve(self, request: Request) -> Response:
        """Settle a dispute."""
        caller, name = await self._who(request), _id(request)
        asked = await read_model(request, wire.Why, timeout=self._desk.body_timeout)
        by = Reviewer(caller.key_id, asked.reviewer)
        return await _shown(lambda: self._reviews.resolve(caller.tenant_id, name, why=asked.text, by=by))

    async def _who(self, request: Request) -> Caller:
        return await self._access.admit(request, "write")


async def _shown(act: Callable[[], KeptEvaluation]) -> Response:
    return answer(from_evaluation(await run_in_threadpool(act)))


def _id(request: Request) -> str:
    return str(request.path_params["evaluation_id"])
