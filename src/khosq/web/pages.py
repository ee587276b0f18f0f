"""The dashboard's URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from khosq.errors import Forbidden, Invalid, Unauthorized
from khosq.jobs.job import FINAL, Chosen, Job, JobState
from khosq.serving.addresses import base_url
from khosq.serving.bodies import read_body
from khosq.serving.paging import read_cursor, write_cursor
from khosq.tenants.api_keys import Caller
from khosq.web.answers import page
from khosq.web.assets import Assets
from khosq.web.desk import WebDesk
from khosq.web.sessions import LIFETIME, form_token, is_form_token, open_session, read_session
from khosq.web.views import view_job, view_recording

DOOR = "dashboard"
COOKIE = "khosq_session"
SEE_OTHER = 303
PER_PAGE = 50
FORM_LIMIT = 16 * 1024
FORM_TIMEOUT = 15

_RECORDING_PATH = re.compile(r"/recordings/[A-Za-z0-9_-]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has logged in."""

    caller: Caller
    form_token: str

    @property
    def may_change(self) -> bool:
        """Whether the key may do more than look."""
        return self.caller.scope != "read"


def build_router(desk: WebDesk) -> APIRouter:
    """Return the routes."""
    pages, router = _Pages(desk), APIRouter(include_in_schema=False)
    router.add_api_route("/", pages.home, methods=["GET"])
    router.add_api_route("/login", pages.login_form, methods=["GET"])
    router.add_api_route("/login", pages.login, methods=["POST"])
    router.add_api_route("/logout", pages.logout, methods=["POST"])
    router.add_api_route("/recordings/{job_id}", pages.recording, methods=["GET"])
    router.add_api_route("/recordings/{job_id}/cancel", pages.cancel, methods=["POST"])
    router.add_api_route("/fragments/recordings", pages.recordings_part, methods=["GET"])
    router.add_api_route("/fragments/recordings/{job_id}", pages.recording_part, methods=["GET"])
    router.add_api_route("/assets/{name}", Assets().serve, methods=["GET"])
    return router


class _Pages:
    def __init__(self, desk: WebDesk) -> None:
        self._desk = desk

    def home(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor is None:
            return page("login.html", fault=None, goal="/")
        return self._list(request, visitor, "recordings.html")

    def login_form(self, request: Request) -> Response:
        return page("login.html", fault=None, goal=_goal(request.query_params.get("next", "")))

    async def login(self, request: Request) -> Response:
        form = await self._form(request)
        goal = _goal(form.get("next", ""))
        try:
            token = await run_in_threadpool(self._open_session, form.get("key", "").strip())
        except Unauthorized:
            return page("login.html", status=401, fault="This key is not known here, or was revoked.", goal=goal)
        answer = RedirectResponse(goal, SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=base_url(request, self._desk.public_url).startswith("https:"),
        )
        return answer

    async def logout(self, request: Request) -> Response:
        await self._form(request)
        answer = RedirectResponse("/", SEE_OTHER)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    def recording(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor is None:
            return RedirectResponse(f"/login?next={_goal(request.url.path)}", SEE_OTHER)
        return self._show(request, visitor, "recording.html")

    async def cancel(self, request: Request) -> Response:
        form = await self._form(request)
        visitor = await run_in_threadpool(self._require_visitor, request)
        session = request.cookies[COOKIE]
        if not visitor.may_change or not is_form_token(self._desk.secret, session, form.get("token", "")):
            raise Forbidden
        job_id = request.path_params["job_id"]
        await run_in_threadpool(self._desk.lookup.cancel, visitor.caller.tenant_id, job_id)
        return RedirectResponse(f"/recordings/{job_id}", SEE_OTHER)

    def recordings_part(self, request: Request) -> Response:
        return self._list(request, self._require_visitor(request), "recordings_part.html")

    def recording_part(self, request: Request) -> Response:
        return self._show(request, self._require_visitor(request), "recording_part.html")

    def _list(self, request: Request, visitor: Visitor, template: str) -> Response:
        before = request.query_params.get("before", "")
        chosen = Chosen(visitor.caller.tenant_id)
        jobs = self._desk.lookup.jobs(chosen, limit=PER_PAGE + 1, after=read_cursor(before))
        shown = jobs[:PER_PAGE]
        older = write_cursor(shown[-1].created_at, shown[-1].id) if len(jobs) > PER_PAGE else None
        return page(
            template, jobs=[view_job(job) for job in shown], older=older, before=before, token=visitor.form_token
        )

    def _show(self, request: Request, visitor: Visitor, template: str) -> Response:
        job = self._desk.lookup.job(visitor.caller.tenant_id, request.path_params["job_id"])
        outcome = self._desk.lookup.outcome(job) if job.state is JobState.SUCCEEDED else None
        answer = page(
            template,
            recording=view_recording(job, outcome),
            can_cancel=visitor.may_change and job.state not in FINAL,
            token=visitor.form_token,
        )
        _mark_final(answer, job)
        return answer

    def _open_session(self, key: str) -> str:
        caller = self._desk.api_keys.authenticate(key, scope="read", door=DOOR)
        return open_session(self._desk.secret, caller.key_id, self._desk.clock())

    def _visitor(self, request: Request) -> Visitor | None:
        session = request.cookies.get(COOKIE, "")
        key_id = read_session(self._desk.secret, session, self._desk.clock())
        if key_id is None:
            return None
        try:
            caller = self._desk.api_keys.recall(key_id, scope="read", door=DOOR)
        except Unauthorized:
            return None
        return Visitor(caller, form_token(self._desk.secret, session))

    def _require_visitor(self, request: Request) -> Visitor:
        visitor = self._visitor(request)
        if visitor is None:
            raise Unauthorized("Your session has ended; log in again.")
        return visitor

    async def _form(self, request: Request) -> dict[str, str]:
        """Read a posted form; no other site's page may send one."""
        if not self._is_same_site(request):
            raise Forbidden("This form was sent from another site.")
        body = await read_body(request, limit=FORM_LIMIT, timeout=FORM_TIMEOUT)
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))

    def _is_same_site(self, request: Request) -> bool:
        fetch_site = request.headers.get("sec-fetch-site")
        if fetch_site is not None:
            return fetch_site in {"same-origin", "none"}
        origin = request.headers.get("origin")
        ours = {request.headers.get("host"), urlsplit(self._desk.public_url or "").netloc}
        return origin is None or origin.partition("://")[2] in ours


def _goal(wanted: str) -> str:
    """Return where to go after the login: only to pages of ours."""
    return wanted if _RECORDING_PATH.fullmatch(wanted) else "/"


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("before is not a time.", field="before") from error
    if moment.tzinfo is None:
        raise Invalid("before has no time zone.", field="before")
    return moment


def _mark_final(answer: Response, job: Job) -> None:
    if job.state in FINAL:
        answer.headers["x-khosq-final"] = "true"
