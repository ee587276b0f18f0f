"""The transcript without what is personal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.redaction.scoring import call, said

from khosq.analysis.feature import Preferences
from khosq.analysis.redaction.finding import find
from khosq.analysis.redaction.result import Redaction, redacted
from khosq.errors import Failed
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

CALL = call("en", (0, "Your card?"), (1, "It is 4111 1111 1111 1111. And then?"))
FOUND = find(CALL, Preferences())


def test_a_mark_lasts_as_long_as_the_words_did() -> None:
    utterance = redacted(CALL.transcript, FOUND).utterances[1]
    before = CALL.transcript.utterances[1]
    assert utterance.text == "It is [card]. And then?"
    assert [word.text for word in utterance.words] == ["It", "is", "[card]", "And", "then?"]
    assert utterance.words[2].time == Timespan(before.words[2].time.start, before.words[5].time.end)
    assert utterance.time == before.time
    assert FOUND.spans == (utterance.words[2].time,)


def test_a_finding_is_the_same_when_it_comes_from_the_store() -> None:
    stored = Redaction.from_json(FOUND.to_json())
    assert stored == FOUND
    assert redacted(CALL.transcript, stored) == redacted(CALL.transcript, FOUND)


def test_a_text_that_says_more_than_its_words_is_written_from_them() -> None:
    utterance = replace(said("thank you"), text="thank you 4111 1111 1111 1111")
    transcript = Transcript("en", 3.0, (utterance,))
    assert redacted(transcript, Redaction((), ())).text == "thank you"


def test_marks_and_capitals_of_the_text_stay() -> None:
    words = said("it is 4111 1111 1111 1111 thanks").words
    transcript = Transcript("en", 9.0, (replace(said("x"), text="It is 4111 1111 1111 1111, thanks.", words=words),))
    one = replace(CALL, transcript=transcript)
    utterance = redacted(transcript, find(one, Preferences())).utterances[0]
    assert utterance.text == "It is [card], thanks."
    assert [word.text for word in utterance.words] == ["it", "is", "[card]", "thanks"]


@pytest.mark.parametrize(
    "turns", [[(0, "Your card?")], [(0, "Your card?"), (1, "It is")], [(0, "a"), (1, "It is " * 9)]]
)
def test_the_finding_of_another_transcript_is_refused(turns: list[tuple[int | None, str]]) -> None:
    with pytest.raises(Failed, match="another version"):
        redacted(call("en", *turns).transcript, replace(FOUND, items=(replace(FOUND.items[0], time=Timespan(0, 9)),)))


def test_a_word_that_holds_several_is_replaced_as_a_whole() -> None:
    words = (Word("card", Timespan(0, 1)), Word("4111 1111 1111 1111", Timespan(1, 5)))
    transcript = Transcript("en", 5.0, (replace(said("x"), text="card 4111 1111 1111 1111", words=words),))
    assert redacted(transcript, find(replace(CALL, transcript=transcript), Preferences())).text == "card [card]"
