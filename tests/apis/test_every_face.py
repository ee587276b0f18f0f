"""What every door owes, whichever vendor it answers for."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from khosq import errors
from khosq.apis import FACES, load_face
from khosq.errors import KhosqError, RateLimited, Refused, Unavailable
from khosq.identifiers import new_id

EXAMPLES = int(os.environ.get("KHOSQ_FUZZ", "10"))
"""Requests to each operation."""

Office = Any  # the fixture's type lies in a conftest, which cannot be imported


def every(kind: type[KhosqError]) -> list[type[KhosqError]]:
    return [kind, *(deeper for one in kind.__subclasses__() for deeper in every(one))]


def made(kind: type[KhosqError]) -> KhosqError:
    return kind("Why.", retry_after=5) if issubclass(kind, RateLimited | Unavailable) else kind("Why.")


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("kind", every(errors.Refused), ids=lambda kind: str(kind.code))
def test_what_the_caller_did_wrong_is_a_4xx_that_says_why(name: str, kind: type[Refused]) -> None:
    answer = load_face(name).render_error(made(kind))
    assert 400 <= answer.status_code < 500
    assert b"Why." in bytes(answer.body)


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("kind", every(errors.Failed), ids=lambda kind: str(kind.code))
def test_what_is_our_fault_is_a_5xx(name: str, kind: type[KhosqError]) -> None:
    assert load_face(name).render_error(made(kind)).status_code >= 500


@pytest.mark.parametrize("name", FACES)
def test_nothing_in_a_message_breaks_the_answer(name: str) -> None:
    assert load_face(name).render_error(errors.Invalid("\ud800\x00\r\n<b>")).status_code == 400


@schemathesis.serializer("audio/mpeg")
def _as_bytes(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("name", FACES)
def test_no_request_gets_a_5xx_or_an_undocumented_answer(name: str, office: Office, subtests: pytest.Subtests) -> None:
    schema = schemathesis.openapi.from_asgi(f"/docs/{name}/openapi.json", office.client.app)
    # an id or a checklist may be well-formed and still unknown
    unfit = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
    if len(load_face(name).security_schemes) > 1:  # it spoils one header, while the key in the other is good
        unfit.append(schemathesis.checks.CHECKS.get_one("ignored_auth"))
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # what is no operation fails here
        with subtests.test(operation.label):
            _call_with_anything(operation, office, unfit)


def _call_with_anything(operation: Any, office: Office, unfit: list[Any]) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def call(case: Any) -> None:
        secret, _ = office.core.keys.create(f"tenant-{new_id(4)}", "admin")  # no limit of a minute is reached
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, excluded_checks=unfit)

    call()
