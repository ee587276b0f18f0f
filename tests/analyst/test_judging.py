from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.analyst.calls import LOAN, call
from tests.analyst.llm import Behaviour, Question, Server, answers, fields_of, lines_in, says, serving, system_of
from tests.analyst.test_analyst import Purse, story

from khosq.analysis.feature import Call
from khosq.analysis.scorecards import definition
from khosq.analysis.scorecards.definition import Phrases, Scorecard, Section
from khosq.analyst.analyst import Analyst, Found
from khosq.analyst.model import LanguageModel

GREETED = definition.Question(
    "greet", "Did the agent greet?", "binary", speaker="agent", phrases=Phrases(any=("good morning",))
)
KIND = definition.Question("kind", "How kind was the agent?", "scale", guidance="10 is very kind")
SAID = definition.Question("said", "Was the bank named?", "keyword", phrases=Phrases(any=("bank",)))
CARD = Scorecard("Check", (Section("All", (GREETED, KIND, SAID)),))


def scored(one: Call, *behaviours: Behaviour, card: Scorecard = CARD, **how: Any) -> tuple[Found, Server]:
    async def score() -> tuple[Found, Server]:
        async with serving(*behaviours) as server:
            analyst = Analyst(LanguageModel(server.url, "small", **how), Purse())
            return await analyst.score(one, card, {}, tenant_id="t1"), server

    return asyncio.run(score())


def answered(found: Found) -> dict[str, dict[str, Any]]:
    return {answer["id"]: answer for section in found.value["sections"] for answer in section["answers"]}


def judging(**given: tuple[Any, str | None]) -> Callable[[Question], Any]:
    def judge(question: Question) -> Any:
        if fields_of(question) == {"lines"}:
            return {"lines": [number for number, text in lines_in(question) if "kind" in text or "morning" in text][:2]}
        return {
            "answers": [
                {"id": name, "answer": answer, "reason": "Because.", "quote": quote}
                for name, (answer, quote) in given.items()
                if f"- {name} " in system_of(question)
            ]
        }

    return judge


def test_a_language_model_answers_what_it_may_and_shows_the_words() -> None:
    judge = judging(greet=(True, "Good morning, this is Ann"), kind=(8, "I am sorry to hear that"))
    found, server = scored(call(*LOAN), says(judge))
    answer = answered(found)
    assert (answer["greet"]["answer"], answer["greet"]["made_by"]) == ("yes", "small")
    assert answer["greet"]["evidence"]["start"] == 0
    assert (answer["kind"]["points"], answer["kind"]["evidence"]["voice"]) == (8, 0)
    assert answer["said"]["made_by"] == "embedded"
    assert (found.made_by, found.note, len(server.questions)) == ("small", None, 1)
    told = system_of(server.questions[0])
    assert "10 is very kind" in told
    assert "by the agent's words alone" in told
    assert "said (" not in told


@pytest.mark.parametrize("wrong", [{"kind": (11, None)}, {"kind": (True, None)}, {"greet": (1, None)}])
def test_an_answer_that_fits_no_such_question_is_asked_for_again(wrong: dict[str, Any]) -> None:
    right = judging(greet=(True, "Good morning"), kind=(None, None))
    found, server = scored(call(*LOAN), says(judging(**wrong)), says(right))
    assert answered(found)["greet"]["made_by"] == "small"
    assert answered(found)["kind"]["answer"] == "n/a"
    assert len(server.questions) == 2


def test_ids_that_were_not_asked_for_are_no_answer() -> None:
    invented = {"answers": [{"id": "loves_me", "answer": True, "reason": "", "quote": None}]}
    found, server = scored(call(*LOAN), says(invented))
    assert found.made_by == "embedded"
    assert answered(found)["greet"]["answer"] == "yes"
    assert len(server.questions) == 2


def test_an_answer_whose_quote_nobody_said_gives_way_to_the_phrases() -> None:
    found, _ = scored(call(*LOAN), says(judging(greet=(True, "Dear sir or madam, welcome"), kind=(0, None))))
    greet = answered(found)["greet"]
    assert (greet["made_by"], greet["answer"]) == ("embedded", "yes")
    assert "quotes what was not said" in greet["note"]
    assert answered(found)["kind"]["made_by"] == "small"


def test_without_an_answer_the_phrases_answer_and_it_is_said_why() -> None:
    found, _ = scored(call(*LOAN), answers(500))
    assert (found.made_by, answered(found)["greet"]["answer"]) == ("embedded", "yes")
    assert "answered 500" in str(found.note)


def test_nobody_is_asked_where_all_can_be_counted() -> None:
    found, server = scored(call(*LOAN), answers(500), card=Scorecard("Check", (Section("All", (SAID,)),)))
    assert (found.made_by, found.note, server.questions) == ("embedded", None, [])


def test_many_questions_about_a_long_call_are_asked_in_groups_on_the_lines_that_matter() -> None:
    questions = tuple(definition.Question(f"q{n}", "Was the agent kind? " * 10, "binary") for n in range(12))
    one = call(story(3000), (0, "I am always kind to you"), story(3000))
    judge = judging(**{question.id: (True, "I am always kind to you") for question in questions})
    found, server = scored(one, says(judge), card=Scorecard("Check", (Section("All", questions),)), context=4096)
    assert found.note is None
    assert [answer["made_by"] for answer in answered(found).values()] == ["small"] * 12
    finals = [question for question in server.questions if fields_of(question) == {"answers"}]
    assert len(finals) > 1
    assert all("kind to you" in str(question["messages"][1]) for question in finals)
