from __future__ import annotations

import time
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.speech.writing.said import cases, utterances

from khosq.speech.writing.transcripts import write
from khosq.transcript.transcript import Utterance

LANGUAGES = ["en", "hi", "hy", "mr", "nl", "ta", "te", "ka", "bn", "ur", "ja", "xx", "hyw"]


def text(written: tuple[Utterance, ...]) -> str:
    return " ".join(one.text for one in written)


def test_two_voices_are_written_each_for_itself() -> None:
    asked = utterances("where do you live", speaker=0)
    answered = utterances("i live in yerevan and", speaker=1, start=2)
    nodded = utterances("yes", speaker=0, start=3.8)
    went_on = utterances("it is warm there", speaker=1, start=4)
    written = write([*asked, *answered, *nodded, *went_on], "en", punctuates=False)
    assert [one.text for one in written] == ["Where do you live?", "I live in yerevan and", "Yes.", "it is warm there."]


def test_what_an_engine_punctuates_is_left_alone() -> None:
    said = utterances("Yes, I have 20. And you, Anna?")
    assert write(said, "en", punctuates=True) == tuple(said)


def test_an_engine_that_punctuates_without_digits_gets_them() -> None:
    assert text(write(utterances("Արժե քսան հազար դրամ։ Լավ։"), "hy", punctuates=True)) == "Արժե 20000 դրամ։ Լավ։"  # noqa: RUF001


@pytest.mark.parametrize(
    ("language", "said", "plain"),
    [
        (
            "en",
            "Yes, I am. Is that Anna? No: Anna is out; it's John-Paul.",
            "yes I am is that Anna no Anna is out it's John-Paul",
        ),
        ("hy", "Ինչո՞ւ եկար։ Եվ երբ։", "ինչու եկար եվ երբ"),  # noqa: RUF001
        ("hi", "नमस्ते, आप कैसे हैं? ठीक।", "नमस्ते आप कैसे हैं ठीक"),
        ("en", "It was 10:30, or 12.5%. BBC said so.", "it was 10:30 or 12.5% BBC said so"),
    ],
)
def test_without_punctuation_no_engine_gives_marks_or_sentence_capitals(language: str, said: str, plain: str) -> None:
    assert text(write(utterances(said), language, punctuates=True, punctuation=False)) == plain


def test_without_punctuation_bare_words_stay_bare_but_for_numbers() -> None:
    written = write(utterances("how are you // twenty five"), "en", punctuates=False, punctuation=False)
    assert text(written) == "how are you 25"


@pytest.mark.parametrize("language", ["ja", "th", "zh-CN"])
def test_scripts_without_spaces_are_left_alone(language: str) -> None:
    said = utterances("今日 は いい 天気")
    assert write(said, language, punctuates=False) == tuple(said)


@pytest.mark.parametrize(
    ("language", "said", "written"),
    [
        ("ka", "გამარჯობა", "გამარჯობა."),
        ("bn", "নমস্কার", "নমস্কার।"),
        ("ru", "привет", "Привет."),
        ("ur", "سلام", "سلام\u06d4"),
    ],
)
def test_other_languages_get_their_full_stop(language: str, said: str, written: str) -> None:
    assert text(write(utterances(said), language, punctuates=False)) == written


@given(
    language=st.sampled_from(LANGUAGES),
    words=st.lists(
        st.one_of(
            st.sampled_from(
                ["one", "twenty", "hundred", "सौ", "բարև", "երկու", "հարյուր", "ఒకటి", "நூறு", ".", "'", "a%", "-"]
            ),
            st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1),
        ),
        min_size=1,
        max_size=12,
    ).filter(lambda words: not {"/", "//"} & set(words)),
    punctuates=st.booleans(),
)
def test_no_time_is_lost_and_nothing_breaks_whatever_is_said(language: str, words: list[str], punctuates: bool) -> None:
    said = utterances(" ".join(words).replace("//", "/x"))
    written = write(said, language, punctuates=punctuates)
    assert [one.time for one in written] == [one.time for one in said]
    assert all(one.text == " ".join(word.text for word in one.words) for one in written)


def test_an_hour_takes_no_time() -> None:
    lines = islice(cycle(spoken for language in ("en", "hi", "hy") for spoken, _ in cases(language)), 2000)
    said, start = [], 0.0
    for number, line in enumerate(lines):
        said += utterances(line, speaker=number % 2, start=start)
        start = said[-1].time.end + 0.2
    words = sum(len(one.words) for one in said)
    assert words > 9_000
    for language in ("en", "hi", "hy"):
        began = time.process_time()
        write(said, language, punctuates=False)
        assert time.process_time() - began < 5
