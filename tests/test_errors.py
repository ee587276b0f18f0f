from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from khosq import errors
from khosq.errors import Invalid, KhosqError, RateLimited, Unavailable


def tree(root: type[KhosqError]) -> Iterator[type[KhosqError]]:
    yield root
    for branch in root.__subclasses__():
        yield from tree(branch)


EVERY = [kind for kind in tree(KhosqError) if kind.__module__ == errors.__name__]


def make(kind: Any) -> KhosqError:
    error: KhosqError = kind(retry_after=7) if kind is RateLimited else kind()
    return error


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_is_a_sentence_of_its_own(kind: type[KhosqError]) -> None:
    message = make(kind).message
    assert message.endswith(".")
    assert "\n" not in message


def test_every_error_has_a_code_of_its_own() -> None:
    assert len({kind.code for kind in EVERY}) == len(EVERY)


@pytest.mark.parametrize("kind", EVERY)
def test_the_tree_in_the_documentation_names_it(kind: type[KhosqError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind is not RateLimited])
def test_an_error_survives_the_way_from_a_child_process(kind: type[KhosqError]) -> None:
    again = pickle.loads(pickle.dumps(kind("What happened.")))  # noqa: S301 - ours
    assert type(again) is kind
    assert again.message == "What happened."


def test_an_error_carries_what_its_reader_needs() -> None:
    assert Invalid("No.", field="speakers").field == "speakers"
    assert RateLimited(retry_after=7).retry_after == 7
    assert Unavailable(retry_after=9).retry_after == 9
