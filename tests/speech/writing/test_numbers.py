from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.speech.writing.said import said
from tests.speech.writing.spellers import SPELLERS

from khosq.speech.writing.numbers import in_digits

SCALES = {
    "hi": {"लाख": 10**5, "करोड़": 10**7},
    "mr": {"लाख": 10**5, "कोटी": 10**7},
    "hy": {"միլիոն": 10**6, "միլիարդ": 10**9},
    "ta": {"லட்சம்": 10**5, "கோடி": 10**7},
    "te": {"లక్షల": 10**5, "కోట్ల": 10**7, "లక్ష": 10**5},
}
MILLIONS = {"million", "millions", "miljoen", "millionen", "millones", "milioni", "millón", "milione"}


def value(written: str, language: str) -> int:
    digits, _, scale = written.partition(" ")
    if scale:
        return int(digits) * (10**6 if scale.lower() in MILLIONS else SCALES[language][scale])
    return int(digits)


@pytest.mark.parametrize("spoken", SPELLERS)
@settings(max_examples=150, deadline=None)
@given(
    number=st.one_of(st.integers(10, 9_999), st.integers(10, 99_999_999)).filter(
        lambda n: set(str(n)[1:]) != {"0"} or n == 10
    )
)
def test_every_number_can_be_read_back(spoken: str, number: int) -> None:
    language, spell = SPELLERS[spoken]
    words = in_digits(said(spell(number)), language)
    assert value(" ".join(word.text for word in words), language) == number


@pytest.mark.parametrize(
    ("language", "tail"),
    [("hi", "रुपये"), ("hy", "դրամ"), ("mr", "रुपये"), ("ta", "ரூபாய்"), ("te", "రూపాయలు"), ("en", "dollars"), ("nl", "euro")],
)
def test_small_numbers_are_digits_beside_a_unit_only(language: str, tail: str) -> None:
    spell = next(speller for known, speller in SPELLERS.values() if known == language)
    assert [word.text for word in in_digits(said(f"{spell(4)} {tail}"), language)] == ["4", tail]
    assert [word.text for word in in_digits(said(f"{spell(4)} x"), language)] == [spell(4), "x"]


def test_a_number_lasts_as_long_as_its_words_and_is_as_sure_as_the_least_sure() -> None:
    words = said("exactly two hundred and five people")
    words = (*words[:2], type(words[2])(words[2].text, words[2].time, 0.4), *words[3:])
    exactly, number, people = in_digits(words, "en")
    assert (number.text, number.confidence) == ("205", 0.4)
    assert (number.time.start, number.time.end) == (words[1].time.start, words[4].time.end)
    assert (exactly, people) == (words[0], words[-1])


def test_no_number_reaches_over_a_pause() -> None:
    assert [word.text for word in in_digits(said("twenty // one"), "en")] == ["20", "one"]


def test_marks_of_the_engine_stay_and_part_numbers() -> None:
    assert [word.text for word in in_digits(said("Քսան, երեսուն։"), "hy")] == ["20,", "30։"]  # noqa: RUF001 - the Armenian full stop


@pytest.mark.parametrize("language", ["ka", "ja", "xx", "../hy"])
def test_a_language_without_a_table_keeps_its_words(language: str) -> None:
    words = said("ერთი twenty 二十")
    assert in_digits(words, language) == words


@pytest.mark.parametrize(
    ("language", "spoken", "written"),
    [
        ("hi", "सवा लाख", "125000"),
        ("hi", "पौने दो सौ लोग", "175 लोग"),
        ("hi", "एक हज़ार करोड़", "1000 करोड़"),
        ("hi", "साढ़े तीन लोग", "साढ़े तीन लोग"),  # nobody writes 3.5 people
        ("mr", "साडेतीन वाजता", "3:30 वाजता"),
        ("en", "zero point five", "0.5"),
        ("en", "a dozen", "a dozen"),
        ("en", "one dollar", "one dollar"),
        ("te", "రెండు మూడు వందల రూపాయలు", "రెండు మూడు వందల రూపాయలు"),  # two or three hundred
        ("nl", "een tiende van de prijs", "een tiende van de prijs"),
        ("nl", "de negentiende eeuw", "de 19e eeuw"),
        ("hi", "लाख रुपये", "लाख रुपये"),
        ("hy", "զրո իննսունինը տասներկու երեսունչորս", "0 99 12 34"),
    ],
)
def test_other_forms(language: str, spoken: str, written: str) -> None:
    assert " ".join(word.text for word in in_digits(said(spoken), language)) == written
