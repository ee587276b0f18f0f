from __future__ import annotations

from khosq.speech.gate import within_speech
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

REGIONS = [Timespan(1, 3), Timespan(3.5, 5), Timespan(9, 10)]


def word(start: float, end: float) -> Word:
    return Word(f"{start}", Timespan(start, end), 0.5)


def times(words: list[Word]) -> list[tuple[float, float]]:
    return [(one.time.start, one.time.end) for one in words]


def test_words_in_speech_stay_as_they_are_and_others_are_cut_to_it() -> None:
    kept, silent = within_speech([word(1, 1.5), word(2.8, 3.3), word(4.9, 7), word(8, 9.2)], REGIONS)
    assert times(kept) == [(1, 1.5), (2.8, 3), (4.9, 5), (9, 9.2)]
    assert silent == []


def test_a_word_over_a_short_pause_keeps_its_length() -> None:
    kept, _ = within_speech([word(2.7, 3.8)], REGIONS)
    assert times(kept) == [(2.7, 3.8)]


def test_words_over_silence_go_unless_they_are_a_little_misplaced() -> None:
    kept, silent = within_speech([word(0.2, 0.4), word(0.7, 0.9), word(5.1, 5.2), word(7, 7.5)], REGIONS)
    assert times(kept) == [(1, 1), (5, 5)]
    assert [one.text for one in silent] == ["0.2", "7"]


def test_words_that_the_engine_did_not_time_are_moved_instead() -> None:
    kept, silent = within_speech([word(6, 6.5), word(7, 8)], REGIONS, times_are_heard=False)
    assert (times(kept), silent) == ([(5, 5), (9, 9)], [])


def test_where_nobody_speaks_nothing_was_said() -> None:
    assert within_speech([word(1, 2)], []) == ([], [word(1, 2)])
    assert within_speech([word(1, 2)], [], times_are_heard=False) == ([], [word(1, 2)])
