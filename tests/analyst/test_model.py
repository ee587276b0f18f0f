from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.analyst.llm import (
    Behaviour,
    Server,
    answers,
    breaks_off,
    completion,
    drips,
    hangs,
    never_ends,
    says,
    serving,
    system_of,
)

from khosq.analyst.model import LanguageModel, NoAnswer, Reply
from khosq.errors import Invalid

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
KEY = "sk-very-secret"


def asked(*behaviours: Behaviour, timeout: float = 20, **how: Any) -> tuple[Reply | NoAnswer, Server]:
    """Ask a server once; return what came of it, and the server."""

    async def ask() -> tuple[Reply | NoAnswer, Server]:
        async with serving(*behaviours) as server:
            model = LanguageModel(server.url, "small", key=KEY, timeout=timeout, **how)
            try:
                return await model.complete("do this", "with that", SCHEMA, most_tokens=200), server
            except NoAnswer as failure:
                return failure, server

    return asyncio.run(ask())


def test_a_question_is_put_as_the_protocol_has_it() -> None:
    reply, server = asked(says({"a": 1}, tokens=321))
    assert reply == Reply('{"a": 1}', 321)
    question = server.questions[0]
    assert question["model"] == "small"
    assert question["messages"] == [
        {"role": "system", "content": "do this"},
        {"role": "user", "content": "with that"},
    ]
    assert (question["temperature"], question["max_tokens"]) == (0, 200)
    assert isinstance(question["seed"], int)
    assert question["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert server.headers[0].startswith("POST /v1/chat/completions HTTP/1.1")
    assert f"authorization: bearer {KEY}" in server.headers[0].lower()


@pytest.mark.parametrize(
    ("refusal", "is_gone"),
    [
        ("json_schema is not supported", lambda asked: asked["response_format"] == {"type": "json_object"}),
        ("Unsupported value: 'temperature' does not support 0", lambda asked: "temperature" not in asked),
        ('{"param": "seed"}', lambda asked: "seed" not in asked),
        ("use 'max_completion_tokens' instead", lambda asked: asked.get("max_completion_tokens") == 200),
    ],
)
def test_what_a_server_refuses_is_left_out_and_not_tried_again(
    refusal: str, is_gone: Callable[[dict[str, Any]], bool]
) -> None:
    async def ask() -> Server:
        async with serving(answers(400, refusal.encode()), says({"a": 1})) as server:
            model = LanguageModel(server.url, "small")
            for _ in range(2):
                assert (await model.complete("do", "it", SCHEMA, most_tokens=200)).text == '{"a": 1}'
            return server

    server = asyncio.run(ask())
    assert [is_gone(question) for question in server.questions] == [False, True, True]
    if "schema" in refusal:
        assert json.dumps(SCHEMA) in system_of(server.questions[1])


def test_a_question_that_is_refused_however_it_is_put_spoils_nothing_for_the_next() -> None:
    async def ask() -> Server:
        refusals = [answers(400, b"context length exceeded")] * 2
        async with serving(*refusals, says({"a": 1})) as server:
            model = LanguageModel(server.url, "small")
            with pytest.raises(NoAnswer, match="answered 400"):
                await model.complete("do", "it", SCHEMA, most_tokens=200)
            await model.complete("do", "it", SCHEMA, most_tokens=200)
            return server

    assert asyncio.run(ask()).questions[2]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('<think>{"a": 2}?</think>\n{"a": 1}', '{"a": 1}'),
        ("I cannot do that.", "I cannot do that."),
    ],
)
def test_what_models_put_around_an_answer_is_dropped(text: str, read: str) -> None:
    reply, _ = asked(says(text))
    assert isinstance(reply, Reply)
    assert reply.text == read


@pytest.mark.parametrize("usage", [None, {"total_tokens": -5}, {"total_tokens": "many"}, []])
def test_a_server_that_does_not_count_is_counted_for(usage: object) -> None:
    body = json.loads(completion('{"a": 1}', tokens=None)) | {"usage": usage}
    reply, _ = asked(answers(200, json.dumps(body).encode()))
    assert isinstance(reply, Reply)
    assert 5 < reply.tokens < 50


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (answers(500, b"oh " + KEY.encode()), "answered 500"),
        (answers(404, b"no such model"), "answered 404"),
        (answers(302, b"", "Location: http://127.0.0.1:1/"), "answered 302"),
        (answers(429, b"", "Retry-After: 3600"), "answered 429"),
        (answers(429, b"", "Retry-After: soon"), "answered 429"),
        (answers(200, b"<html>hello</html>"), "in its protocol"),
        (answers(200, b'{"choices": []}'), "in its protocol"),
        (answers(200, b"[" * 100_000), "in its protocol"),
        (answers(200, b'{"choices": [{"message": {"content": "\xff"}}]}'), "in its protocol"),
        (says(None, refusal="I would rather not."), "refused"),
        (says("x", finish="content_filter"), "refused"),
        (breaks_off, "broke off"),
        (never_ends, "larger than"),
    ],
)
def test_a_failure_is_said_in_a_sentence_without_secrets(behaviour: Behaviour, why: str) -> None:
    failure, server = asked(behaviour)
    assert isinstance(failure, NoAnswer)
    assert why in str(failure)
    assert KEY not in repr(failure)
    assert server.url not in str(failure)
    assert len(server.questions) == 1


def test_an_answer_that_had_no_room_is_known_to_be_cut() -> None:
    reply, _ = asked(says('{"a": ', finish="length"))
    assert isinstance(reply, Reply)
    assert reply.is_cut


@pytest.mark.parametrize("behaviour", [hangs, drips])
def test_the_time_of_one_question_is_bounded_however_bytes_come(behaviour: Behaviour) -> None:
    began = time.monotonic()
    failure, _ = asked(behaviour, timeout=0.6)
    assert isinstance(failure, NoAnswer)
    assert "within 0.6 seconds" in str(failure)
    assert time.monotonic() - began < 10  # the drip alone would take longer


def test_a_server_that_asks_to_wait_is_asked_once_more() -> None:
    reply, server = asked(answers(429, b"", "Retry-After: 1"), says({"a": 1}))
    assert isinstance(reply, Reply)
    assert len(server.questions) == 2
    failure, server = asked(answers(503, b"", "Retry-After: 0"))
    assert isinstance(failure, NoAnswer)
    assert len(server.questions) == 2


def test_nobody_there_is_told_of() -> None:
    async def ask() -> None:
        async with serving(hangs) as server:
            url = server.url
        await LanguageModel(url, "small").complete("do", "it", SCHEMA, most_tokens=200)

    with pytest.raises(NoAnswer, match="could not be reached"):
        asyncio.run(ask())


@pytest.mark.parametrize(
    "choice", [{"url": "ftp://x"}, {"name": ""}, {"context": 100}, {"key": "clé"}, {"key": "a\r\nHost: b"}]
)
def test_choices_that_cannot_be_are_refused_without_telling_them(choice: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        LanguageModel(**{"url": "http://x/v1", "name": "m"} | choice)
    assert str(choice.get("key", "no key")) not in str(refused.value)
