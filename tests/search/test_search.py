"""Calls are found by what was said in them, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stores import Office, office, one_database  # noqa: F401 - fixtures

from khosq.jobs.job import Job, JobEvent
from khosq.jobs.results import Outcome
from khosq.search.query import LONGEST_QUERY
from khosq.search.search import Hit, Search
from khosq.search.speech import MOST_TOKENS, Party
from khosq.search.store import Narrowed, SearchStore
from khosq.tenants.tenant import Tenant
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Line = tuple[int | None, str]


def call(*lines: Line | str, language: str = "en-US", pause: float = 0.0) -> Transcript:
    """A transcript in which each word takes half a second."""
    said, now = [], 0.0
    for line in lines:
        voice, text = (0, line) if isinstance(line, str) else line
        words = []
        for word in text.split():
            words.append(Word(word, Timespan(now, now + 0.5)))
            now += 0.5
        now += pause
        said.append(Utterance(text, tuple(words), voice, 0))
    return Transcript(language, now, tuple(said))


class Desk:
    """One tenant's calls."""

    def __init__(self, office: Office) -> None:  # noqa: F811 - a fixture's name
        self.office = office
        self.search = Search(SearchStore(office.database), office.lookup)
        self.tenant = office.tenant()

    def ended(self, transcript: Transcript, *, tenant: Tenant | None = None, metadata: Any = None) -> Job:
        """A call that has just ended."""
        self.office.clock.turn(60)
        job = self.office.job(tenant or self.tenant, metadata=metadata)
        self.office.results.keep(job.id, Outcome(transcript))
        self.note(job, transcript)
        return job

    def note(self, job: Job, transcript: Transcript) -> None:
        with self.office.database.write() as connection:
            self.search.note(connection, job, transcript)

    def hits(self, text: str, narrowed: Narrowed | None = None) -> list[Hit]:
        return self.search.find(self.tenant.id, text, narrowed)[0]

    def found(self, text: str, narrowed: Narrowed | None = None) -> set[str]:
        return {hit.job.id for hit in self.hits(text, narrowed)}


@pytest.fixture
def desk(office: Office) -> Desk:  # noqa: F811 - a fixture
    return Desk(office)


def shown(hit: Hit) -> list[str]:
    return [
        " ".join(f"[{part.text}]" if part.is_match else part.text for part in snippet.parts) for snippet in hit.snippets
    ]


def test_words_phrases_prefixes_alternatives_and_exclusions(desk: Desk) -> None:
    refund = desk.ended(call("I want a refund for my order.")).id
    cancel = desk.ended(call("I want to cancel my order, please.")).id
    assert desk.found("ORDER") == desk.found("want order") == desk.found("ord*") == {refund, cancel}
    assert desk.found("refund please") == desk.found("fund") == desk.found("order my") - {refund, cancel} == set()
    assert desk.found('"a refund"') == {refund}
    assert desk.found('"refund a"') == desk.found('"my refund"') == set()
    assert desk.found('"to canc*"') == {cancel}
    assert desk.found("refund OR cancel") == desk.found('"no such" OR "my order"') == {refund, cancel}
    assert desk.found("order -refund") == desk.found('order -"a refund"') == desk.found("order -ref*") == {cancel}
    assert desk.found("-refund") == desk.found("") == set()


@pytest.mark.parametrize(
    ("said", "sought", "marked"),
    [
        ("Ի՞նչ եք ուզում, եւ ինչու՞:", ["ինչ", "և", "ԻՆՉՈՒ", '"եք ուզում"', "ուզ*"], "[Ի՞նչ]"),
        ("मुझे ज़रूर हिन्दी में बताइए।", ["ज़रूर", "जरूर", "हिंदी", '"हिंदी में"', "बता*"], "[ज़रूर]"),
        ("எனக்கு உதவி வேண்டும்.", ["உதவி", '"உதவி வேண்டும்"', "வேண்*"], "[உதவி]"),
        ("నాకు సహాయం కావాలి.", ["సహాయం", '"సహాయం కావాలి"', "కావా*"], "[సహాయం]"),
        ("मला परतावा हवा आहे.", ["परतावा", '"हवा आहे"'], "[परतावा]"),
        ("Ik wil één coördinatie.", ["een", "één", "COORDINATIE", '"één coördinatie"'], "[één]"),
    ],
)
def test_every_script_is_found_and_shown_as_it_reads(desk: Desk, said: str, sought: Sequence[str], marked: str) -> None:
    job = desk.ended(call(said)).id
    desk.ended(call("something else"))
    for text in sought:
        assert desk.found(text) == {job}, text
    (hit,) = desk.hits(sought[0])
    assert marked in shown(hit)[0]


def test_vowel_signs_tell_words_apart(desk: Desk) -> None:
    desk.ended(call("उसने कहा कि वह आएगा", language="hi-IN"))
    assert desk.found("कि")
    assert not desk.found("की")
    assert not desk.found("क")


def test_a_highlight_says_who_said_it_and_when(desk: Desk) -> None:
    desk.ended(call((0, "Hello, how can I help?"), (1, "I want my money back."), (0, "Money? Your money, of course.")))
    (hit,) = desk.hits('money "want my"')
    assert shown(hit) == ["I [want my money] back.", "[Money?] Your [money,] of course."]
    first = hit.snippets[0]
    assert (first.utterance, first.speaker, first.time) == (1, 1, Timespan(2.5, 5.0))


def test_a_long_utterance_is_shown_around_what_was_found(desk: Desk) -> None:
    desk.ended(call(" ".join([*["so"] * 100, "refund", *["and"] * 100])))
    ((snippet,),) = (hit.snippets for hit in desk.hits("refund"))
    assert len(snippet.text.split()) == 30
    assert (snippet.time.start, snippet.parts[1].text) == (46.0, "refund")


