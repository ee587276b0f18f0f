from __future__ import annotations

from pathlib import Path

from khosq.speech.identification import Identified, find_identifier, identify, missing_identifier, one_of_each, windows
from khosq.speech.spoken_language import LanguageGuess
from khosq.transcript.timespan import Timespan

LONG, SHORT = Timespan(0, 30), Timespan(40, 45)


def guesses(**probabilities: float) -> list[LanguageGuess]:
    ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
    return [LanguageGuess(language, probability) for language, probability in ranked]


def test_windows_are_the_longest_talk_of_each_fifth_over_all_channels() -> None:
    left = [Timespan(start, start + length) for start, length in ((0, 2), (5, 8), (40, 1), (60, 9), (90, 2))]
    right = [Timespan(start, start + length) for start, length in ((20, 3), (30, 4), (75, 5), (100, 6), (120, 1))]
    assert windows([left, right]) == [
        (0, Timespan(5, 13)), (1, Timespan(30, 34)), (0, Timespan(60, 69)), (1, Timespan(75, 80)),
        (1, Timespan(100, 106)),
    ]  # fmt: skip


def test_a_window_is_no_longer_than_what_is_heard_of_it() -> None:
    assert windows([[Timespan(0, 45)]]) == [(0, Timespan(0, 22.5)), (0, Timespan(22.5, 45))]
    assert windows([[], []]) == []


def test_regions_of_a_language_count_once() -> None:
    assert one_of_each(["hy-AM", "en", "hy", "en-IN", "nl"]) == ("hy-AM", "en", "nl")


def test_the_language_with_most_evidence_is_chosen_and_longer_windows_weigh_more() -> None:
    found = identify([(LONG, guesses(hy=0.7, ru=0.3)), (SHORT, guesses(ru=0.9, hy=0.1))])
    assert found == Identified("hy", (("hy", 0.6143), ("ru", 0.3857)), also=("ru",))
    assert found.warning == (
        "Parts of this recording sound like Russian (ru); all of it was written down as Armenian (hy)."
    )


def test_windows_that_agree_or_hardly_differ_need_no_warning() -> None:
    found = identify([(LONG, guesses(hy=0.9, ru=0.1)), (SHORT, guesses(ru=0.52, hy=0.48))])
    assert found is not None
    assert (found.language, found.warning) == ("hy", None)


def test_an_engine_that_only_names_a_language_is_believed() -> None:
    heard = [(LONG, [LanguageGuess("nl", None)]), (SHORT, [LanguageGuess("en", None)]), (SHORT, [])]
    assert identify(heard) == Identified("nl", (("nl", 0.8571), ("en", 0.1429)), also=("en",))


def test_nothing_heard_is_no_language() -> None:
    assert identify([]) is None
    assert identify([(LONG, [])]) is None


def test_without_a_model_for_it_the_command_is_named(tmp_path: Path) -> None:
    assert find_identifier(tmp_path) is None
    assert "Run: khosq models pull " in missing_identifier(tmp_path)
