"""What all features that read words owe: any text, any length, the same finding."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.talks import call

from khosq.analysis import action_items, intent, key_phrases, sentiment, summary
from khosq.analysis.feature import Preferences

FEATURES = (sentiment.find, intent.find, key_phrases.find, action_items.find, summary.find)
LANGUAGES = ("hy", "hi-IN", "ta", "te", "mr", "en", "nl", "fr", "und", "")


def common_words() -> list[str]:
    said = """hello i would like to cancel my order because the internet is not working and nobody ever calls me back
    please send the invoice by friday we will look at it thank you very much it is a terrible service really"""
    return said.split()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=80), max_size=4), st.sampled_from(LANGUAGES))
def test_any_text_gives_findings_that_can_be_stored(turns: list[str], language: str) -> None:
    talk = call(*turns, language=language)
    for find in FEATURES:
        found = find(talk, Preferences()).to_json()
        assert json.loads(json.dumps(found)) == found
    mood = sentiment.find(talk, Preferences())
    scores = [mood.overall, *mood.quarters, *mood.utterances]
    assert all(one is None or -1 <= one <= 1 for one in scores)
    assert len(mood.utterances) == len(talk.transcript.utterances)


@pytest.mark.parametrize("odd", ["\u200d\u200c", "\u0301" * 50, "a" * 20_000, "\ud7ff🙂\U0010ffff", "ﷺ" * 20, "՞՜՛"])
def test_odd_characters_do_no_harm(odd: str) -> None:
    for language in ("en", "hy", "hi"):
        for find in FEATURES:
            find(call(odd, f"good {odd} not good", language=language), Preferences())


def test_two_hundred_thousand_words_take_seconds() -> None:
    words = common_words()
    lines = [" ".join(words[(line * 7 + place * place) % len(words)] for place in range(20)) for line in range(10_000)]
    talk = call(*lines)
    began = time.process_time()
    for find in FEATURES[:-1]:  # the summary has a test of its own
        find(talk, Preferences())
    assert time.process_time() - began < 60
