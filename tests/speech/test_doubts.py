from __future__ import annotations

import pytest

from khosq.speech.doubts import Doubt, Loop, doubt, find_loop, plain, without_loop
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word


def said(text: str, *, over: float = 10.0) -> list[Word]:
    """Return the words of a text, spread over some seconds."""
    texts = text.split()
    each = over / max(1, len(texts))
    return [Word(one, Timespan(n * each, (n + 1) * each), 0.9) for n, one in enumerate(texts)]


ENGLISH = (
    "well I told him that the parcel had not arrived by Tuesday and he said he would call the depot and find out "
    "where it was but nobody rang me back so I am calling again to ask what happened to it"
)
TELUGU = (
    "అన్ని మానవులు గౌరవం మరియు హక్కుల విషయంలో స్వేచ్ఛగా మరియు సమానంగా జన్మించారు వారు వివేకం మరియు మనస్సాక్షిని కలిగి "
    "ఉన్నారు మరియు ఒకరి పట్ల ఒకరు సోదర భావంతో వ్యవహరించాలి"
)


@pytest.mark.parametrize(
    ("text", "seconds", "language"),
    [
        (ENGLISH, 12.0, "en"),
        (ENGLISH, 6.5, "en"),
        (TELUGU, 9.0, "te"),
        ("no no no no no that is not it", 3.0, "en"),
        ("two two two two seven seven zero zero zero zero", 4.0, "en"),
        ("yes yes I know yes yes I know yes yes I know", 5.0, "en"),
        ("what did you say", 0.7, "en"),
        ("iPhone Pro", 1.0, "te"),
        ("నా iPhone 14 Pro పని చేయడం లేదు", 3.0, "te"),
        ("", 5.0, "en"),
    ],
)
def test_what_people_say_is_not_doubted(text: str, seconds: float, language: str) -> None:
    assert doubt(said(text), seconds=seconds, language=language) is None


@pytest.mark.parametrize(
    ("text", "seconds", "language", "why"),
    [
        ("so " + "I don't know. " * 6, 12.0, "en", Doubt.LOOP),
        ("no " * 9, 5.0, "en", Doubt.LOOP),
        ("ha" * 120, 5.0, "en", Doubt.LOOP),
        ("Այո, " * 8 + "լավ", 6.0, "hy", Doubt.LOOP),
        (ENGLISH, 2.0, "en", Doubt.RACE),
        (TELUGU, 2.0, "te", Doubt.RACE),
        ("Thank you for watching!", 2.0, "en", Doubt.PHRASE),
        ("Subtitles by the Amara.org community", 3.0, "hy", Doubt.PHRASE),
        ("धन्यवाद।", 1.0, "hi", Doubt.PHRASE),
        ("namaskaram meeru ela unnaru", 2.0, "te", Doubt.SCRIPT),
    ],
)
def test_what_engines_make_up_is_doubted(text: str, seconds: float, language: str, why: Doubt) -> None:
    assert doubt(said(text), seconds=seconds, language=language) is why


def test_the_longest_loop_is_found_and_can_be_cut_to_one_round() -> None:
    words = said("well no no no no no no then I said it I said it I said it I said it I said it bye")
    loop = find_loop(words)
    assert loop == Loop(8, 3, 5)
    assert plain(without_loop(words, loop)) == "well no no no no no no then i said it bye"
    assert find_loop(said("one two three")) is None
    assert find_loop([]) is None
