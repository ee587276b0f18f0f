"""Scorecards in files, good and bad."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.analysis.scorecards.cards import YAML, question

from khosq.analysis.scorecards.definition import MOST_PHRASES, MOST_QUESTIONS, Phrases, Within
from khosq.analysis.scorecards.reading import (
    LARGEST_FILE,
    BadScorecard,
    checked_scorecard,
    plain_scorecard,
    read_scorecard,
    write_yaml,
)
from khosq.errors import Invalid

FULL = {
    "name": "Անուն № 1",
    "description": "Everything: that there is\nin it",
    "sections": [
        {
            "name": "no",
            "weight": 10,
            "questions": [
                question("keyword", id="a", phrases={"any": ["no", "0800", "12:30", "null"], "all": ["ja: ja"]}),
                question("keyword", id="b", phrases={"none": ["शिकायत", "# not a comment"]}, fuzzy=1),
                question("binary", id="c", guidance="Only if - asked.", speaker="agent", automatic_fail=True),
                question("scale", id="d", within={"first_seconds": 10.5, "last_seconds": 20}, weight=2),
                question("metric", id="e", metric={"name": "silence", "less_than": 20, "at_least": 0}),
            ],
        },
        {"name": "two", "questions": [question("binary", id="f")]},
    ],
}


def faults(change: Callable[[dict[str, Any]], object]) -> str:
    value = yaml.safe_load(YAML)
    change(value)
    with pytest.raises(BadScorecard) as caught:
        read_scorecard(json.dumps(value).encode())
    return caught.value.message


def of_question(**changes: Any) -> str:
    return faults(lambda value: value["sections"][0]["questions"][0].update(changes))


def refusal(written: str | bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_scorecard(written if isinstance(written, bytes) else written.encode())
    return caught.value.message


def test_the_file_of_the_documentation_is_read() -> None:
    (asked,) = read_scorecard(YAML.encode()).questions
    assert (asked.id, asked.weight, asked.speaker, asked.automatic_fail) == ("greet", 3, "agent", False)
    assert (asked.phrases, asked.within) == (Phrases(any=("good morning", "hello")), Within(first_seconds=30))


def test_what_is_written_reads_the_same_in_yaml_and_json() -> None:
    scorecard = checked_scorecard(FULL)
    assert read_scorecard(write_yaml(scorecard).encode()) == scorecard
    assert read_scorecard(json.dumps(plain_scorecard(scorecard)).encode()) == scorecard


def test_another_reader_of_yaml_finds_the_same_in_what_is_written() -> None:
    scorecard = checked_scorecard(FULL)
    assert yaml.safe_load(write_yaml(scorecard)) == plain_scorecard(scorecard)


def test_text_that_older_yaml_took_for_something_else_stays_text() -> None:
    written = YAML.replace('"hello"', "no, on, 12:30, 0800, 2030-01-01, 1_000")
    (asked,) = read_scorecard(written.encode()).questions
    assert asked.phrases == Phrases(any=("good morning", "no", "on", "12:30", "0800", "2030-01-01", "1_000"))


@pytest.mark.parametrize("weight", [0, 11, -1, 2.5, "3", True, None])
def test_a_weight_is_a_whole_number_from_1_to_10(weight: object) -> None:
    assert "sections[0].questions[0].weight: must be" in of_question(weight=weight)
    assert "sections[0].weight: must be" in faults(lambda value: value["sections"][0].update(weight=weight))


def test_a_scorecard_asks_something() -> None:
    assert "must have a section" in faults(lambda value: value.update(sections=[]))
    assert "sections[0]: must have a question" in faults(lambda value: value["sections"][0].update(questions=[]))
    assert "sections[0].questions: is missing" in faults(lambda value: value["sections"][0].pop("questions"))


def test_every_fault_is_named_with_its_place() -> None:
    def spoil(value: dict[str, Any]) -> None:
        value["nmae"] = value.pop("name")
        value["sections"][0]["questions"][0]["speaker"] = "boss"

    message = faults(spoil)
    for part in ("name: is missing", "nmae: is unknown", "questions[0].speaker: must be 'agent', 'customer' or 'any'"):
        assert part in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "guess"}, "questions[0].method: must be 'binary', 'scale', 'keyword' or 'metric'"),
        ({"phrases": {"any": ["x" * 10_000]}}, "phrases.any[0]: may have 200 characters at most"),
        ({"phrases": {"any": ["ok", 7]}}, "phrases.any[1]: must be text; put it in quotation marks"),
        ({"phrases": {"any": "hello"}}, "phrases.any: must be a list"),
        ({"phrases": {"any": ["…!"]}}, "phrases: has a phrase without words: '…!'"),
        ({"phrases": {"any": []}}, "phrases: must have a phrase in any, all or none"),
        ({"phrases": ["hello"]}, "phrases: must be a group of named fields"),
        ({"phrases": None}, "questions[0]: must have phrases, for its method is keyword"),
        ({"within": {}}, "within: must have first_seconds or last_seconds"),
        ({"within": {"first_seconds": 0}}, "within.first_seconds: must be more than 0"),
        ({"within": {"last_seconds": float("nan")}}, "within.last_seconds: must be"),
        ({"fuzzy": 0.2}, "fuzzy: must be 0.5 or more"),
        ({"automatic_fail": "yes"}, "automatic_fail: must be true or false"),
        ({"id": "a b"}, "id: must match"),
        ({"text": "x" * 1001}, "text: may have 1000 characters at most"),
        ({"text": " "}, "text: must match"),
        ({"metric": {"name": "silence", "less_than": 2}}, "must have metric if its method is metric"),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_words(changes: dict[str, Any], message: str) -> None:
    assert message in of_question(**changes)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"name": "loudness", "less_than": 2}, "metric.name: must be 'talk_time', 'talk_share', 'silence'"),
        ({"name": "silence"}, "metric: must have less_than, at_most, more_than or at_least"),
        ({"name": "silence", "less_than": "20"}, "metric.less_than: must be a number"),
        ({"name": "silence", "below": 20}, "metric.below: is unknown"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused_in_words(metric: dict[str, Any], message: str) -> None:
    assert message in of_question(method="metric", phrases=None, within=None, metric=metric)


def test_a_metric_question_has_no_phrases() -> None:
    metric = {"name": "silence", "less_than": 2}
    assert "may not have phrases or within" in of_question(method="metric", metric=metric)


def test_an_id_names_one_question_of_all_sections() -> None:
    assert "more than one question with the id greet" in faults(
        lambda value: value["sections"].extend(value["sections"])
    )


def test_no_more_is_asked_than_can_be_answered_in_bounded_time() -> None:
    many = [question("binary", id=f"q{number}") for number in range(MOST_QUESTIONS)]
    section = {"name": "one", "questions": many}
    other = {"name": "two", "questions": [question("binary")]}
    with pytest.raises(BadScorecard, match="questions at most"):
        checked_scorecard({"name": "x", "sections": [section, other]})
    words = [f"word {number}" for number in range(MOST_PHRASES)]
    asked = [question(phrases={"any": words}), question(id="r", phrases={"any": ["one"]})]
    with pytest.raises(BadScorecard, match="phrases at most"):
        checked_scorecard({"name": "x", "sections": [{"name": "one", "questions": asked}]})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "must be a group of named fields"),
        ("- a\n- b", "must be a group of named fields"),
        ("a: &x [lol, lol]\nb: [*x, *x]", "no anchors and aliases (line 1)"),
        ("name: !!python/object/apply:os.system [ls]", "no tags (line 1)"),
        ("name: !!str x", "no tags"),
        ("<<: {name: x}", "<<: is unknown"),
        ("[" * 50_000, "nested too deeply"),
        ('{"a":' * 20_000, "nested too deeply"),
        ("name: a\nname: b", "not valid YAML (line 2, column 1)"),
        ('{"name": "a", "name": "b"}', "a field twice"),
        ("? [a]\n: b", "is no text"),
        ("name: [1", "not valid YAML"),
        ("name: a\x00b", "not valid YAML"),
        ("%TAG ! tag:x,2000:\n---\nname: !a b", "no tags"),
        ("name: a\n---\nname: b", "not valid YAML"),
        ('{"name": 1', "not valid JSON"),
        ('{"name": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"name": "\\ud800", "sections": []}', "name: must be text"),
        (b"\xff\xfe\x00", "text in UTF-8"),
        (b"name: x\n" * 250_000, "at most 128 KiB"),
    ],
)
def test_a_hostile_file_is_refused_in_words(written: str | bytes, message: str) -> None:
    assert message in refusal(written)


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert read_scorecard(b"\xef\xbb\xbf" + YAML.encode()).name == "Greeting check"


def test_a_file_of_the_largest_size_is_read_to_its_end() -> None:
    padded = YAML + "#" * (LARGEST_FILE - len(YAML))
    assert read_scorecard(padded.encode()).name == "Greeting check"
