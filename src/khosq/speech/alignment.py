"""Which voice said which word, and words put together into utterances."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Utterance
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

UTTERANCE_PAUSE: Seconds = 0.8
"""A pause this long ends an utterance."""

_STRAY: Seconds = 0.6
"""A word longer than this is never moved to a neighbour's voice."""
_JOINED: Seconds = 0.15
"""Words this close are spoken in one breath."""
_APART: Seconds = 0.4
"""A word this far from its own voice's words and joined to another's stands at a misplaced turn edge."""

Spoken = tuple[Word, int | None]
"""A word and the voice that said it; None where voices were not told apart."""


def assign_speakers(words: Sequence[Word], turns: Sequence[Turn]) -> list[tuple[Word, int]]:
    """Return each word, in the order given, with the voice whose turns cover most of it, else the nearest voice.

    Single short words that stand in another voice's breath go with it. Without turns all is said by voice 0.
    """
    finder = _TurnFinder(turns)
    speakers = [finder.speaker_of(word.time) for word in words]
    return list(zip(words, _without_strays(words, speakers), strict=True))


class _TurnFinder:
    """Turns in order of start, searchable although they may overlap."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.time)
        self._starts = [turn.time.start for turn in self._turns]
        self._latest_ends = list(accumulate((turn.time.end for turn in self._turns), max))

    def speaker_of(self, time: Timespan) -> int:
        if not self._turns:
            return 0
        after = bisect_left(self._starts, time.end)
        shared: dict[int, Seconds] = {}
        for index in range(after - 1, -1, -1):
            if self._latest_ends[index] <= time.start:
                break
            turn = self._turns[index]
            shared[turn.speaker] = shared.get(turn.speaker, 0) + turn.time.overlap(time)
        best = max(shared, key=lambda speaker: (shared[speaker], -speaker), default=0)
        return best if shared.get(best) else self._nearest(time, after)

    def _nearest(self, time: Timespan, after: int) -> int:
        """Return the voice of the turn that ends or starts nearest to ``time``, which lies in none."""
        around = self._turns[after : after + 1]
        if after:
            # the turn that ends last among those before; equal ends: the one that starts last
            around.append(self._turns[bisect_left(self._latest_ends, self._latest_ends[after - 1])])
        return min(around, key=lambda turn: _gap(turn.time, time)).speaker


def _gap(one: Timespan, other: Timespan) -> Seconds:
    return max(0.0, one.start - other.end, other.start - one.end)


def _without_strays(words: Sequence[Word], speakers: Sequence[int]) -> list[int]:
    """Return the speakers with stray words moved; each is judged by what its neighbours were first given."""
    moved = list(speakers)
    for index in range(1, len(words) - 1):
        before, own, after = speakers[index - 1 : index + 2]
        if own == before == after or words[index].time.duration > _STRAY:
            continue
        gap_before = _gap(words[index - 1].time, words[index].time)
        gap_after = _gap(words[index].time, words[index + 1].time)
        if before == after != own:
            if max(gap_before, gap_after) <= _JOINED:
                moved[index] = before
        elif own == before and gap_after <= _JOINED and gap_before >= _APART:
            moved[index] = after
        elif own == after and gap_before <= _JOINED and gap_after >= _APART:
            moved[index] = before
    return moved


def to_utterances(
    spoken: Iterable[Spoken], *, channel: int = 0, pause: Seconds = UTTERANCE_PAUSE
) -> tuple[Utterance, ...]:
    """Return the words as utterances in order of start; each ends where the voice changes or pauses.

    Every word is in exactly one utterance. Words without a voice make utterances without one.
    """
    groups: list[list[Word]] = []
    voice: int | None = None
    voices: list[int | None] = []
    until = 0.0
    for word, speaker in sorted(spoken, key=lambda pair: pair[0].time.start):
        if not groups or speaker != voice or round(word.time.start - until, 3) >= pause:
            groups.append([])
            voices.append(speaker)
            voice, until = speaker, word.time.end
        groups[-1].append(word)
        until = max(until, word.time.end)
    return tuple(
        Utterance(" ".join(word.text for word in group), tuple(group), speaker, channel)
        for group, speaker in zip(groups, voices, strict=True)
    )


def merge_channels(channels: Sequence[Sequence[Word]], *, pause: Seconds = UTTERANCE_PAUSE) -> tuple[Utterance, ...]:
    """Return the utterances of all channels in order of start, one voice per channel, numbered as first heard."""
    heard = [index for index, words in enumerate(channels) if words]
    heard.sort(key=lambda index: min(word.time.start for word in channels[index]))
    utterances = [
        utterance
        for speaker, channel in enumerate(heard)
        for utterance in to_utterances(((word, speaker) for word in channels[channel]), channel=channel, pause=pause)
    ]
    return tuple(sorted(utterances, key=lambda utterance: utterance.time.start))
