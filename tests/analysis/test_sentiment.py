"""How calls sound."""

# ruff: noqa: RUF001 (letters of several scripts are what is tested)

from __future__ import annotations

import pytest
from tests.analysis.talks import call

from khosq.analysis.feature import Preferences
from khosq.analysis.sentiment import Sentiment, find


def of(*turns: str, language: str = "en") -> Sentiment:
    return find(call(*turns, language=language), Preferences())


def test_a_friendly_voice_and_an_angry_one_are_told_apart() -> None:
    found = of("wonderful that is a great idea", "this is terrible and I am very angry").to_json()
    first, second = found["voices"]
    assert (first["voice"], second["voice"]) == (0, 1)
    assert first["score"] > 0.1
    assert second["score"] < -0.1
    assert found["utterances"][0] > 0 > found["utterances"][1]


def test_a_call_that_ends_well_rises_by_quarters() -> None:
    found = of("my bill is wrong", "this is awful", "we have fixed it", "perfect, that is excellent")
    assert len(found.quarters) == 4
    first, last = found.quarters[1], found.quarters[3]
    assert first is not None
    assert last is not None
    assert first < 0 < last


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("en", "I am happy with it", "I am not happy with it"),
        ("nl", "ik ben tevreden", "ik ben niet tevreden"),
        ("hy", "ես գոհ եմ", "ես գոհ չեմ"),
        ("hi", "सेवा अच्छी है", "सेवा अच्छी नहीं है"),
        ("ta", "சேவை நல்லா இருக்கு", "சேவை நல்லா இல்லை"),
        ("te", "సర్వీస్ బాగా ఉంది", "సర్వీస్ బాగా లేదు"),
        ("mr", "सेवा चांगली आहे", "सेवा चांगली नाही"),
    ],
)
def test_what_is_denied_sounds_the_other_way(language: str, good: str, bad: str) -> None:
    assert (of(good, language=language).overall or 0) > 0 > (of(bad, language=language).overall or 0)


def test_a_denial_reaches_no_further_than_its_clause() -> None:
    assert (of("No, not today. Wonderful service").overall or 0) > 0


@pytest.mark.parametrize(
    ("language", "plain", "strong"),
    [("en", "good", "very good"), ("nl", "goed", "heel goed"), ("hy", "լավ է", "շատ լավ է"), ("mr", "छान", "खूप छान")],
)
def test_a_strengthened_word_counts_for_more(language: str, plain: str, strong: str) -> None:
    assert (of(strong, language=language).overall or 0) > (of(plain, language=language).overall or 0) > 0


def test_an_english_word_in_a_hindi_call_is_understood() -> None:
    assert of("service बहुत excellent थी", language="hi").label == "positive"


def test_words_without_a_ring_are_neutral() -> None:
    found = of("my number is four five six")
    assert (found.overall, found.label) == (0.0, "neutral")


@pytest.mark.parametrize("language", ["fr", "und", "", "zz-ZZ"])
def test_a_language_that_is_not_known_has_no_mood(language: str) -> None:
    found = of("c'est merveilleux", "oui", language=language).to_json()
    assert found["overall"] is None
    assert found["label"] is None
    assert found["quarters"] == [None] * 4
    assert found["utterances"] == [None, None]
    assert [one["score"] for one in found["voices"]] == [None, None]


def test_a_call_without_words_has_no_mood() -> None:
    assert of().to_json() == {
        "overall": None,
        "label": None,
        "voices": [],
        "quarters": [None] * 4,
        "utterances": [],
    }
