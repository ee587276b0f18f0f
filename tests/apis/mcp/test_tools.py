"""The tools, called by the protocol's own client over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
import yaml
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.analysis.scorecards.cards import CALL, YAML
from tests.stores import summarised

from khosq.analysis.scorecards.scoring import evaluate

Office = Any  # the fixture's type lies in a conftest, which cannot be imported
Talk = Callable[[Client], Awaitable[Any]]


def ask(port: int, key: str, talk: Talk, *, mode: str = "auto") -> Any:
    """Talk to the server as a client with this key."""

    async def connect() -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http), mode=mode) as client,
        ):
            return await talk(client)

    return asyncio.run(connect())


def use(port: int, key: str, tool: str, **arguments: Any) -> Any:
    """Call one tool; return what it gives, or the sentence with which it refuses."""
    answer = ask(port, key, lambda client: client.call_tool(tool, arguments))
    return answer.content[0].text if answer.is_error else answer.structured_content


class Caller:
    """One tenant's programs: the API that we know, and a language model's client."""

    def __init__(self, office: Office, port: int, mp3: bytes, tenant: str = "acme") -> None:
        self.office, self.port, self.mp3, self.tenant = office, port, mp3, tenant
        self.writer, self.reader = office.key(tenant), office.key(tenant, "read")

    def rest(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.writer}"}
        return self.office.client.request(method, f"/khosq/v1{path}", headers=headers, **more).json()

    def job(self) -> str:
        recording = self.rest("POST", "/recordings", content=self.mp3)["id"]
        return str(self.rest("POST", "/jobs", json={"language": "en", "recording_id": recording})["id"])

    def call(self) -> str:
        """A call that has ended; return its job's id."""
        job = self.job()
        self.office.finish(job, summarised(CALL.transcript, "A refund", "Somebody wants a refund."))
        with self.office.core.database.write() as connection:
            self.office.core.search.note(connection, self.office.job(job), CALL.transcript)
        return job

    def scorecard(self) -> str:
        return str(self.rest("POST", "/scorecards", json=yaml.safe_load(YAML))["scorecard_id"])

    def use(self, tool: str, **arguments: Any) -> Any:
        return use(self.port, self.writer, tool, **arguments)


@pytest.fixture
def caller(office: Office, live_port: int, mp3: bytes) -> Caller:
    return Caller(office, live_port, mp3)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_new_or_old_learns_what_it_can_do(caller: Caller, mode: str) -> None:
    listed = ask(caller.port, caller.reader, lambda client: client.list_tools(), mode=mode)
    assert {tool.name for tool in listed.tools} == {
        "search_calls",
        "fetch_transcript",
        "list_scorecards",
        "score_call",
        "get_scores",
    }
    assert {tool.name for tool in listed.tools if not tool.annotations.read_only_hint} == {"score_call"}
    search = next(tool for tool in listed.tools if tool.name == "search_calls")
    assert search.input_schema["required"] == ["query"]
    assert "in a row" in search.input_schema["properties"]["query"]["description"]


def test_a_call_is_found_and_read_with_what_can_be_cited(caller: Caller) -> None:
    job = caller.call()
    (found,) = caller.use("search_calls", query='"want a refund"', speaker="customer", language="en")["calls"]
    (quote,) = found["quotes"]
    assert (found["job_id"], quote["id"]) == (job, "u1")
    assert quote["text"] == "Hello. My bill is wrong and I **want a refund.**"
    read = caller.use("fetch_transcript", job_id=job)
    assert (read["title"], read["next"], len(read["utterances"])) == ("A refund", None, 5)
    said = read["utterances"][1]
    assert (said["id"], said["start"], said["end"]) == (quote["id"], quote["start"], quote["end"])
    assert said["text"] == "Hello. My bill is wrong and I want a refund."
    assert said["speaker"] == "Speaker 2"
    assert said["link"] == f"http://127.0.0.1:{caller.port}/recordings/{job}"


def test_a_long_call_is_read_in_parts(caller: Caller) -> None:
    job = caller.call()
    first = caller.use("fetch_transcript", job_id=job, limit=3)
    rest = caller.use("fetch_transcript", job_id=job, first=first["next"])
    assert [one["id"] for one in first["utterances"] + rest["utterances"]] == ["u0", "u1", "u2", "u3", "u4"]


def test_a_call_is_scored_and_its_score_is_read(caller: Caller) -> None:
    job, scorecard = caller.call(), caller.scorecard()
    assert caller.use("list_scorecards")["scorecards"] == [
        {"id": scorecard, "name": "Greeting check", "can_score": True}
    ]
    opened = caller.use("score_call", job_id=job, scorecard_id=scorecard)
    tenant = caller.office.job(job).tenant_id
    run = caller.office.core.analyses.find(tenant, opened["run_id"])
    assert (run.findings, run.jobs) == ((f"scorecard:{scorecard}",), 1)
    assert caller.use("get_scores", job_id=job)["scores"] == []
    revision = caller.office.core.scorecards.usable(tenant, scorecard)
    caller.office.core.scorecards.keep_evaluation(
        caller.office.job(job), revision, evaluate(CALL, revision.definition, {})
    )
    (score,) = caller.use("get_scores", job_id=job)["scores"]
    assert (score["score"], score["failed_by"]) == (100, [])
    assert score["answers"][0]["quote"] == "Good morning,"


def test_a_key_that_may_only_read_scores_nothing(caller: Caller) -> None:
    job, scorecard = caller.call(), caller.scorecard()
    refusal = use(caller.port, caller.reader, "score_call", job_id=job, scorecard_id=scorecard)
    assert refusal == "This API key has the scope 'read'; 'write' is needed."
    assert use(caller.port, caller.reader, "search_calls", query="refund")["calls"]


def test_what_is_anothers_is_not_there(caller: Caller) -> None:
    job, scorecard = caller.call(), caller.scorecard()
    other = Caller(caller.office, caller.port, caller.mp3, "other")
    unknown = other.use("fetch_transcript", job_id="nothing")
    assert other.use("fetch_transcript", job_id=job) == other.use("get_scores", job_id=job) == unknown
    assert other.use("score_call", job_id=job, scorecard_id=scorecard) == unknown
    assert other.use("score_call", job_id=other.call(), scorecard_id=scorecard).endswith("no such scorecard.")
    assert other.use("list_scorecards")["scorecards"] == []
    assert {one["job_id"] for one in caller.use("search_calls", query="refund")["calls"]} == {job}


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("nothing", {}, "There is no tool of this name"),
        ("search_calls", {}, "query: Field required"),
        ("search_calls", {"query": "x" * 1001}, "at most 1000 characters"),
        ("search_calls", {"query": "a", "cursor": "b"}, "cursor"),
        ("fetch_transcript", {"job_id": "\x00", "first": 10**30}, ""),
        ("fetch_transcript", {"job_id": "a", "other": 1}, "other"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(caller: Caller, tool: str, arguments: dict[str, Any], why: str) -> None:
    told = caller.use(tool, **arguments)
    assert isinstance(told, str)
    assert why in told


def test_a_call_without_transcript_is_told_of(caller: Caller) -> None:
    assert caller.use("fetch_transcript", job_id=caller.job()) == "This job has no transcript: it is queued."
