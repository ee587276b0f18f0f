from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from khosq.speech.coverage import AROUND, holes, large, measure, to_hear_again
from khosq.transcript.coverage import ChannelCoverage, Coverage, Dropped, Hole
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word


def spans(*times: tuple[float, float]) -> list[Timespan]:
    return [Timespan(*time) for time in times]


def words(*times: tuple[float, float]) -> list[Word]:
    return [Word("w", time) for time in spans(*times)]


def test_speech_far_from_any_word_is_a_hole() -> None:
    assert holes(spans((0, 10)), spans((1, 2), (2.5, 3), (7, 8))) == spans((0, 0.5), (3.5, 6.5), (8.5, 10))


def test_silence_between_regions_is_no_hole_and_a_word_reaches_over_it() -> None:
    assert holes(spans((0, 2), (2.2, 4), (9, 10)), spans((1, 2.1))) == spans((0, 0.5), (2.6, 4), (9, 10))


def test_only_a_second_or_more_is_worth_a_word() -> None:
    assert large(spans((0, 0.9), (1, 2), (3, 9))) == spans((1, 2), (3, 9))


def test_a_hole_is_heard_again_nearly_to_the_words_beside_it_but_within_its_speech() -> None:
    regions = spans((0, 10), (12, 20))
    assert to_hear_again(spans((0, 3), (5, 9.9), (14, 16)), regions) == spans((0, 3.25), (4.75, 10), (13.75, 16.25))


def test_a_channel_is_measured_in_seconds_with_its_larger_holes() -> None:
    channel, found = measure(1, spans((0, 10), (20, 24)), words((1, 8), (9, 9.5)))
    assert channel == ChannelCoverage(1, 14.0, 9.5)
    assert found == [Hole(1, Timespan(20, 24))]
    assert measure(0, [], []) == (ChannelCoverage(0, 0.0, 0.0), [])


def test_coverage_adds_its_channels_up_and_is_stored() -> None:
    holed = Hole(1, Timespan(3, 5))
    dropped = Dropped(0, Timespan(7, 8), 12, "loop")
    coverage = Coverage((ChannelCoverage(0, 10, 10), ChannelCoverage(1, 5, 3)), (holed,), (dropped,))
    assert (coverage.speech, coverage.worded, coverage.share) == (15, 13, 0.8667)
    assert Coverage.from_json(coverage.to_json()) == coverage
    assert Coverage((ChannelCoverage(0, 0, 0),)).share is None


_times = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 60)), max_size=12).map(
    lambda pairs: [Timespan(start / 10, (start + length) / 10) for start, length in pairs]
)


@given(_times, _times)
def test_holes_and_what_is_near_words_make_up_all_speech(talk: list[Timespan], worded: list[Timespan]) -> None:
    regions: list[Timespan] = []
    for span in sorted(talk):
        if not regions or span.start > regions[-1].end:
            regions.append(span)
    found = holes(regions, worded)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    for tenth in range(700):
        moment = tenth / 10 + 0.05
        is_speech = any(region.start < moment < region.end for region in regions)
        is_near = any(word.start - AROUND < moment < word.end + AROUND for word in worded)
        assert any(hole.start < moment < hole.end for hole in found) == (is_speech and not is_near)
