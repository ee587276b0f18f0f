"""Endpoints that are told of events, and the log of what they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.native import description
from khosq.apis.native.access import BASE, DOOR, Access
from khosq.apis.native.answers import NO_STORE, answer
from khosq.apis.native.errors import ManyFaults
from khosq.apis.native.mapping import from_delivery, from_endpoint, with_attempts, with_secret
from khosq.apis.native.reading import parse_model, read_model, read_query
from khosq.apis.native.submitting import read_once
from khosq.apis.native.wire import webhooks as wire
from khosq.apis.native.wire.problem import Fault
from khosq.delivery.endpoint import Endpoint
from khosq.delivery.standard_webhooks import check_secret, new_secret
from khosq.errors import AddressRefused, Invalid, NotFound
from khosq.identifiers import is_id
from khosq.serving.bodies import JSON_LIMIT, read_body
from khosq.tenants.api_keys import Caller
from khosq.tenants.tenant import Scope


class Webhooks:
    """What can be asked of endpoints and deliveries."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk
        self._endpoints = access.desk.endpoints

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        add, one = router.add_api_route, f"{BASE}/endpoints/{{endpoint_id}}"
        add(f"{BASE}/endpoints", self.create, methods=["POST"], **description.CREATE_ENDPOINT)
        add(f"{BASE}/endpoints", self.every, methods=["GET"], **description.LIST_ENDPOINTS)
        add(one, self.get, methods=["GET"], **description.GET_ENDPOINT)
        add(one, self.change, methods=["PATCH"], **description.CHANGE_ENDPOINT)
        add(one, self.delete, methods=["DELETE"], **description.DELETE_ENDPOINT)
        add(f"{one}/rotate", self.rotate, methods=["POST"], **description.ROTATE_SECRET)
        add(f"{one}/pause", self.pause, methods=["POST"], **description.PAUSE_ENDPOINT)
        add(f"{one}/resume", self.resume, methods=["POST"], **description.RESUME_ENDPOINT)
        add(f"{BASE}/deliveries", self.deliveries, methods=["GET"], **description.LIST_DELIVERIES)
        sent = f"{BASE}/deliveries/{{delivery_id}}"
        add(sent, self.delivery, methods=["GET"], **description.GET_DELIVERY)
        add(f"{sent}/replay", self.replay, methods=["POST"], **description.REPLAY_DELIVERY)

    async def create(self, request: Request) -> Response:
        """Add an endpoint and show its secret."""
        caller = await self._access.admit(request, "write")
        body = await read_body(request, limit=JSON_LIMIT, timeout=self._desk.body_timeout)

        def create() -> Endpoint:
            asked = parse_model(body, wire.CreateEndpoint)
            self._check(asked.url, asked.headers)
            return self._endpoints.create(
                caller.tenant_id,
                DOOR,
                asked.url,
                _secret(asked.secret),
                events=asked.events,
                headers=asked.headers,
                description=asked.description,
                once=read_once(request, body),
            )

        made = await run_in_threadpool(create)
        headers = {"location": f"{BASE}/endpoints/{made.id}", **NO_STORE}
        return answer(with_secret(made), 201, headers=headers)

    async def every(self, request: Request) -> Response:
        """Return every endpoint."""
        found = await self._access.act(request, "read", lambda caller: self._endpoints.all(caller.tenant_id, door=DOOR))
        return answer(wire.Endpoints(data=[from_endpoint(one) for one in found]))

    async def get(self, request: Request) -> Response:
        """Return an endpoint."""
        return await self._with(request, "read", lambda endpoint: endpoint)

    async def change(self, request: Request) -> Response:
        """Change an endpoint."""
        await self._access.admit(request, "write")
        asked = await read_model(request, wire.ChangeEndpoint, timeout=self._desk.body_timeout)
        changes = {name: getattr(asked, name) for name in asked.model_fields_set}

        def change(endpoint: Endpoint) -> Endpoint:
            self._check(changes.get("url", endpoint.url), changes.get("headers", endpoint.headers))
            return self._endpoints.change(endpoint.tenant_id, endpoint.id, **changes)

        return await self._with(request, "write", change)

    async def delete(self, request: Request) -> Response:
        """Remove an endpoint."""

        def delete(endpoint: Endpoint) -> Endpoint:
            self._endpoints.remove(endpoint.tenant_id, endpoint.id)
            return endpoint

        await self._with(request, "write", delete)
        return Response(status_code=204)

    async def rotate(self, request: Request) -> Response:
        """Give an endpoint another secret and show it."""
        caller = await self._access.admit(request, "write")
        asked = await read_model(request, wire.RotateSecret, timeout=self._desk.body_timeout)
        endpoint_id, overlap = str(request.path_params["endpoint_id"]), timedelta(seconds=asked.overlap_seconds)

        def rotate() -> Endpoint:
            found = self._find(caller, endpoint_id)
            return self._endpoints.rotate(caller.tenant_id, found.id, _secret(asked.secret), overlap=overlap)

        return answer(with_secret(await run_in_threadpool(rotate)), headers=NO_STORE)

    async def pause(self, request: Request) -> Response:
        """Send an endpoint nothing for a while."""
        return await self._with(request, "write", lambda one: self._endpoints.pause(one.tenant_id, one.id))

    async def resume(self, request: Request) -> Response:
        """Send an endpoint events again."""
        return await self._with(request, "write", lambda one: self._endpoints.resume(one.tenant_id, one.id))

    async def deliveries(self, request: Request) -> Response:
        """Return one page of deliveries."""
        asked = read_query(request, wire.DeliveriesQuery)
        if asked.cursor is not None and not is_id(asked.cursor):
            raise Invalid("The cursor is not one that was given here.", field="cursor")

        def find(caller: Caller) -> wire.DeliveryPage:
            found = self._endpoints.deliveries(
                caller.tenant_id,
                limit=asked.limit + 1,
                after=asked.cursor,
                endpoint_id=asked.endpoint_id,
                state=asked.state,
                job_id=asked.job_id,
            )
            page = found[: asked.limit]
            cursor = page[-1].id if len(found) > len(page) else None
            return wire.DeliveryPage(data=[from_delivery(one) for one in page], next_cursor=cursor)

        return answer(await self._access.act(request, "read", find))

    async def delivery(self, request: Request) -> Response:
        """Return a delivery and every try at it."""
        delivery_id = str(request.path_params["delivery_id"])
        found, attempts = await self._access.act(
            request, "read", lambda caller: self._endpoints.delivery(caller.tenant_id, delivery_id)
        )
        return answer(with_attempts(found, attempts))

    async def replay(self, request: Request) -> Response:
        """Deliver once more."""
        delivery_id = str(request.path_params["delivery_id"])
        again = await self._access.act(
            request, "write", lambda caller: self._endpoints.replay(caller.tenant_id, delivery_id)
        )
        headers = {"location": f"{BASE}/deliveries/{again.id}"}
        return answer(from_delivery(again), 202, headers=headers)

    async def _with(self, request: Request, scope: Scope, act: Any) -> Response:
        """Return an endpoint after ``act`` was done to it."""
        endpoint_id = str(request.path_params["endpoint_id"])
        return answer(
            from_endpoint(await self._access.act(request, scope, lambda one: act(self._find(one, endpoint_id))))
        )

    def _find(self, caller: Caller, endpoint_id: str) -> Endpoint:
        found = self._endpoints.find(caller.tenant_id, endpoint_id)
        if found.door != DOOR or found.job_id is not None:
            raise NotFound
        return found

    def _check(self, url: str, headers: dict[str, str]) -> None:
        try:
            self._endpoints.check(url, headers)
        except AddressRefused as error:
            raise ManyFaults(faults=[Fault(pointer="/url", detail=error.message)]) from error
        except Invalid as error:
            raise ManyFaults(faults=[Fault(pointer="/headers", detail=error.message)]) from error


def _secret(given: str | None) -> str:
    if given is None:
        return new_secret()
    check_secret(given)
    return given
