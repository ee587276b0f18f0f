"""From what callers ask for to jobs: every fault of a request is found before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import simplejson
from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.apis.native.access import DOOR
from khosq.apis.native.errors import ManyFaults
from khosq.apis.native.faults import NO_SCORECARD, pointer
from khosq.apis.native.mapping import to_wishes
from khosq.apis.native.wire.jobs import CreateJob, JobOptions
from khosq.apis.native.wire.problem import Fault
from khosq.errors import Conflict, Invalid, NotFound, Refused
from khosq.identifiers import new_id
from khosq.jobs.job import AUTO, Job
from khosq.jobs.submission import IdempotencyKey, Submission
from khosq.recordings.recording import Recording
from khosq.tenants.api_keys import Caller

T = TypeVar("T")
R = TypeVar("R")

LARGEST_METADATA = 16 * 1024
"""Bytes of compact JSON in UTF-8."""
_LONGEST_KEY = 255
_MOST_FAULTS = 100
"""That are told at once."""

Place = tuple[str | int, ...]
"""Where in a body something stands."""


@dataclass
class Submitting:
    """Opens the jobs of one request."""

    desk: Desk
    caller: Caller
    base_url: str
    _faults: list[Fault] = field(default_factory=list)
    _seen: dict[Any, Any] = field(default_factory=dict)

    def open(self, asked: Sequence[tuple[Place, JobOptions]], once: IdempotencyKey | None) -> list[Job]:
        """Open jobs, all or none.

        Args:
            asked: what is wanted, and where in the body that stands.
            once: makes the request one that is done once.

        Raises:
            ManyFaults: naming everything that is wrong.
            Conflict: the idempotency key came with another request, or what it made was deleted.

        """
        self.desk.check_disk()
        submissions = [self._submission(place, one) for place, one in asked]
        if self._faults:
            raise ManyFaults(faults=self._faults[:_MOST_FAULTS])
        jobs = self.desk.submissions.open_all(submissions, once=once)
        if len(jobs) < len(submissions):
            raise Conflict("What was made with this idempotency key has been deleted since.")
        return jobs

    def _submission(self, place: Place, asked: JobOptions) -> Submission:
        wishes = to_wishes(asked, default_language=self.desk.default_language)
        self._check(place, "language", self._once(self._check_language, wishes.language))
        for number, language in enumerate(asked.languages):
            self._check((*place, "languages"), number, self._once(self._check_language, language))
        self._check(place, "scorecard_id", self._once(self._check_scorecard, wishes.scorecard_id))
        self._faults += feature_faults(asked.features, self.desk.features, place=place)
        self._check(place, "metadata", _try(_check_metadata, asked.metadata))
        recording: Recording | None = None
        source_url: str | None = None
        if isinstance(asked, CreateJob):
            source_url = asked.source_url
            self._check(place, "source_url", self._once(self.desk.check_source, source_url))
            recording = self._check(place, "recording_id", self._once(self._find, asked.recording_id))
        return Submission(
            self.caller.tenant_id,
            self.caller.key_id,
            DOOR,
            wishes,
            asked.metadata,
            self.base_url,
            job_id=f"job_{new_id()}",
            filename=asked.filename or (recording.filename if recording else ""),
            source_url=source_url,
            recording=recording,
            priority=asked.priority,
        )

    def _check(self, place: Place, name: str | int, found: R | Refused) -> R | None:
        """Return what looking at a field found; note it if it was a refusal."""
        if isinstance(found, Refused):
            self._faults.append(Fault(pointer=pointer(*place, name), detail=found.message))
            return None
        return found

    def _once(self, check: Callable[[str], R], value: str | None) -> R | Refused | None:
        """Return what ``check`` gives, or how it refuses; the jobs of a batch often have the same value."""
        if value is not None and (check, value) not in self._seen:
            self._seen[check, value] = _try(check, value)
        found: R | Refused | None = self._seen.get((check, value))
        return found

    def _check_language(self, language: str) -> str:
        if language == AUTO:
            if not self.desk.languages.can_identify():
                raise Invalid(self.desk.languages.missing_identifier())
        elif not self.desk.languages.can_serve(language):
            raise Invalid(self.desk.languages.missing_model(language))
        return language

    def _check_scorecard(self, scorecard_id: str) -> str:
        self.desk.require_scorecard(self.caller.tenant_id, scorecard_id, field="scorecard_id", fault=NO_SCORECARD)
        return scorecard_id

    def _find(self, recording_id: str) -> Recording:
        try:
            return self.desk.recordings.recording(self.caller.tenant_id, recording_id)
        except NotFound as error:
            raise NotFound("There is no such recording.") from error


def feature_faults(asked: Sequence[str], known: Sequence[str], *, place: Place = ()) -> list[Fault]:
    """Return what is wrong with names of features at a place in a body."""
    return [
        Fault(pointer=pointer(*place, "features", number), detail=f"unknown; known are {', '.join(sorted(known))}")
        for number, name in enumerate(asked)
        if name not in known
    ]


def _try(check: Callable[[T], R], value: T) -> R | Refused:
    try:
        return check(value)
    except Refused as error:
        return error


def read_once(request: Request, *asked: bytes) -> IdempotencyKey | None:
    """Return the caller's word that a request sent again is the same request, if it gave it.

    Args:
        request: may have the header ``Idempotency-Key``, quoted or not.
        asked: all that the request asks for.

    """
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
        raise Invalid(f"Idempotency-Key has 1 to {_LONGEST_KEY} printable characters.", field="Idempotency-Key")
    return IdempotencyKey(key, b"\n".join([request.url.path.encode(), *asked]))


def _check_metadata(metadata: dict[Any, Any]) -> None:
    text = simplejson.dumps(metadata, ensure_ascii=False, use_decimal=True, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_METADATA:
        raise Invalid(f"The metadata is larger than {LARGEST_METADATA} bytes of JSON.")
