from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.speech.sounds import quiet, tone

from khosq.media.waveform import PcmFile, Samples
from khosq.speech.long_audio import pieces, plan_chunks, quietest_spot
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

LONGEST = 15.0


def spans(*times: tuple[float, float]) -> list[Timespan]:
    return [Timespan(*time) for time in times]


def test_neighbours_are_joined_over_short_pauses_only() -> None:
    regions = spans((0, 2), (2.5, 4), (6, 7))
    assert plan_chunks(regions, longest=LONGEST) == spans((0, 4), (6, 7))


def test_a_chunk_that_would_grow_too_long_ends_at_the_longest_pause() -> None:
    regions = spans((0, 5), (5.3, 9), (9.9, 12), (12.3, 17))
    assert plan_chunks(regions, longest=LONGEST) == spans((0, 9), (9.9, 17))


def test_a_long_pause_right_at_the_start_does_not_make_a_crumb() -> None:
    regions = spans((0, 1), (1.9, 9), (9.4, 14), (14.3, 20))
    assert plan_chunks(regions, longest=LONGEST) == spans((0, 9), (9.4, 20))


def test_speech_without_a_pause_is_cut_at_its_quietest_spot() -> None:
    asked: list[Timespan] = []

    def at_eleven(within: Timespan) -> float:
        asked.append(within)
        return 11.0

    assert plan_chunks(spans((2, 20)), longest=LONGEST, quiet_spot=at_eleven) == spans((2, 11), (11, 20))
    assert asked == spans((9.5, 16.25))


def test_without_a_quiet_spot_the_parts_are_even() -> None:
    assert plan_chunks(spans((0, 16)), longest=LONGEST) == spans((0, 8), (8, 16))


def test_no_speech_makes_no_chunks_and_no_pieces() -> None:
    assert plan_chunks([], longest=LONGEST) == []
    assert pieces([]) == []


def test_pieces_hold_about_a_minute_of_speech() -> None:
    chunks = [Timespan(20.0 * n, 20.0 * n + 15) for n in range(9)]
    assert [len(piece) for piece in pieces(chunks)] == [4, 4, 1]
    assert [chunk for piece in pieces(chunks) for chunk in piece] == chunks


def test_a_chunk_longer_than_a_piece_is_its_own_piece() -> None:
    assert pieces(spans((0, 90), (91, 92)), seconds=60) == [tuple(spans((0, 90))), tuple(spans((91, 92)))]


def test_the_quietest_spot_is_where_the_sound_dips(pcm: Callable[[Samples], PcmFile]) -> None:
    sound = pcm(np.concatenate([tone(300, 2), quiet(0.1), tone(300, 2)]))
    assert abs(quietest_spot(sound, Timespan(0.5, 3.5)) - 2.05) < 0.03
    assert quietest_spot(sound, Timespan(1.0, 1.02)) == 1.01


def hear(said: Sequence[Word], chunk: Timespan) -> list[Word]:
    """Be a recogniser that writes down each word of which it gets the larger part."""
    return [word for word in said if chunk.start <= word.time.middle < chunk.end]


@st.composite
def speeches(draw: st.DrawFn) -> tuple[list[Word], list[Timespan]]:
    """Draw words, and the regions that hold them: words without a pause between them share one."""
    now = 0.0
    words: list[Word] = []
    regions: list[Timespan] = []
    gaps = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.05, 0.3, 0.6, 0.95, 1.5, 5.0]), max_size=80))
    for number, gap in enumerate(gaps):
        start = now + gap
        now = start + draw(st.sampled_from([0.08, 0.2, 0.45, 1.0, 2.5]))
        words.append(Word(f"w{number}", Timespan(start, now)))
        if regions and start - regions[-1].end < 0.25:
            regions[-1] = Timespan(regions[-1].start, now)
        else:
            regions.append(Timespan(start, now))
    return words, regions


def between(said: Sequence[Word], within: Timespan) -> float:
    """Be an ideal quiet-spot finder: the end of the last word that ends in reach."""
    return max((word.time.end for word in said if within.start <= word.time.end <= within.end), default=within.end)


@given(speech=speeches(), longest=st.sampled_from([3.0, 7.3, 15.0, 20.0]), seeks_quiet=st.booleans())
def test_any_cutting_gives_the_same_words(
    speech: tuple[list[Word], list[Timespan]], longest: float, *, seeks_quiet: bool
) -> None:
    said, regions = speech
    quiet_spot = partial(between, said) if seeks_quiet else None
    chunks = plan_chunks(regions, longest=longest, quiet_spot=quiet_spot)
    heard = [word for piece in pieces(chunks, seconds=30) for chunk in piece for word in hear(said, chunk)]
    assert [word.text for word in heard] == [word.text for word in said]


@given(speeches(), st.sampled_from([3.0, 7.3, 15.0]))
def test_chunks_are_short_enough_in_order_and_cover_all_speech(
    speech: tuple[list[Word], list[Timespan]], longest: float
) -> None:
    _, regions = speech
    chunks = plan_chunks(regions, longest=longest)
    assert all(0 < chunk.duration <= longest + 0.001 for chunk in chunks)
    assert all(before.end <= after.start for before, after in itertools.pairwise(chunks))
    for region in regions:
        assert abs(sum(region.overlap(chunk) for chunk in chunks) - region.duration) < 0.01
