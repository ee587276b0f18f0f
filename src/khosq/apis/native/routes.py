"""Our own URLs."""

from __future__ import annotations

import re

from fastapi import APIRouter

from khosq.apis import FACES
from khosq.apis.face import Desk
from khosq.apis.native.access import Access
from khosq.apis.native.account import Account
from khosq.apis.native.analyses import Analyses
from khosq.apis.native.evaluations import Evaluations
from khosq.apis.native.jobs import Jobs
from khosq.apis.native.recordings import Recordings
from khosq.apis.native.scorecards import Scorecards
from khosq.apis.native.search import Search
from khosq.apis.native.service import Service
from khosq.apis.native.transcripts import Transcripts
from khosq.apis.native.webhooks import Webhooks

_OURS = re.compile(r"/khosq/v1(/.*)?", re.DOTALL)


def owns(path: str) -> bool:
    """Tell whether a path is answered in this API's shape."""
    return _OURS.fullmatch(path) is not None


def build_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router, access = APIRouter(), Access(desk)
    for part in (
        Recordings(access),
        Jobs(access),
        Transcripts(access),
        Webhooks(access),
        Scorecards(access),
        Evaluations(access),
        Search(access),
        Analyses(access),
        Account(access, tuple(FACES)),
        Service(access),
    ):
        part.add_to(router)
    return router
