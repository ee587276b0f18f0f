from __future__ import annotations

import pytest
from tests.speech.test_doubts import ENGLISH, said

from khosq.speech.doubts import Doubt, plain
from khosq.speech.second_hearing import Verdict, judge, recut
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

CHUNK = Timespan(20, 32)


def hear_twice(first: str, second: str, why: Doubt, *, language: str = "en", is_silent: bool = False) -> Verdict:
    return judge(said(first), said(second), why=why, chunk=CHUNK, language=language, is_silent=is_silent)


def test_a_second_hearing_free_of_doubt_stands() -> None:
    for why in Doubt:
        verdict = hear_twice("bla bla", "and then he left", why)
        assert (plain(verdict.words), verdict.dropped) == ("and then he left", 0)


def test_a_loop_that_both_count_alike_was_said() -> None:
    verdict = hear_twice("no " * 9, "no " * 8, Doubt.LOOP)
    assert (len(verdict.words), verdict.dropped) == (9, 0)


def test_a_loop_of_the_engine_is_one_round() -> None:
    verdict = hear_twice("I left. " + "Then I came. " * 20, "Then I came. " * 12, Doubt.LOOP)
    assert (plain(verdict.words), verdict.dropped) == ("i left then i came", 57)


def test_a_loop_too_fast_for_anyone_is_the_engines_even_if_it_comes_twice() -> None:
    verdict = hear_twice("no " * 200, "no " * 200, Doubt.LOOP)
    assert (plain(verdict.words), verdict.dropped) == ("no", 199)


def test_a_loop_of_a_stock_phrase_goes_whole() -> None:
    verdict = hear_twice("Thank you. " * 20, "Thank you. " * 9, Doubt.LOOP)
    assert (verdict.words, verdict.dropped, verdict.why) == ((), 40, "loop")


def test_a_race_goes() -> None:
    assert hear_twice(f"{ENGLISH} " * 5, "", Doubt.RACE) == Verdict((), 210, "race")


@pytest.mark.parametrize(
    ("second", "confidence", "is_silent", "stays"),
    [
        ("thank you", 0.9, False, True),
        ("thank you", None, False, True),
        ("thank you", 0.2, False, False),
        ("thank you", 0.9, True, False),
        ("Thanks for watching", 0.9, False, False),
        ("", 0.9, False, False),
    ],
)
def test_a_stock_phrase_stays_if_all_speaks_for_it(
    second: str, confidence: float | None, *, is_silent: bool, stays: bool
) -> None:
    first = [Word(word.text, word.time, confidence) for word in said("Thank you.")]
    verdict = judge(first, said(second), why=Doubt.PHRASE, chunk=CHUNK, language="en", is_silent=is_silent)
    assert (len(verdict.words), verdict.dropped) == ((2, 0) if stays else (0, 2))


def test_of_two_texts_in_a_foreign_script_the_better_one_stays() -> None:
    latin, mixed = "meeru ela unnaru andi", "మీరు ela unnaru andi garu"
    assert plain(hear_twice(latin, mixed, Doubt.SCRIPT, language="te").words) == mixed
    for worse in ("namaskaram meeru ela unnaru", "", "no " * 9):
        verdict = hear_twice(mixed, worse, Doubt.SCRIPT, language="te")
        assert (plain(verdict.words), verdict.dropped) == (mixed, 0)


def test_a_chunk_is_cut_in_two_where_its_middle_is_quietest() -> None:
    asked: list[Timespan] = []

    def at_twenty_five(within: Timespan) -> float:
        asked.append(within)
        return 25.0

    halves = recut(CHUNK, longest=15, until=100, quiet_spot=at_twenty_five)
    assert halves == [Timespan(20, 25), Timespan(25, 32)]
    assert asked == [Timespan(23, 29)]


def test_a_short_chunk_is_widened_within_the_recording() -> None:
    def never(_: Timespan) -> float:
        raise AssertionError

    assert recut(Timespan(0.1, 2), longest=15, until=2.1, quiet_spot=never) == [Timespan(0, 2.1)]
    assert recut(Timespan(5, 8), longest=3, until=100, quiet_spot=never) == [Timespan(5, 8)]
