"""What is to be done after a call."""

# ruff: noqa: RUF001 (letters of several scripts are what is tested)

from __future__ import annotations

import pytest
from tests.analysis.talks import call

from khosq.analysis.action_items import MOST_ITEMS, ActionItems, find
from khosq.analysis.feature import Preferences


def of(*turns: str, language: str = "en") -> ActionItems:
    return find(call(*turns, language=language), Preferences())


def test_promises_and_requests_are_kept_as_they_were_said() -> None:
    found = of(
        "I will send you the contract tomorrow morning.",
        "Please call me back on Friday.",
        "The weather is nice.",
    ).to_json()["items"]
    assert [(one["text"], one["voice"], one["due"]) for one in found] == [
        ("I will send you the contract tomorrow morning.", 0, "tomorrow morning"),
        ("Please call me back on Friday.", 1, "on Friday"),
    ]
    assert found[0]["start"] == 0
    assert found[0]["end"] < found[1]["start"]


def test_the_same_promise_again_is_one_item_in_its_fullest_form() -> None:
    (item,) = of("I'll email you the form.", "Okay.", "So, I'll email you the form today.", "I'll email you.").items
    assert item.due == "today"


def test_promises_for_two_days_are_two_items() -> None:
    assert len(of("I will call you on Monday.", "And I will call you on Sunday.").items) == 2


@pytest.mark.parametrize(
    "said",
    ["I will not send anything.", "I sent it yesterday.", "Please hold the line.", "How can I help you?"],
)
def test_what_is_denied_past_or_only_courtesy_is_no_item(said: str) -> None:
    assert of(said).items == ()


@pytest.mark.parametrize(
    ("language", "said", "due"),
    [
        ("nl", "Ik stuur u morgen de documenten.", "morgen"),
        ("hy", "Վաղը ձեզ կուղարկեմ փաստաթղթերը։", "Վաղը"),
        ("hi", "मैं कल आपको दस्तावेज़ भेज दूँगा।", "कल"),
        ("ta", "நாளை உங்களுக்கு ஆவணங்களை அனுப்புகிறேன்.", "நாளை"),
        ("te", "రేపు మీకు పత్రాలు పంపిస్తాను.", "రేపు"),
        ("mr", "मी उद्या तुम्हाला कागदपत्रे पाठवेन.", "उद्या"),
    ],
)
def test_every_language_of_the_doors_has_promises_and_dates(language: str, said: str, due: str) -> None:
    (item,) = of(said, language=language).items
    assert (item.said.text, item.due) == (said, due)


def test_a_call_of_nothing_but_promises_is_bounded() -> None:
    promises = [f"I will send parcel{number}." for number in range(2 * MOST_ITEMS)]
    assert len(of(*promises).items) == MOST_ITEMS


@pytest.mark.parametrize("language", ["fr", "", "zz"])
def test_a_language_that_is_not_known_has_no_items(language: str) -> None:
    assert of("I will send it tomorrow", language=language).to_json() == {"items": []}
