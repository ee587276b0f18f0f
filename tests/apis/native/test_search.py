"""Searching what was said, before the real application."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stores import summarised

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any


def ended(office: Office, api: Api, mp3: bytes, *lines: str, language: str = "en-US", **asked: Any) -> str:
    """Let a job end with these lines, each of the next voice; return its id."""
    job = api.queued(mp3, **asked)["id"]
    said = [
        Utterance(
            line,
            tuple(Word(word, Timespan(10 * n + i, 10 * n + i + 1)) for i, word in enumerate(line.split())),
            n % 2,
        )
        for n, line in enumerate(lines)
    ]
    transcript = Transcript(language, 60.0, tuple(said))
    office.finish(job, summarised(transcript, "A call", None))
    with office.core.database.write() as connection:
        office.core.search.note(connection, office.job(job), transcript)
    return str(job)


def found(api: Api, **asked: Any) -> list[str]:
    return [hit["job_id"] for hit in api.get("/search", params=asked).json()["data"]]


def test_a_call_is_found_with_the_place_that_says_so(office: Office, api: Api, mp3: bytes) -> None:
    job = ended(office, api, mp3, "How can I help?", "A refund, please.", metadata={"agent": "Ann"})
    answer = api.get("/search", params={"q": "REFUND"}).json()
    assert answer["next_cursor"] is None
    (hit,) = answer["data"]
    assert (hit["job_id"], hit["language"], hit["agent"], hit["duration"]) == (job, "en-US", "Ann", 31.404)
    (snippet,) = hit["snippets"]
    assert (snippet["utterance"], snippet["speaker"], snippet["start"], snippet["end"]) == (1, 2, 10, 13)
    parts = [(part["text"], part["match"]) for part in snippet["parts"]]
    assert parts == [("A", False), ("refund,", True), ("please.", False)]
    transcript = api.get(f"/jobs/{job}/transcript").json()
    assert transcript["utterances"][1]["speaker"] == snippet["speaker"]


def test_a_search_is_narrowed(office: Office, api: Api, mp3: bytes) -> None:
    first = ended(office, api, mp3, "Good day.", "Refund, please.", metadata={"agent_id": 7})
    office.clock.turn(3600)
    later = ended(office, api, mp3, "Refund?", "Այո՛, refund։", language="hy-AM")  # noqa: RUF001 - Armenian
    moment = api.get(f"/jobs/{later}").json()["created_at"]
    assert found(api, q="refund", agent="7") == found(api, q="refund", to=moment) == [first]
    assert found(api, q="refund", **{"from": moment}) == found(api, q="refund", language="hy") == [later]
    assert found(api, q="refund", speaker="agent") == found(api, q="այո") == [later]
    assert set(found(api, q="refund", speaker="customer")) == {first, later}


def test_pages_of_results(office: Office, api: Api, mp3: bytes) -> None:
    jobs = {ended(office, api, mp3, "The same.") for _ in range(3)}
    first = api.get("/search", params={"q": "same", "limit": 2}).json()
    second = api.get("/search", params={"q": "same", "limit": 2, "cursor": first["next_cursor"]}).json()
    assert (len(first["data"]), second["next_cursor"]) == (2, None)
    assert {hit["job_id"] for hit in first["data"] + second["data"]} == jobs


def test_nobody_finds_anothers_calls_nor_deleted_ones(office: Office, api: Api, mp3: bytes) -> None:
    job = ended(office, api, mp3, "A secret.")
    assert found(api.another("other"), q="secret") == []
    assert found(api.another(scope="read"), q="secret") == [job]
    api.call("DELETE", f"/jobs/{job}")
    assert found(api, q="secret") == []


@pytest.mark.parametrize("text", ["", '"', "'; DROP TABLE jobs; --", "a:b & !c | <->", "NEAR(a b)", "\x00", "%", "*"])
def test_any_text_is_a_query(office: Office, api: Api, mp3: bytes, text: str) -> None:
    ended(office, api, mp3, "Nothing of the kind.")
    assert found(api, q=text) == []


@pytest.mark.parametrize(
    "asked",
    [{}, {"q": "x" * 1001}, {"q": "a", "cursor": "b"}, {"q": "a", "from": "today"}, {"q": "a", "speaker": "me"}],
)
def test_what_is_wrong_with_a_search_is_told(api: Api, asked: dict[str, str]) -> None:
    answer = api.get("/search", params=asked)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_search_needs_a_key(api: Api) -> None:
    assert api.get("/search", params={"q": "a"}, headers={"Authorization": ""}).status_code == 401
