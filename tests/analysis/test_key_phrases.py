"""What calls are about."""

# ruff: noqa: RUF001 (letters of several scripts are what is tested)

from __future__ import annotations

import pytest
from tests.analysis.talks import call
from tests.analysis.test_summary import CALL, TALKS

from khosq.analysis.feature import Preferences
from khosq.analysis.key_phrases import MOST_PHRASES, KeyPhrases, find


def of(*turns: str, language: str = "en") -> KeyPhrases:
    return find(call(*turns, language=language), Preferences())


def test_what_is_said_often_is_the_topic_and_words_that_belong_together_stay_together() -> None:
    found = of(*CALL.splitlines()).to_json()
    assert {"internet", "router"} <= set(found["topics"])
    assert {"text": "internet connection", "count": 2} in [
        {"text": one["text"], "count": one["count"]} for one in found["phrases"]
    ]
    assert "hello" not in " ".join(one["text"] for one in found["phrases"])


@pytest.mark.parametrize(
    ("language", "topic"), [("hi", "बिल"), ("ta", "கட்டணம்"), ("te", "బిల్లు"), ("mr", "बिल"), ("nl", "energierekening")]
)
def test_every_language_of_the_doors_has_topics(language: str, topic: str) -> None:
    assert topic in of(*TALKS[language].splitlines(), language=language).topics


def test_inflected_forms_are_one_topic() -> None:
    found = of("Պայմանագիրը պատրաստ է։", "Պայմանագրի մասին է։ Պայմանագիրը կարդացի։", language="hy")
    assert found.phrases[0].text == "Պայմանագիրը"


def test_scores_fall_from_one_and_the_list_is_bounded() -> None:
    found = of(*(f"apples{n} and bananas{n} with cherries" for n in "abcdefghijklmnopqrstuvwxyz"))
    scores = [one.score for one in found.phrases]
    assert scores[0] == 1
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= MOST_PHRASES


@pytest.mark.parametrize("turns", [(), ("yes",), ("...", "12 34")])
def test_where_nothing_is_told_there_is_no_topic(turns: tuple[str, ...]) -> None:
    assert of(*turns).to_json() == {"topics": [], "phrases": []}
