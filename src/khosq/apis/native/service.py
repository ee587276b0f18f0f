"""What this server can do: languages, models, limits, and the kinds of problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from khosq.apis.face import ServedModel
from khosq.apis.native import description
from khosq.apis.native.access import BASE, REQUESTS_PER_MINUTE, Access
from khosq.apis.native.answers import answer
from khosq.apis.native.errors import KINDS, PROBLEMS, problem_kind
from khosq.apis.native.submitting import LARGEST_METADATA
from khosq.apis.native.wire import service as wire
from khosq.apis.native.wire.jobs import LONGEST_WAIT, MOST_IN_BATCH
from khosq.apis.native.wire.problem import ProblemKinds
from khosq.errors import NotFound
from khosq.jobs.submission import REMEMBERED
from khosq.media.recording import ALL_TYPES
from khosq.transcript.exports import FORMATS

_BEST_FIRST = (("production", "ready"), ("production", "on_demand"), ("fallback", "ready"), ("starter", "ready"))

_ALSO_CALLED = (
    *("video/mp4", "video/quicktime", "video/3gpp", "audio/x-m4a", "audio/3gpp"),
    *("video/x-matroska", "audio/x-matroska", "audio/webm"),
    *("audio/opus", "video/ogg", "audio/x-wav", "audio/x-flac", "audio/mp3"),
    *("audio/x-ms-wma", "video/x-ms-wmv"),
)
"""Names of what is accepted, beside the one by which we go."""


class Service:
    """What can be asked of the server itself."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._desk = access.desk

    def add_to(self, router: APIRouter) -> None:
        """Serve it."""
        add = router.add_api_route
        add(f"{BASE}/models", self.models, methods=["GET"], **description.LIST_MODELS)
        add(f"{BASE}/languages", self.languages, methods=["GET"], **description.LIST_LANGUAGES)
        add(f"{BASE}/limits", self.limits, methods=["GET"], **description.GET_LIMITS)
        add(PROBLEMS, self.problems, methods=["GET"], **description.LIST_PROBLEMS)
        add(f"{PROBLEMS}/{{code}}", self.problem, methods=["GET"], **description.GET_PROBLEM)

    async def models(self, request: Request) -> Response:
        """Return every model."""
        found = await self._access.act(request, "read", lambda _: self._desk.languages.models())
        return answer(wire.Models(data=[_model(model) for model in found]))

    async def languages(self, request: Request) -> Response:
        """Return every language."""
        found = await self._access.act(request, "read", lambda _: self._desk.languages.models())
        return answer(wire.Languages(data=languages_of(found), default=self._desk.default_language))

    async def limits(self, request: Request) -> Response:
        """Return what is accepted here."""
        await self._access.admit(request, "read")
        limits = wire.Limits(
            max_upload_bytes=self._desk.max_upload_bytes,
            max_duration_seconds=self._desk.max_duration,
            max_metadata_bytes=LARGEST_METADATA,
            max_batch=MOST_IN_BATCH,
            max_wait_seconds=LONGEST_WAIT,
            requests_per_minute=REQUESTS_PER_MINUTE,
            idempotency_seconds=int(REMEMBERED.total_seconds()),
            upload_link_seconds=int(self._desk.upload_ttl.total_seconds()),
            media_types=sorted({*ALL_TYPES, *_ALSO_CALLED}),
            export_formats=list(FORMATS),
        )
        return answer(limits)

    async def problems(self, _: Request) -> Response:
        """Return every kind of problem."""
        return answer(ProblemKinds(data=[problem_kind(code) for code in KINDS]))

    async def problem(self, request: Request) -> Response:
        """Return one kind of problem."""
        code = str(request.path_params["code"])
        if code not in KINDS:
            raise NotFound
        return answer(problem_kind(code))


def languages_of(models: Sequence[ServedModel]) -> list[wire.Language]:
    """Return every language, with the model that would hear it now."""
    by_tag: dict[str, list[ServedModel]] = {}
    for model in models:
        for tag in model.languages:
            by_tag.setdefault(tag, []).append(model)
    return [_language(tag, serving) for tag, serving in sorted(by_tag.items())]


def _language(tag: str, serving: Sequence[ServedModel]) -> wire.Language:
    ranked = [model for wanted in _BEST_FIRST for model in serving if (model.kind, model.state) == wanted]
    production = next((model for model in serving if model.kind == "production"), None)
    best = [*ranked, *serving][0]
    is_wanting = best.state == "absent" or (production is not None and best is not production)
    return wire.Language(
        tag=tag,
        state=cast("Any", best.state),
        model=best.name,
        kind=cast("Any", best.kind),
        install=f"khosq models pull {(production or best).name}" if is_wanting else None,
    )


def _model(model: ServedModel) -> wire.Model:
    return wire.Model(
        name=model.name,
        kind=cast("Any", model.kind),
        state=cast("Any", model.state),
        languages=list(model.languages),
        licence=model.licence,
        address=model.address,
        size_bytes=model.size_bytes,
        caution=model.caution,
    )