def test_a_phrase_goes_on_over_a_pause_but_not_over_another_voice_or_a_long_silence(desk: Desk) -> None:
    job = desk.ended(call((0, "I would like"), (1, "mhm"), (0, "to cancel"), (1, "Yes."), pause=1))
    desk.ended(call("I would like", "to cancel", pause=6))
    assert desk.found('"would like to cancel"') == {job.id}
    assert desk.found('"like mhm"') == set()
    (hit,) = desk.hits('"like to"')
    assert shown(hit) == ["I would [like]", "[to] cancel"]


def test_calls_are_narrowed_by_language_agent_time_and_party(desk: Desk) -> None:
    first = desk.ended(call((0, "good day"), (1, "a refund please")), metadata={"agent": "Ann"})
    later = desk.ended(call((0, "a refund, today?"), (1, "good"), language="nl"), metadata={"agent_id": 7})
    alone = desk.ended(call((None, "refund")))
    assert desk.found("refund") == {first.id, later.id, alone.id}
    assert desk.found("refund", Narrowed(language="EN")) == {first.id, alone.id}
    assert desk.found("refund", Narrowed(language="en-US", agent_name="Ann")) == {first.id}
    assert desk.found("refund", Narrowed(agent_name="7")) == {later.id}
    assert desk.found("refund", Narrowed(begun_from=later.created_at)) == {later.id, alone.id}
    assert desk.found("refund", Narrowed(begun_before=later.created_at)) == {first.id}
    assert desk.found("refund", Narrowed(party=Party.AGENT)) == {later.id}
    assert desk.found("refund", Narrowed(party=Party.CUSTOMER)) == {first.id}
    assert desk.found("refund -today", Narrowed(party=Party.AGENT)) == set()
    (hit,) = desk.hits("good OR refund", Narrowed(party=Party.CUSTOMER, agent_name="Ann"))
    assert shown(hit) == ["a [refund] please"]
    assert (hit.agent_name, hit.language) == ("Ann", "en-US")


def test_nobody_finds_what_is_anothers(desk: Desk) -> None:
    desk.ended(call("secret words"), tenant=desk.office.tenant())
    assert desk.found("secret") == set()


def test_a_call_is_found_by_its_words_of_now_until_it_is_deleted(desk: Desk) -> None:
    job = desk.ended(call("before"))
    desk.office.results.keep(job.id, Outcome(call("afterwards")))
    desk.note(job, call("afterwards"))
    assert (desk.found("before"), desk.found("afterwards")) == (set(), {job.id})
    with desk.office.database.write() as connection:
        desk.search.remove_of_job(connection, job.id)
    assert desk.found("afterwards") == set()


def test_what_says_more_of_it_comes_first_and_of_equals_the_newest(desk: Desk) -> None:
    for _ in range(6):
        desk.ended(call("nothing of the kind"))
    rare = desk.ended(call("refund refund refund")).id
    old, new = (desk.ended(call("one refund among many other words here")).id for _ in range(2))
    assert [hit.job.id for hit in desk.hits("refund")] == [rare, new, old]


def test_pages_follow_one_another_while_calls_come_in(desk: Desk) -> None:
    jobs = {desk.ended(call("the same words")).id for _ in range(7)}
    seen, place = desk.search.find(desk.tenant.id, "same", limit=3)
    pages = [len(seen)]
    while place:
        desk.ended(call("the same words"))
        page, place = desk.search.find(desk.tenant.id, "same", limit=3, place=place)
        pages.append(len(page))
        seen += page
    assert pages == [3, 3, 1]
    assert {hit.job.id for hit in seen} == jobs


def test_a_call_of_many_hours_is_found_once_by_any_of_its_words(desk: Desk) -> None:
    long = desk.ended(call(" ".join(f"சொல்{number} the" for number in range(2 * MOST_TOKENS)))).id
    assert desk.found("சொல்1") == desk.found("சொல்19999") == desk.found('"சொல்19998 the"') == {long}
    assert [hit.job.id for hit in desk.hits("the")] == [long]


def test_silence_and_endless_words_can_be_indexed(desk: Desk) -> None:
    desk.ended(Transcript("en", 3.0, ()))
    endless = desk.ended(call("ն" * 100_000, "…", "\ud800\x00")).id
    assert desk.found("ն" * 1000) == {endless}


HOSTILE = ["'", "\\", "';--", ":*", "&|!", "<->", "(", ")", "{", "}", "^", "NEAR", "AND", "NOT", "%", "_", "\x00", "न"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=12).map(" ".join))
def test_no_text_breaks_a_search(desk: Desk, text: str) -> None:
    for one in (text, f'"{text}"', f"{text}*", f"NOT OR {text}", f"a OR -{text}"):
        desk.hits(one[:LONGEST_QUERY])


def test_the_longest_query_is_answered(desk: Desk) -> None:
    job = desk.ended(call("a b c")).id
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    many = [one + other for one in letters for other in letters]
    assert desk.found(" ".join(many[:333])) == set()
    assert desk.found(" OR ".join(["a", *many[:160]])) == {job}
    assert desk.found(" ".join(["a", *(f"-{one}" for one in many[:240])])) == {job}
    assert desk.found(" ".join(f'"{one} {two}"' for one, two in zip(many[:120], many[120:240], strict=True))) == set()


def test_a_job_that_ends_is_found_the_moment_it_has_ended(desk: Desk) -> None:
    job, transcript = desk.office.running(desk.tenant), call("at once")
    desk.office.results.keep(job.id, Outcome(transcript))
    also = [desk.search.noting(job, transcript)]
    desk.office.jobs.move(job.id, JobEvent.COMPLETED, desk.office.clock(), also=also)
    assert desk.found('"at once"') == {job.id}
